"""Somebody at the hosted pages: what they press and read, by the names of the words."""

from __future__ import annotations

import html
import json
import re
import secrets
import urllib.request
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pyotp
from playwright.sync_api import Locator, Page, Route, expect

from chalicelib.languages import FOLDER, direction
from tests.browser.views import PICTURES, fit_for_everybody
from tests.support.servers import Server

PASSWORD = "correct horse battery"
REFUSED = "status of 40[19]"
"""What Chromium's console says of an answer that is no success."""
CHECKED: set[tuple[str, ...]] = set()
"""Views that axe has looked at, in each language and color scheme: once is enough."""


def request(server: Server, method: str, path: str, body: Any = None, **headers: str) -> Any:
    sent = {"Content-Type": "application/json", "X-Appwrite-Project": "demo", **headers}
    content = None if method == "GET" else json.dumps(body or {}).encode()
    asked = urllib.request.Request(f"{server.url}{path}", content, sent, method=method)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def by_team(server: Server, method: str, path: str, body: Any = None) -> Any:
    """The team's server asks, with its API key."""
    return request(server, method, f"/v1{path}", body, **{"X-Appwrite-Key": server.key})


class Owner:
    """An account that is made by the API."""

    def __init__(self, server: Server, verified: bool = True) -> None:
        self._server = server
        self.email = f"ada.{secrets.token_hex(8)}@example.com"
        body = {"userId": "unique()", "email": self.email, "password": PASSWORD, "name": "Ada"}
        self.id = by_team(server, "POST", "/users", body)["$id"]
        if verified:
            by_team(server, "PATCH", f"/users/{self.id}/verification", {"emailVerification": True})
        self._session = by_team(server, "POST", f"/users/{self.id}/sessions")["secret"]
        self.totp: pyotp.TOTP | None = None
        self.recovery_codes: list[str] = []

    def does(self, method: str, path: str, body: Any = None) -> Any:
        return request(self._server, method, f"/v1{path}", body, **{"X-Appwrite-Session": self._session})

    def has_an_app(self) -> None:
        self.totp = pyotp.TOTP(self.does("POST", "/account/mfa/authenticators/totp")["secret"])
        self.does("PUT", "/account/mfa/authenticators/totp", {"otp": self.code(-1)})

    def has_recovery_codes(self) -> None:
        self.recovery_codes = self.does("POST", "/account/mfa/recovery-codes")["recoveryCodes"]

    def has_mfa(self) -> None:
        self.does("PATCH", "/account/mfa", {"mfa": True})

    def code(self, steps: int = 0) -> str:
        assert self.totp
        return self.totp.at(datetime.now(timezone.utc), counter_offset=steps)


class Visitor:
    """Every view that is read is held against the rules for accessibility (axe)."""

    def __init__(self, page: Page, server: Server, language: str = "en", brand: str = "Demo") -> None:
        self.page, self._server, self._language, self._brand = page, server, language, brand
        self._words: dict[str, str] = json.loads((FOLDER / language / "pages.json").read_text())

    def word(self, name: str, /, **values: str) -> str:
        """A text as it is shown."""
        known = {"brand": self._brand, **values}
        return re.sub(r"\$(\w+)", lambda match: f"\u2068{known[match[1]]}\u2069", self._words[name])

    def sees(self, title: str) -> None:
        """The view is there, has the focus within, and is fit for everybody."""
        expect(self.page.locator("h1")).to_have_text(self.word(title))
        assert self.page.evaluate("document.querySelector('main').contains(document.activeElement)")
        self.is_for_everybody()

    def is_for_everybody(self) -> None:
        view: tuple[str, str, str] = self.page.evaluate(
            "[document.querySelector('main').innerText.replace(/\\S+@\\S+|\\d+/g, ''), document.documentElement.lang,"
            " String(matchMedia('(prefers-color-scheme: dark)').matches)]"
        )
        if tuple(view) in CHECKED:
            return
        CHECKED.add(tuple(view))
        fit_for_everybody(self.page)
        assert direction(self._language) == self.page.evaluate("getComputedStyle(document.body).direction")

    def types(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"[name={name}]").fill(value)

    def presses(self, name: str) -> None:
        self.button(name).click()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=self.word(name), exact=True)

    def follows(self, name: str) -> None:
        self.page.get_by_role("link", name=self.word(name), exact=True).click()

    def is_told(self, name: str, **values: str) -> None:
        """What went wrong, in a region that screen readers speak."""
        told = self.page.get_by_role("alert").filter(has_text=re.compile("."))
        expect(told).to_have_text(re.compile(re.sub(r"\\\$\w+", ".+", re.escape(self._words[name]))))
        self.is_for_everybody()

    def takes(self, factor: str) -> None:
        """Another way of the second step."""
        self.page.locator("summary").click()
        self.presses(f"factor.{factor}.name")

    def mail(self, to: str, number: int = 1) -> dict[str, Any]:
        """The newest mail, once there are so many with a code or a link."""
        for _ in range(100):
            sent: list[dict[str, Any]] = request(self._server, "GET", f"/_local/inbox?to={to}")
            if len(sent) >= number:
                return sent[0]
            self.page.wait_for_timeout(50)
        raise AssertionError(f"no mail came: {len(sent)} of {number}")

    def link(self, to: str, number: int = 1) -> str:
        """The address in the newest mail."""
        found = re.search(r"http\S+secret=\S+", self.mail(to, number)["text"])
        assert found
        return found[0]

    def is_at_the_settings(self) -> None:
        self.page.wait_for_url("**/pages/settings*")
        expect(self.page.locator("main h1")).to_be_visible()

    def is_given(self, **changes: Any) -> None:
        """From now on the server tells the pages something else."""

        def alter(route: Route) -> None:
            answer = route.fetch()
            start, told, end = re.split(r'(?<=name="page" content=")([^"]*)', answer.text())
            known = {**json.loads(html.unescape(told)), **changes}
            route.fulfill(response=answer, body=f"{start}{html.escape(json.dumps(known))}{end}")

        self.page.route(re.compile(r"/pages/[a-z-]+(\?|$)"), alter)

    def shows(self, name: str) -> None:
        """A picture for whoever wants to look."""
        self.page.screenshot(path=PICTURES / f"{name}.png")


Come = Callable[..., Visitor]
"""What the fixture `come` gives."""
