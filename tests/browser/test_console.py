"""The console of the development server in Chromium, as a newcomer uses it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.views import DEVICES, PHONE, PICTURES, fit_for_everybody
from tests.sdk import toolchains
from tests.support.servers import FAST_HASHES, Server, development_server

pytestmark = pytest.mark.browser

REFUSED = "status of 4[0-9]{2}"
"""What Chromium's console says of an answer that is no success."""
STATES = ["Fresh", "MFA by authenticator app", "MFA by e-mail, with recovery codes", "Locked out", "Blocked"]


class Newcomer:
    def __init__(self, page: Page, name: str) -> None:
        self.page, self._name = page, name

    def makes(self, state: str) -> None:
        """A user, whose page opens."""
        self.opens("Start")
        self.page.locator("#demos button").filter(has_text=state).click()
        expect(self.page.locator("#users-reader h2").first).to_have_text(state)
        expect(self.page.get_by_role("heading", name="Log")).to_be_visible()

    def opens(self, view: str) -> None:
        self.page.get_by_role("navigation").get_by_role("link", name=view).click()
        expect(self.page.get_by_role("navigation").locator("[aria-current]")).to_contain_text(view)

    def moves_the_clock(self, by: str, reading: str) -> None:
        self.page.locator("#clock summary").click()
        self.page.get_by_role("button", name=by).click()
        expect(self.page.locator("#clock-reading")).to_have_text(reading)
        self.page.keyboard.press("Escape")

    def reads(self, what: str) -> str:
        return self.page.locator(f"dt:text-is('{what}') + dd > :first-child").first.inner_text()

    def shows(self, view: str) -> None:
        """A picture for whoever wants to look. The view is fit for everybody."""
        self.page.screenshot(path=PICTURES / f"console-{view}-{self._name}.png", full_page=True)
        fit_for_everybody(self.page)


Come = Callable[..., Newcomer]


@pytest.fixture(scope="module")
def development() -> Iterator[Server]:
    """One of its own: here the clock moves, and what is done uses up the limits of one address."""
    with development_server(**FAST_HASHES) as url:
        yield Server(url, "local-api-key")


@pytest.fixture
def come(visit: Visit, development: Server) -> Iterator[Come]:
    def go(*expected: str, **device: Any) -> Newcomer:
        name, permissions = "phone" if device == PHONE else "desktop", ["clipboard-read", "clipboard-write"]
        page = visit(development.url, expected, permissions=permissions, **device)
        expect(page.get_by_role("tab", name="Web")).to_be_visible()  # its script has run
        return Newcomer(page, name)

    yield go
    request = Request(f"{development.url}/_local/clock", b'{"ahead": 0}', method="PUT")
    urlopen(request, timeout=10).close()


def test_user_in_each_state_is_a_click_away(come: Come) -> None:
    newcomer = come(REFUSED, **PHONE)  # the wrong codes of whoever is locked out
    newcomer.shows("start")
    for number, state in enumerate(STATES):
        newcomer.makes(state)
        newcomer.shows(f"user-{number}")
    expect(newcomer.page.locator("#users-reader").get_by_text("blocked", exact=True)).to_be_visible()
    newcomer.opens("Users")
    newcomer.shows("users")


def test_user_who_is_ready_takes_nobody_from_another_view(come: Come) -> None:
    newcomer = come()
    newcomer.page.locator("#demos button").first.click()
    newcomer.opens("API")
    expect(newcomer.page.locator("#said")).to_contain_text("Made a user")
    newcomer.page.wait_for_timeout(200)  # for what would lead away
    expect(newcomer.page.get_by_role("navigation").locator("[aria-current]")).to_contain_text("API")


def test_code_that_is_shown_is_right_and_goes_with_the_clock(come: Come, development: Server) -> None:
    newcomer = come()
    newcomer.makes("MFA by authenticator app")
    newcomer.moves_the_clock("+ 1 day", "+1 d")
    newcomer.moves_the_clock("+ 10 minutes", "+1 d 10 min")

    assert answer(newcomer, development) == 200


def test_lock_of_wrong_codes_ends_with_its_hour(come: Come, development: Server) -> None:
    newcomer = come(REFUSED)
    newcomer.makes("Locked out")
    assert answer(newcomer, development) == 429

    newcomer.moves_the_clock("+ 1 hour", "+1 h")
    assert answer(newcomer, development) == 200


def answer(newcomer: Newcomer, development: Server) -> int:
    """The status, when the user signs in with what the console shows."""
    user = {"email": newcomer.reads("E-mail"), "password": newcomer.reads("Password")}
    session = call(newcomer, development, "account/sessions/email", user, {"X-Appwrite-Key": development.key})["secret"]
    challenge = call(
        newcomer, development, "account/mfa/challenges", {"factor": "totp"}, {"X-Appwrite-Session": session}
    )
    body = {"challengeId": challenge["$id"], "otp": newcomer.page.locator(".otp").first.inner_text()}
    headers = {"X-Appwrite-Project": "demo", "X-Appwrite-Session": session}
    return newcomer.page.request.put(f"{development.url}/v1/account/mfa/challenges", data=body, headers=headers).status


def call(newcomer: Newcomer, development: Server, path: str, body: dict[str, str], headers: dict[str, str]) -> Any:
    headers = {"X-Appwrite-Project": "demo", **headers}
    return newcomer.page.request.post(f"{development.url}/v1/{path}", data=body, headers=headers).json()


@DEVICES
def test_inbox_fills_by_itself_and_gives_codes_at_a_click(
    come: Come, development: Server, device: dict[str, Any]
) -> None:
    newcomer = come(**device)
    page, email = newcomer.page, f"ada.{secrets.token_hex(8)}@example.com"
    newcomer.opens("Inbox")
    call(newcomer, development, "account/tokens/email", {"userId": "unique()", "email": email}, {})

    row = page.locator("#inbox-list li").filter(has_text=email)
    code = row.get_by_role("button").inner_text()
    newcomer.shows("inbox")
    row.get_by_role("button").click()
    assert page.evaluate("navigator.clipboard.readText()") == code
    row.get_by_role("link").click()
    expect(page.frame_locator("iframe").locator("body")).to_contain_text(code)
    newcomer.shows("mail")


def test_api_is_readable(come: Come) -> None:
    newcomer = come(**PHONE)
    page = newcomer.page
    newcomer.opens("API")
    page.get_by_role("searchbox", name="Search endpoints and errors").fill("post mfa/challenges")
    page.locator(".operation summary").click()
    for shown in ("factor", "mfaChallenge", "user_challenge_required"):
        expect(page.locator(".operation").get_by_text(shown, exact=True)).to_be_visible()
    newcomer.shows("api")
    page.get_by_role("searchbox", name="Search endpoints and errors").fill("")
    page.evaluate("document.querySelectorAll('.operation').forEach((each) => (each.open = true))")
    expect(page.locator(".operation > div")).to_have_count(page.locator(".operation").count())


def test_first_page_leads_to_all_others(come: Come, development: Server) -> None:
    newcomer = come()
    page = newcomer.page
    for link in page.locator("main a[href]:visible").all():
        assert page.request.get(str(link.evaluate("link => link.href"))).status == 200
    page.get_by_role("tab", name="Web").press("ArrowLeft")
    expect(page.get_by_role("tab", name="Python")).to_be_focused()
    page.get_by_role("button", name="Copy snippet for Python").click()
    assert f'set_endpoint("{development.url}/v1")' in page.evaluate("navigator.clipboard.readText()")


def test_keyboard_skips_to_the_content_and_closes_the_clock(come: Come) -> None:
    page = come().page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.locator("#clock summary").press("Enter")
    expect(page.get_by_role("heading", name="Move the clock")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Move the clock")).to_be_hidden()
    expect(page.locator("#clock summary")).to_be_focused()


def test_end_of_the_server_is_said_until_it_is_back(come: Come) -> None:
    page = come("ERR_FAILED").page
    page.route("**/_local/inbox*", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_have_text("The server does not answer. Is make run still running?")
    page.unroute("**/_local/inbox*")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_refusal_stays_to_be_read(come: Come) -> None:
    page = come("status of 503").page
    page.route("**/v1/account", lambda route: route.fulfill(status=503, json={"message": "It is busy."}))
    page.locator("#demos button").first.click()
    expect(page.get_by_role("alert")).to_have_text("It is busy.")
    for _ in range(2):
        page.wait_for_event("requestfinished", lambda request: "/_local/inbox" in request.url)
    expect(page.get_by_role("alert")).to_have_text("It is busy.")


def test_link_that_does_not_work_says_what_to_do(visit: Visit, development: Server) -> None:
    page = visit(f"{development.url}/_local/verify?userId=nobody&secret=none", [REFUSED])
    expect(page.get_by_role("status")).to_contain_text(
        "was used before, is too old, or a newer mail has taken its place"
    )
    expect(page.get_by_role("status")).to_contain_text("Ask the app for a new mail")


def test_example_takes_a_newcomer_to_mfa(visit: Visit, development: Server) -> None:
    """With the SDK as npm has it, in place of the CDN."""
    toolchains.node()
    page = visit(f"{development.url}/_local/example/", [REFUSED])
    email = f"ada.{secrets.token_hex(8)}@example.com"

    def mail() -> Any:
        return page.request.get(f"{development.url}/_local/inbox?to={email}").json()

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    for name in ("Sign up", "Sign in"):
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill("correct horse battery")
        press(name)
        if name == "Sign up":
            press("Verify the e-mail address, which makes it a factor")
            expect(page.get_by_text("A mail is on its way")).to_be_visible()
            page.goto(re.findall(r"http\S+secret\S+", mail()[0]["text"])[0])
            press("Make recovery codes")
            press("I have kept them")
            press("Switch MFA on")
            expect(page.get_by_text("MFA is on")).to_be_visible()
            press("Sign out")
    press("Code by e-mail")
    expect(page.get_by_label("Code")).to_be_visible()
    page.get_by_label("Code").fill(next(each["code"] for each in mail() if each["code"]))
    press("Confirm")
    expect(page.get_by_text(f"Signed in as {email}. MFA is on.")).to_be_visible()
