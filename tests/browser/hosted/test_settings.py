"""The settings in Chromium: every factor there and away again, codes, sessions, the log, and the end of an account."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pyotp
import pytest
import zxingcpp
from playwright.sync_api import Locator, Route, expect

from tests.browser.device import Device
from tests.browser.hosted.visitor import PASSWORD, REFUSED, Come, Owner, Visitor, by_team
from tests.browser.views import DEVICES, PHONE
from tests.support.servers import Server

pytestmark = pytest.mark.browser

APP = "http://localhost:3999/back"
LUMINANCE = """async source => {
    const picture = new Image();
    picture.src = source;
    await picture.decode();
    const { width, height } = picture, context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const red = Array.from({ length: width * height }, (_, at) => data[4 * at]);
    return [width, height, btoa(String.fromCharCode(...red))];
}"""
SHIFTS = """new Promise(done => new PerformanceObserver(list => done(
    list.getEntries().reduce((sum, each) => sum + each.value, 0)
)).observe({ type: "layout-shift", buffered: true }) ?? setTimeout(() => done(0), 100))"""


def at_the_settings(come: Come, owner: Owner, *expected: str, query: str = "", **options: Any) -> Visitor:
    """Somebody who went there, was asked to sign in first, and did."""
    visitor = come("settings", *expected, query=query, **options)
    visitor.page.wait_for_url("**/pages/sign-in*")
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    expect(visitor.page.locator("h1")).to_have_text(visitor.word("settings.title"))
    return visitor


def part(visitor: Visitor, name: str) -> Locator:
    return visitor.page.locator(f"section[aria-labelledby={name}]")


def reads(visitor: Visitor, name: str, word: str, /, **values: str) -> None:
    """It is said in that part, where the visitor goes on."""
    done = part(visitor, name).locator(".done, .told:not(:empty)")
    expect(done).to_contain_text(visitor.word(word, **values))
    expect(done).to_be_focused()


def scanned(visitor: Visitor) -> str:
    """What a camera reads from the screen."""
    picture = visitor.page.locator("img.qr")
    expect(picture).to_have_js_property("complete", True)
    shown = "data:image/png;base64," + base64.b64encode(picture.screenshot()).decode()
    width, height, grey = visitor.page.evaluate(LUMINANCE, shown)
    [found] = zxingcpp.read_barcodes(memoryview(base64.b64decode(grey)).cast("B", (height, width)))
    return str(found.text)


def once(visitor: Visitor, path: str, method: str, answer: dict[str, Any]) -> None:
    """The API answers so for once, as it would some minutes later."""

    waiting = [answer]

    def instead(route: Route) -> None:
        if route.request.method == method and waiting:
            route.fulfill(**waiting.pop())
        else:
            route.fallback()

    visitor.page.route(path, instead)


def refusal(type_: str, status: int = 401) -> dict[str, Any]:
    return {"status": status, "json": {"type": type_, "message": "No."}, "headers": {"Retry-After": "90"}}


# Factors


@DEVICES
def test_app_is_set_up_by_its_picture_and_switches_mfa_on(come: Come, server: Server, device: dict[str, Any]) -> None:
    owner = Owner(server, verified=False)
    visitor = at_the_settings(come, owner, REFUSED, permissions=["clipboard-read", "clipboard-write"], **device)
    assert visitor.page.evaluate(SHIFTS) < 0.1
    expect(part(visitor, "mfa")).to_contain_text(visitor.word("mfa.none"))
    visitor.presses("authenticator.add")
    visitor.sees("authenticator.title")
    uri, typed = scanned(visitor), visitor.page.locator(".secret").inner_text().replace(" ", "")
    app = pyotp.parse_uri(uri)
    assert isinstance(app, pyotp.TOTP)
    assert (app.secret, app.name, app.issuer) == (typed, f"Demo:{owner.email}", "Demo")
    expect(visitor.page.locator(".touch")).to_be_visible(visible="has_touch" in device)
    visitor.types(code="000000")
    visitor.presses("factor.submit")
    visitor.is_told("error.authenticator.user_invalid_token")
    visitor.presses("authenticator.again")
    expect(visitor.page.locator(".secret")).not_to_contain_text(typed[:4])
    owner.totp = pyotp.TOTP(visitor.page.locator(".secret").inner_text().replace(" ", ""))
    visitor.types(code=owner.code(-1))
    visitor.presses("factor.submit")
    reads(visitor, "authenticator", "authenticator.done")

    visitor.presses("mfa.switch_on")
    visitor.sees("codes.title")
    codes = visitor.page.locator(".codes code").all_inner_texts()
    keeps(visitor, codes)
    visitor.presses("codes.go_on")
    reads(visitor, "mfa", "mfa.switched_on")
    assert owner_now(server, owner)["mfa"]

    visitor.presses("authenticator.remove")
    visitor.sees("authenticator.removal")
    expect(visitor.page.locator(".warned")).to_have_text(visitor.word("mfa.goes"))
    visitor.presses("authenticator.remove")
    reads(visitor, "authenticator", "authenticator.removed")
    expect(part(visitor, "mfa")).to_contain_text(visitor.word("mfa.none"))


def keeps(visitor: Visitor, codes: list[str]) -> None:
    """Copies and downloads the codes, which do not go before they are said to be kept."""
    page = visitor.page
    visitor.presses("codes.go_on")
    expect(page.locator(".mistake")).to_have_text(visitor.word("codes.not_kept"))
    expect(page.locator("[name=kept]")).to_be_focused()
    visitor.is_for_everybody()
    visitor.presses("codes.copy")
    expect(visitor.button("copy.done")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "\n".join(codes)
    with page.expect_download() as download:
        visitor.follows("codes.download")
    assert codes == Path(download.value.path()).read_text().strip().splitlines()[-len(codes) :]
    page.evaluate("window.print = () => { window.printed = true }")
    visitor.presses("codes.print")
    assert page.evaluate("printed")
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    expect(page.locator(".codes code").first).to_have_text(codes[0])
    page.locator("[name=kept]").check()


def owner_now(server: Server, owner: Owner) -> Any:
    return by_team(server, "GET", f"/users/{owner.id}")


@DEVICES
def test_passkey_is_added_named_and_removed(come: Come, server: Server, device: dict[str, Any]) -> None:
    visitor = at_the_settings(come, Owner(server), **device)
    keeper = Device(visitor.page)
    keeper.knows_its_owner(False)
    visitor.presses("passkeys.add")
    visitor.sees("passkeys.adding")
    visitor.types(name="")
    visitor.presses("passkeys.add")
    expect(visitor.page.locator(".mistake")).to_have_text(visitor.word("field.empty"))
    visitor.types(name="Phone")
    visitor.presses("passkeys.add")
    visitor.is_told("error.passkey_cancelled")
    keeper.knows_its_owner(True)
    visitor.presses("passkeys.add")
    reads(visitor, "passkeys", "passkeys.done")
    row = part(visitor, "passkeys").locator("li")
    expect(row).to_contain_text(visitor.word("passkeys.unused"))

    row.get_by_role("button", name=f"{visitor.word('passkeys.rename')} Phone").click()
    visitor.sees("passkeys.renaming")
    visitor.types(name="Blue phone")
    visitor.presses("passkeys.rename")
    reads(visitor, "passkeys", "passkeys.renamed")
    row.get_by_role("button", name=f"{visitor.word('passkeys.remove')} Blue phone").click()
    expect(visitor.page.locator("h1")).to_have_text(visitor.word("passkeys.removal", name="Blue phone"))
    visitor.presses("passkeys.remove")
    reads(visitor, "passkeys", "passkeys.removed")
    expect(row).to_have_count(0)


def test_browser_without_passkeys_says_what_to_do(come: Come, server: Server) -> None:
    visitor = at_the_settings(come, Owner(server))
    visitor.page.add_init_script("delete window.PublicKeyCredential")
    visitor.page.reload()

    expect(part(visitor, "passkeys")).to_contain_text(visitor.word("passkeys.elsewhere"))
    expect(part(visitor, "passkeys").get_by_role("button")).to_have_count(0)


@DEVICES
def test_mailbox_and_number_are_confirmed(come: Come, server: Server, device: dict[str, Any]) -> None:
    """Where MFA waits for its first factor, the page says so before, and this session goes on after."""
    owner = Owner(server, verified=False)
    owner.has_mfa()
    visitor = at_the_settings(come, owner, REFUSED, **device)
    expect(part(visitor, "mfa")).to_contain_text(visitor.word("mfa.waiting"))
    expect(part(visitor, "email").locator(".warned")).to_have_text(visitor.word("mfa.comes"))
    visitor.presses("email.by_link")
    reads(visitor, "email", "email.link.sent", email=owner.email)
    part(visitor, "email").get_by_role("button").first.click()
    visitor.sees("verify.code.title")
    visitor.types(code=visitor.mail(owner.email, 2)["code"])
    visitor.presses("verify.submit")
    reads(visitor, "email", "email.done")
    reads(visitor, "email", "mfa.came")
    expect(part(visitor, "mfa")).to_contain_text(visitor.word("mfa.alone"))

    visitor.presses("phone.add")
    visitor.sees("phone.add")
    visitor.types(phone="0151 23456789", password="wrong")
    visitor.presses("recovery.submit")
    expect(visitor.page.locator(".mistake").first).to_have_text(visitor.word("phone.no_country"))
    number = f"+4915123{secrets.randbelow(10**6):06}"
    visitor.types(phone=f"{number[:3]} {number[3:]}")
    visitor.presses("recovery.submit")
    visitor.is_told("error.password.user_invalid_credentials")
    visitor.types(password=PASSWORD)
    visitor.presses("recovery.submit")
    visitor.sees("phone.code.title")
    visitor.types(code=visitor.mail(quote(number))["code"])
    visitor.presses("verify.submit")
    reads(visitor, "phone", "phone.done")
    expect(part(visitor, "phone").locator("bdi")).to_have_text(number)
    expect(part(visitor, "mfa")).not_to_contain_text(visitor.word("mfa.alone"))


def test_second_code_within_a_moment_says_that_one_was_sent(come: Come, server: Server) -> None:
    visitor = at_the_settings(come, Owner(server, verified=False), "status of 429")
    once(visitor, "**/account/verifications/email/otp", "POST", refusal("general_rate_limit_exceeded", 429))
    visitor.presses("email.by_code")
    visitor.is_told("error.send.general_rate_limit_exceeded")


# What needs a proof of the last minutes


def test_new_codes_ask_for_a_second_step_and_go_on(come: Come, server: Server) -> None:
    owner = Owner(server)
    owner.has_recovery_codes()
    visitor = at_the_settings(come, owner, REFUSED)
    visitor.presses("codes.renew")
    visitor.sees("codes.renew")
    visitor.presses("codes.renew")
    visitor.sees("factor.title")
    visitor.presses("factor.cancel")
    visitor.sees("codes.renew")
    visitor.presses("codes.renew")
    visitor.sees("factor.title")
    visitor.types(code=visitor.mail(owner.email, 2)["code"])
    visitor.presses("factor.submit")
    visitor.sees("codes.title")
    assert not set(visitor.page.locator(".codes code").all_inner_texts()) & set(owner.recovery_codes)
    visitor.page.locator("[name=kept]").check()
    visitor.presses("codes.go_on")
    reads(visitor, "codes", "codes.done")


def test_what_fails_after_the_second_step_is_told_where_it_was_asked(come: Come, server: Server) -> None:
    """With what was typed still there."""
    owner = Owner(server)
    visitor = at_the_settings(come, owner, REFUSED)
    visitor.presses("old_password.submit")
    visitor.sees("old_password.title")
    once(visitor, "**/account/password", "PATCH", refusal("user_challenge_required"))
    visitor.types(oldPassword="wrong", password="another horse battery")
    visitor.presses("old_password.submit")
    visitor.sees("factor.title")
    expect(visitor.page.locator(".lead").first).to_contain_text(visitor.word("factor.again"))
    visitor.types(code=visitor.mail(owner.email)["code"])
    visitor.presses("factor.submit")
    visitor.sees("old_password.title")
    visitor.is_told("error.password.user_invalid_credentials")
    expect(visitor.page.locator("[name=password]")).to_have_value("another horse battery")
    visitor.types(oldPassword=PASSWORD)
    visitor.presses("old_password.submit")
    reads(visitor, "password", "password.done")


def test_old_sign_in_is_renewed_by_the_password_where_there_is_no_factor(come: Come, server: Server) -> None:
    visitor = at_the_settings(come, Owner(server, verified=False), REFUSED)
    Device(visitor.page)
    visitor.presses("passkeys.add")
    once(visitor, "**/account/passkeys", "POST", refusal("user_reauthentication_required"))
    visitor.types(name="Phone")
    visitor.presses("passkeys.add")
    visitor.sees("factor.title")
    visitor.types(password="wrong")
    visitor.presses("factor.submit")
    visitor.is_told("error.password.user_invalid_credentials")
    visitor.types(password=PASSWORD)
    visitor.presses("factor.submit")
    reads(visitor, "passkeys", "passkeys.done")


# Sessions, log, deletion


@DEVICES
def test_devices_are_signed_out_and_the_log_tells_it(come: Come, server: Server, device: dict[str, Any]) -> None:
    owner = Owner(server)
    for _ in range(3):
        by_team(server, "POST", f"/users/{owner.id}/sessions")
    visitor = at_the_settings(come, owner, **device)
    rows = part(visitor, "sessions").locator("li")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text(visitor.word("sessions.current"))
    expect(rows.first.get_by_role("button")).to_have_count(0)
    rows.nth(1).get_by_role("button").click()
    reads(visitor, "sessions", "sessions.ended", device=visitor.word("device.unknown"))
    expect(rows).to_have_count(4)
    visitor.presses("sessions.end_others")
    reads(visitor, "sessions", "sessions.ended_all")
    expect(rows).to_have_count(1)

    entries = part(visitor, "activity").locator("li")
    expect(entries).to_have_count(6)
    expect(entries.nth(0)).to_contain_text(visitor.word("activity.sessions.delete"))
    expect(entries.nth(3)).to_contain_text(visitor.word("activity.team"))
    visitor.presses("activity.more")
    expect(entries.nth(6)).to_be_focused()
    expect(entries.last).to_contain_text(visitor.word("activity.user.create"))
    expect(visitor.button("activity.more")).to_have_count(0)


def test_device_is_read_from_the_right_where_the_language_is(come: Come, server: Server) -> None:
    """Its name begins with a Latin word, and the numbers of an address keep their order."""
    visitor = at_the_settings(come, Owner(server), language="ar")
    directions = (
        "all => all.map(each => [/[\\u0600-\\u06ff]/.test(each.textContent), getComputedStyle(each).direction])"
    )
    found = part(visitor, "activity").locator("bdi").evaluate_all(directions)
    assert {direction for arabic, direction in found if arabic} == {"rtl"}
    address = part(visitor, "sessions").locator("bdi bdi").first
    expect(address).to_have_css("direction", "ltr")


def test_account_is_deleted_once_its_name_is_typed(come: Come, server: Server) -> None:
    owner = Owner(server)
    visitor = at_the_settings(come, owner)
    visitor.presses("deletion.submit")
    visitor.sees("deletion.title")
    visitor.types(typed="ada")
    visitor.presses("deletion.submit")
    expect(visitor.page.locator(".mistake")).to_have_text(visitor.word("deletion.other", name=owner.email))
    assert owner_now(server, owner)
    visitor.types(typed=f"\u2068{owner.email.upper()}\u2069 ")  # as a copy brings it along
    visitor.presses("deletion.submit")
    visitor.sees("deletion.done")
    visitor.follows("sign_in.submit")
    visitor.sees("sign_in.title")


# How it is to others, and what may go wrong


def test_keyboard_is_enough_at_the_settings(come: Come, server: Server) -> None:
    """Focus is where the visitor goes on: at the heading of a step, at what was done, at the part that was left."""
    owner = Owner(server)
    visitor = at_the_settings(come, owner)
    keyboard = visitor.page.keyboard
    while not visitor.button("authenticator.add").evaluate("node => node === document.activeElement"):
        keyboard.press("Tab")
    keyboard.press("Enter")
    visitor.sees("authenticator.title")
    owner.totp = pyotp.TOTP(visitor.page.locator(".secret").inner_text().replace(" ", ""))
    keyboard.press("Tab")
    expect(visitor.page.get_by_role("button", name=visitor.word("authenticator.copy"))).to_be_focused()
    keyboard.press("Tab")
    keyboard.type(owner.code())
    keyboard.press("Enter")
    reads(visitor, "authenticator", "authenticator.done")
    keyboard.press("Tab")
    keyboard.press("Space")
    visitor.sees("authenticator.removal")
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Enter")
    visitor.sees("settings.title")
    expect(visitor.page.locator("#authenticator")).to_be_focused()


def test_refusals_at_the_settings_say_what_to_do(come: Come, server: Server) -> None:
    visitor = at_the_settings(come, Owner(server), "status of")
    once(visitor, "**/account/mfa/recovery-codes", "POST", refusal("general_rate_limit_exceeded", 429))
    visitor.presses("codes.make")
    visitor.is_told("error.general_rate_limit_exceeded")
    once(visitor, "**/account/mfa/recovery-codes", "POST", refusal("user_recovery_codes_already_exists", 409))
    visitor.presses("codes.make")
    visitor.is_told("error.user_recovery_codes_already_exists")

    once(visitor, "**/account/mfa", "PATCH", refusal("user_mfa_factor_missing", 409))
    visitor.presses("mfa.switch_on")
    once(visitor, "**/account/passkeys", "GET", refusal("general_service_unavailable", 503))
    visitor.page.locator("[name=kept]").check()
    visitor.presses("codes.go_on")
    visitor.is_told("error.general_service_unavailable")
    with visitor.page.expect_download() as download:  # the codes stay until the visitor has gone on
        visitor.follows("codes.download")
    assert download.value.failure() is None
    once(visitor, "**/account/mfa", "PATCH", refusal("user_mfa_factor_missing", 409))
    visitor.presses("codes.go_on")
    reads(visitor, "mfa", "error.user_mfa_factor_missing")

    once(visitor, "**/account/passkeys", "GET", refusal("general_service_unavailable", 503))
    visitor.page.reload()
    visitor.sees("error.title")
    visitor.is_told("error.general_service_unavailable")
    visitor.follows("error.again")
    visitor.sees("settings.title")


def test_settings_are_for_everybody_in_every_language(come: Come, server: Server) -> None:
    english = at_the_settings(come, Owner(server, verified=False), **PHONE)
    for language in ("ar", "de", "fr", "es"):
        english.page.goto(f"{server.url}/v1/pages/settings?lang={language}")
        visitor = Visitor(english.page, server, language)
        visitor.sees("settings.title")
        visitor.presses("authenticator.add")
        visitor.sees("authenticator.title")


def test_app_that_sent_the_visitor_to_the_settings_gets_them_back(come: Come, server: Server) -> None:
    query = urlencode({"return": APP, "challenge": "c" * 43, "state": "s1"})
    visitor = at_the_settings(come, Owner(server), query=query)
    visitor.page.route(f"{APP}*", lambda route: route.fulfill(body="The app"))
    with visitor.page.expect_request(f"{APP}*") as asked:
        visitor.presses("settings.back")

    assert parse_qs(urlsplit(asked.value.url).query)["state"] == ["s1"]
