"""The methods for passkeys, walked through with each SDK that has them, by the same drivers as the guide."""

from __future__ import annotations

from tests.sdk.guide import Reader, Sdk
from tests.support.authenticator import Authenticator
from tests.support.servers import Server


def walk(sdk: Sdk, server: Server) -> None:
    """A team switches passkeys on, somebody uses one, and the team looks after it."""
    sdk.do("setRpId", "localhost")
    sdk.do("switchMethod", "passkey", True)
    reader = Reader(sdk, f"{server.url}/_local/inbox")
    reader.signs_up()
    device = Authenticator("http://localhost:3000")

    begun = sdk.do("createPasskey", "laptop", "Laptop")
    assert sdk.refusal("getPasskey", begun["passkeyId"]) == "user_passkey_not_found"
    shown = sdk.do("verifyPasskey", begun["passkeyId"], device.create(begun["publicKey"]))
    assert (shown["$id"], shown["name"], shown["accessedAt"]) == ("laptop", "Laptop", "")
    assert sdk.do("renamePasskey", "laptop", "At work")["name"] == "At work"

    sdk.do("signOut", "current")
    session = _sign_in(sdk, device)
    assert (session["userId"], session["factors"]) == (reader.id, ["passkey", "userVerification"])
    assert sdk.do("getPasskey", "laptop")["accessedAt"] >= shown["$createdAt"]
    assert [passkey["name"] for passkey in sdk.do("listPasskeys")["passkeys"]] == ["At work"]

    assert sdk.do("listPasskeysOf", reader.id)["total"] == 1
    assert sdk.do("renamePasskeyOf", reader.id, "laptop", "Lost")["$id"] == "laptop"
    assert sdk.do("getPasskeyOf", reader.id, "laptop")["name"] == "Lost"
    sdk.do("signOut", "current")
    sdk.do("deletePasskeyOf", reader.id, "laptop")

    reader.signs_in()
    begun = sdk.do("createPasskey", "unique()", "Phone")
    phone = sdk.do("verifyPasskey", begun["passkeyId"], device.create(begun["publicKey"]))["$id"]
    sdk.do("deletePasskey", phone)
    sdk.do("signOut", "current")
    assert sdk.refusal(*_answer(sdk, device)) == "user_passkey_invalid"


def _sign_in(sdk: Sdk, device: Authenticator) -> dict[str, object]:
    token = sdk.do(*_answer(sdk, device))
    session: dict[str, object] = sdk.do("createSession", token["userId"], token["secret"])
    return session


def _answer(sdk: Sdk, device: Authenticator) -> tuple[str, str, dict[str, object]]:
    begun = sdk.do("createPasskeyToken")
    return "updatePasskeyToken", begun["$id"], device.get(begun["publicKey"])
