"""JWTs and sessions that are not ours, alone and together: attacks 61, 62 and 65 of SECURITY.md."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64decode
from typing import Any

from chalicelib.runtime import container
from chalicelib.security import encryption
from tests.support.api import Api, assert_refused
from tests.support.person import People, Person
from tests.support.tokens import bearer, data_keys, signed_jwt


def forgeries(token: str) -> list[str]:
    """The same claims, signed in ways that are not ours."""
    head, body, signature = token.split(".")
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    ours, other = encryption.derived_key("jwt", 1), b"another key of thirty-two bytes!"
    longer = signed_jwt({**claims, "exp": claims["exp"] + 9999}, other).split(".")[1]
    unsigned = signed_jwt(claims, b"", alg="none").rpartition(".")[0]
    return [
        f"{unsigned}.",
        unsigned,
        f"{unsigned}.{signature}",
        signed_jwt(claims, ours, alg="none"),
        signed_jwt(claims, ours, alg="None"),
        signed_jwt(claims, ours, "sha512", alg="HS512"),
        signed_jwt(claims, ours, "sha384", alg="HS384"),
        signed_jwt(claims, ours, alg="RS256"),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{longer}.{signature}",
        f"{head}.{body}.{signature[:-2]}",
        f"{token}.{signature}",
        signed_jwt(claims, other),
        signed_jwt(claims, b""),
        signed_jwt(claims, b"\0" * 32),
        signed_jwt(claims, encryption.derived_key("codes", 1)),
        signed_jwt(claims, b"", kid="../../dev/null"),
        *(signed_jwt(claims, ours, kid=kid) for kid in ("0", "2", "999", "-1", "1_", " 1", "\u0661", 1, None, ["1"])),
        signed_jwt(claims, b"a", jwk={"kty": "oct", "k": "YQ"}, jku="https://evil.test/jwks"),
        f"Bearer {token}",
        token.replace(".", ". "),
    ]


def test_token_that_is_not_ours_is_refused(person: Person, api: Api) -> None:
    token = person.jwt()

    for forged in forgeries(token):
        assert_refused(api.get("/account", headers=bearer(forged)), 401, "user_jwt_invalid")

    assert api.get("/account", headers=bearer(token)).status == 200


def test_token_of_another_deployment_is_refused(person: Person, api: Api) -> None:
    token = person.jwt()

    with container.override("data-keys", data_keys(b"x" * 32)):
        assert_refused(api.get("/account", headers=bearer(token)), 401, "user_jwt_invalid")


def test_forged_session_beside_a_token_borrows_nothing_of_its_user(people: People, api: Api) -> None:
    """The session's claim is false, so what hangs on the user whom it names is not read for the token's."""
    ann, bob = people.new(), people.new()
    ann.patch("/account/prefs", {"prefs": {"of": "ann"}})
    bob.patch("/account/prefs", {"prefs": {"of": "bob"}})
    forged = b64encode(json.dumps({"id": ann.id, "secret": "0" * 84}).encode()).decode()

    for path, member in (("/account/prefs", "of"), ("/account", "$id")):
        answer = api.get(path, session=forged, headers=bearer(bob.jwt()))
        assert answer.json[member] == bob.get(path).json[member]
    renamed = api.patch("/account/name", {"name": "Bob"}, session=forged, headers=bearer(bob.jwt()))
    assert renamed.json["prefs"] == {"of": "bob"}
