"""Passkeys on the hosted pages, by a device that Chromium pretends to have."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from tests.browser.device import Device
from tests.browser.hosted.visitor import PASSWORD, REFUSED, Come, Owner, Visitor
from tests.support.servers import Server

pytestmark = pytest.mark.browser

ENROL = """async () => {
  const headers = { "Content-Type": "application/json", "X-Appwrite-Project": "demo" };
  const call = async (method, path, body) =>
    (await fetch(`/v1/account/passkeys${path}`, { method, headers, body: JSON.stringify(body) })).json();
  const { passkeyId, publicKey } = await call("POST", "", { passkeyId: "unique()" });
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
  const credential = (await navigator.credentials.create({ publicKey: options })).toJSON();
  return (await call("PUT", `/${passkeyId}/verification`, { credential })).$id;
}"""


def somebody_with_a_passkey(come: Come, server: Server, *expected: str) -> tuple[Visitor, Owner, Device]:
    """Who has MFA by a passkey on the device, and has signed out. Nobody touches the device meanwhile."""
    owner, visitor = Owner(server), come("sign-in", *expected)
    device = Device(visitor.page)
    device.is_touched(False)  # else it would answer what the browser offers in the field
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.is_at_the_settings()
    device.is_touched(True)
    assert visitor.page.evaluate(ENROL)
    owner.has_mfa()
    device.is_touched(False)
    visitor.page.context.clear_cookies()
    visitor.page.goto(f"{server.url}/v1/pages/sign-in")
    visitor.sees("sign_in.title")
    return visitor, owner, device


def spent(route: Route) -> None:
    """A challenge for a passkey that is answered too late."""
    if route.request.method == "PUT":
        route.fulfill(status=401, json={"type": "user_invalid_token", "message": "No."})
    else:
        route.continue_()


def test_passkey_signs_in_by_the_button(come: Come, server: Server) -> None:
    visitor, _, device = somebody_with_a_passkey(come, server)
    device.is_touched(True)
    visitor.presses("sign_in.passkey")
    visitor.is_at_the_settings()


def test_browser_offers_the_passkey_in_the_field(come: Come, server: Server) -> None:
    visitor, _, device = somebody_with_a_passkey(come, server)
    device.is_touched(True)
    visitor.page.reload()
    visitor.is_at_the_settings()


def test_passkey_that_was_offered_for_too_long_says_so(come: Come, server: Server) -> None:
    visitor, _, device = somebody_with_a_passkey(come, server, REFUSED)
    visitor.page.route("**/account/tokens/passkey", spent)
    visitor.page.reload()
    device.is_touched(True)
    visitor.is_told("error.passkey.user_invalid_token")
    visitor.presses("sign_in.passkey")
    visitor.is_told("error.passkey.user_invalid_token")


def test_passkey_is_the_second_step(come: Come, server: Server) -> None:
    visitor, owner, device = somebody_with_a_passkey(come, server, REFUSED)
    visitor.types(email=owner.email, password=PASSWORD)
    visitor.presses("sign_in.submit")
    visitor.sees("factor.title")
    device.knows_its_owner(False)
    device.is_touched(True)
    visitor.presses("factor.passkey.submit")
    visitor.is_told("error.passkey_cancelled")
    device.knows_its_owner(True)
    visitor.presses("factor.passkey.submit")
    visitor.is_at_the_settings()
