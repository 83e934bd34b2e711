"""Passkeys in Chromium: the code of the document, on a page of an app, against the API on another port."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.device import Device
from tests.browser.site import GUIDE, HERE, block
from tests.support.files import ROOT

pytestmark = pytest.mark.browser

PICTURES = ROOT / "build" / "browser"
NOBODY_IS_SIGNED_IN = ["status of 401"]
"""What Chromium says of it in the console, when the page asks."""


class Owner:
    """Somebody with a device, at the page of the app."""

    def __init__(self, page: Page) -> None:
        self.page, self.device = page, Device(page)
        self.email, self.password = f"ada.{secrets.token_hex(8)}@example.com", secrets.token_hex(8)

    def enters(self, button: str) -> None:
        self.page.locator("[name=email]").fill(self.email)
        self.page.locator("[name=password]").fill(self.password)
        self.clicks(button)

    def clicks(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def sees(self, heading: str, said: str = "Done", *passkeys: str) -> None:
        expect(self.page.get_by_role("status")).to_have_text(said)
        expect(self.page.get_by_role("heading")).to_have_text(heading)
        if heading.startswith("Hello"):
            expect(self.page.locator("li")).to_have_text([f"{passkey}Remove" for passkey in passkeys])

    def signs_up(self) -> None:
        self.enters("Sign up")
        self.sees("Hello Ada")

    def adds_a_passkey(self) -> None:
        self.clicks("Add a passkey")
        self.sees("Hello Ada", "Done", "Device 1, never used")

    def turns_mfa_on(self) -> None:
        self.clicks("Turn MFA on")
        self.sees("Hello Ada", "Done", "Device 1, never used")

    def suggests(self) -> None:
        """Opens the page as one that suggests passkeys in its field."""
        self.page.goto(f"{self.page.url}?again#suggest")

    def is_asked_to(self, ceremony: str) -> None:
        expect(self.page.locator("main")).to_have_attribute("data-asked", ceremony)

    def signs_out(self) -> None:
        self.clicks("Sign out")
        self.sees("Welcome")

    def shows(self, name: str) -> None:
        """A picture for whoever wants to look."""
        self.page.screenshot(path=PICTURES / f"{name}.png")


Arrive = Callable[..., Owner]


@pytest.fixture
def arrive(visit: Visit, site: int) -> Arrive:
    """Opens the page for somebody new."""

    def go(host: str = "localhost") -> Owner:
        return Owner(visit(f"http://{host}:{site}/passkeys.html", NOBODY_IS_SIGNED_IN))

    return go


def test_passkey_signs_in_without_a_name_and_satisfies_mfa_alone(arrive: Arrive) -> None:
    ada = arrive()
    ada.shows("1-welcome")
    ada.signs_up()
    ada.adds_a_passkey()
    ada.turns_mfa_on()
    ada.shows("2-passkey-added")
    ada.signs_out()

    ada.clicks("Use a passkey")

    ada.sees("Hello Ada", "Done", "Device 1, used")
    ada.shows("3-signed-in-by-passkey")
    session = ada.page.evaluate("account.getSession({ sessionId: 'current' })")
    assert (session["provider"], session["factors"]) == ("passkey", ["passkey", "userVerification"])


def test_browser_suggests_the_passkey_in_the_field(arrive: Arrive) -> None:
    ada = arrive()
    ada.signs_up()
    ada.adds_a_passkey()
    ada.signs_out()

    ada.suggests()

    ada.sees("Hello Ada", "Done", "Device 1, used")
    assert block(GUIDE, "html").strip() in (HERE / "passkeys.html").read_text()


def test_passkey_is_the_second_factor_after_the_password(arrive: Arrive) -> None:
    ada = arrive()
    ada.signs_up()
    ada.adds_a_passkey()
    ada.turns_mfa_on()
    ada.signs_out()

    ada.enters("Sign in")
    ada.sees("One more step")
    ada.shows("4-one-more-step")
    ada.clicks("Confirm with a passkey")

    ada.sees("Hello Ada", "Done", "Device 1, used")
    session = ada.page.evaluate("account.getSession({ sessionId: 'current' })")
    assert session["factors"] == ["password", "passkey"]


def test_device_that_does_not_know_its_owner_neither_enrols_nor_signs_in(arrive: Arrive) -> None:
    ada = arrive()
    ada.signs_up()
    ada.device.knows_its_owner(False)
    ada.clicks("Add a passkey")
    ada.sees("Hello Ada", "NotAllowedError")

    ada.device.knows_its_owner(True)
    ada.adds_a_passkey()
    ada.signs_out()
    ada.device.knows_its_owner(False)
    ada.clicks("Use a passkey")

    ada.sees("Welcome", "NotAllowedError")
    ada.shows("5-not-allowed")


def test_prompt_that_is_cancelled_leaves_nothing_and_may_come_again(arrive: Arrive) -> None:
    ada = arrive()
    ada.signs_up()
    ada.device.is_touched(False)
    ada.clicks("Add a passkey")
    ada.is_asked_to("create")

    ada.page.evaluate("last.abort()")

    assert ada.device.credentials == []
    ada.device.is_touched(True)
    ada.adds_a_passkey()


def test_button_takes_the_place_of_what_waits_in_the_field(arrive: Arrive) -> None:
    ada = arrive()
    ada.signs_up()
    ada.adds_a_passkey()
    ada.signs_out()
    ada.device.is_touched(False)
    ada.suggests()
    ada.is_asked_to("get")
    ada.device.is_touched(True)

    ada.clicks("Use a passkey")

    ada.sees("Hello Ada", "Done", "Device 1, used")


def test_device_has_one_passkey_of_an_account(arrive: Arrive) -> None:
    ada = arrive()
    ada.signs_up()
    ada.adds_a_passkey()

    ada.clicks("Add a passkey")

    ada.sees("Hello Ada", "InvalidStateError", "Device 1, never used")


def test_passkey_that_was_removed_signs_nobody_in_and_the_other_one_does(arrive: Arrive) -> None:
    """Two devices, each with its own."""
    ada, phone = arrive(), arrive()
    ada.signs_up()
    ada.adds_a_passkey()
    ada.signs_out()
    phone.email, phone.password = ada.email, ada.password
    phone.enters("Sign in")
    phone.sees("Hello Ada", "Done", "Device 1, never used")
    phone.clicks("Add a passkey")
    phone.sees("Hello Ada", "Done", "Device 1, never used", "Device 2, never used")

    phone.clicks("Remove Device 1")
    phone.sees("Hello Ada", "Done", "Device 2, never used")
    ada.clicks("Use a passkey")
    ada.sees("Welcome", "user_passkey_invalid")
    ada.shows("6-removed")

    phone.signs_out()
    phone.clicks("Use a passkey")
    phone.sees("Hello Ada", "Done", "Device 2, used")


def test_page_by_address_has_no_passkeys(arrive: Arrive) -> None:
    """127.0.0.1 is no RP ID, nor is it below one."""
    stranger = arrive(host="127.0.0.1")

    stranger.clicks("Use a passkey")

    stranger.sees("Welcome", "SecurityError")
