"""A device that can keep passkeys, as Chromium pretends there is one: it answers each prompt by itself."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """What the page's browser asks. https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/"""

    def __init__(self, page: Page) -> None:
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("WebAuthn.enable")
        self._id = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})["authenticatorId"]

    @property
    def credentials(self) -> list[Any]:
        kept: list[Any] = self._send("getCredentials")["credentials"]
        return kept

    def knows_its_owner(self, knows: bool) -> None:
        """Whether finger, face or PIN are the owner's."""
        self._send("setUserVerified", isUserVerified=knows)

    def is_touched(self, touched: bool) -> None:
        """Whether anybody reacts to prompts."""
        self._send("setAutomaticPresenceSimulation", enabled=touched)

    def _send(self, command: str, **values: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._tools.send(f"WebAuthn.{command}", {"authenticatorId": self._id, **values})
        return answer
