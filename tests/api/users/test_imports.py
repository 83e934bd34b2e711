"""/users/argon2, /bcrypt and others with the API key: who comes with the hash of another system signs in at once."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib import ids
from chalicelib.api import ROUTES
from chalicelib.storage import keys
from infra.local.inbox import Inbox
from tests.conftest import Jobs
from tests.support.api import Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.foreign_hashes import PUBLISHED, Published, of, sha
from tests.support.person import RETURN_URL, Person
from tests.support.tables import Tables

EMAIL = "ada@example.test"
TYPEABLE = [each for each in PUBLISHED if each.text]
"""Those of texts that can be passwords here."""
FIRST = {each.place: each for each in reversed(TYPEABLE)}
MD5 = of("", "md5", "482c811da5d5b4bc6d497ffa98491e38", "password123")
SHORT = of("", "md5", "e10adc3949ba59abbe56e057f20f883e", "123456")
SHA1 = sha("", "sha1", "cbfdac6008f9cab4083784cbd1874f76618d2a97", "password123")
ARGON2I = of(
    "",
    "argon2",
    "$argon2i$v=19$m=16,t=2,p=2$c29tZXNhbHRzb21lc2FsdA$/mlxM083s0iheVbASF0NuQXLVBIVpv4KNM8iihYcgjQ",
    "password123",
)
SHAPES: dict[str, Published] = {**FIRST, "argon2": ARGON2I, "md5": MD5, "sha": SHA1}


def body(hash_: Published) -> dict[str, Any]:
    return {"userId": "ada", "email": EMAIL, "password": hash_.encoded, "name": "Ada", **hash_.parameters}


def bring(team: TeamApi, hash_: Published) -> dict[str, Any]:
    answer = team.post(f"/users/{hash_.place}", body(hash_))
    assert answer.status == 201, answer.text
    user: dict[str, Any] = answer.json
    return user


@pytest.mark.parametrize("place", SHAPES)
def test_hash_is_kept_and_shown_to_keys_as_it_was_given(team: TeamApi, api: Api, tables: Tables, place: str) -> None:
    hash_ = SHAPES[place]

    user = bring(team, hash_)

    assert (user["$id"], user["email"], user["name"], user["password"]) == ("ada", EMAIL, "Ada", hash_.encoded)
    assert user["passwordUpdate"] == user["$createdAt"]
    assert user["hash"] == hash_.scheme["hash"]
    assert (
        user["hashOptions"].items() >= {name: value for name, value in hash_.scheme.items() if name != "hash"}.items()
    )
    assert user["hashOptions"]["type"] == user["hash"]
    assert team.get("/users/ada").json == user
    assert tables.item(keys.user("ada"))["password_scheme"] == hash_.scheme
    session = session_value(api.post("/account/sessions/email", {"email": EMAIL, "password": hash_.text}))
    assert not {"password", "hash", "hashOptions"} & set(api.get("/account", session=session).json)


@pytest.mark.parametrize("place", SHAPES)
def test_first_sign_in_makes_the_hash_anew_and_is_no_change_of_the_password(
    team: TeamApi, api: Api, tables: Tables, clock: Clock, place: str
) -> None:
    hash_ = SHAPES[place]
    user = bring(team, hash_)
    clock.advance(minutes=5)
    credentials = {"email": EMAIL, "password": hash_.text}

    assert_refused(
        api.post("/account/sessions/email", {**credentials, "password": "x" + hash_.text}),
        401,
        "user_invalid_credentials",
    )
    assert tables.item(keys.user("ada"))["password"] == hash_.encoded
    assert api.post("/account/sessions/email", credentials).status == 201

    after = team.get("/users/ada").json
    assert after["password"].startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert after["password"] != hash_.encoded
    assert (after["hash"], after["hashOptions"]["memoryCost"]) == ("argon2", 8)
    assert (after["passwordUpdate"], after["$updatedAt"]) == (user["passwordUpdate"], user["$updatedAt"])
    assert "password_scheme" not in tables.item(keys.user("ada"))
    assert api.post("/account/sessions/email", credentials).status == 201


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/account/password", {"password": "another password", "oldPassword": ""}),
        ("/account/email", {"email": "new@example.test", "password": ""}),
        ("/account/phone", {"phone": "+4915112345678", "password": ""}),
    ],
)
@pytest.mark.parametrize("hash_", [MD5, SHORT], ids=lambda each: each.text)
def test_changes_that_ask_for_the_password_know_it(
    team: TeamApi, api: Api, path: str, given: dict[str, str], hash_: Published
) -> None:
    bring(team, hash_)
    session = team.post("/users/ada/sessions").json["secret"]
    asked = next(name for name, value in given.items() if not value)

    wrong = api.patch(path, {**given, asked: "wrong password"}, session=session)
    assert_refused(wrong, 401, "user_invalid_credentials")
    assert api.patch(path, {**given, asked: hash_.text}, session=session).status == 200


def test_new_password_takes_the_place_of_hash_and_options(team: TeamApi, api: Api, tables: Tables) -> None:
    bring(team, MD5)
    session = team.post("/users/ada/sessions").json["secret"]
    change = {"password": "another password", "oldPassword": MD5.text}

    assert api.patch("/account/password", change, session=session).status == 200

    assert "password_scheme" not in tables.item(keys.user("ada"))
    assert api.post("/account/sessions/email", {"email": EMAIL, "password": "another password"}).status == 201


def test_history_knows_a_password_of_another_system_and_does_not_keep_its_hash(
    team: TeamApi, api: Api, tables: Tables
) -> None:
    assert team.patch("/project/policies/password-history", {"total": 5}).status == 200
    bring(team, MD5)
    session = team.post("/users/ada/sessions").json["secret"]
    again = {"password": MD5.text, "oldPassword": MD5.text}

    team.patch("/project/policies/password-dictionary", {"enabled": False})
    assert_refused(api.patch("/account/password", again, session=session), 400, "password_recently_used")

    assert api.patch("/account/password", {**again, "password": "another password"}, session=session).status == 200
    assert MD5.encoded not in str(tables.everything())


def test_hash_that_the_team_takes_away_leaves_nothing(team: TeamApi, tables: Tables) -> None:
    assert team.patch("/project/policies/password-history", {"total": 5}).status == 200
    bring(team, MD5)

    assert team.patch("/users/ada/password", {"password": ""}).json["hash"] == "argon2"

    assert MD5.encoded not in str(tables.everything())
    assert team.patch("/users/ada/password", {"password": "another password"}).status == 200


def test_reset_by_mail_takes_their_place_too(
    team: TeamApi, api: Api, tables: Tables, run_jobs: Jobs, inbox: Inbox, clock: Clock
) -> None:
    bring(team, MD5)
    assert api.post("/account/recovery", {"email": EMAIL, "url": RETURN_URL}).status == 201
    run_jobs()
    secret = Person(api, inbox, clock, "ada", EMAIL).mailed_secret()
    proof = {"userId": "ada", "secret": secret, "password": "another password"}

    assert api.put("/account/recovery", proof).status == 200

    assert "password_scheme" not in tables.item(keys.user("ada"))
    assert api.post("/account/sessions/email", {"email": EMAIL, "password": "another password"}).status == 201


@pytest.mark.parametrize("place", SHAPES)
def test_malformed_hash_is_refused_and_makes_nobody(team: TeamApi, tables: Tables, place: str) -> None:
    given = body(SHAPES[place])
    for bad in (
        "no hash at all",
        "!" * 40,
        given["password"][1:],
        given["password"] + " ",
        "x" * 257,
        "short",
        12345678,
        None,
    ):
        assert_refused(team.post(f"/users/{place}", {**given, "password": bad}), 400, "general_argument_invalid")

    assert tables.items("users") == []


SCRYPT = body(FIRST["scrypt"])


@pytest.mark.parametrize(
    ("place", "bad"),
    [
        ("argon2", {"password": "$argon2id$v=19$m=1048576,t=2,p=1$c29tZXNhbHQ$" + "A" * 43}),
        ("bcrypt", {"password": "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}),
        ("phpass", {"password": "$P$TIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"}),
        ("scrypt", {"passwordCpu": 2**30}),
        ("scrypt", {"passwordCpu": 16383}),
        ("scrypt", {"passwordMemory": 2**30}),
        ("scrypt", {"passwordParallel": 2**30}),
        ("scrypt", {"passwordLength": 2**30}),
        ("scrypt", {"passwordCpu": 0}),
        ("scrypt", {"passwordCpu": "16384"}),
        ("scrypt", {"passwordCpu": None}),
        ("scrypt", {"passwordSalt": ""}),
        ("scrypt", {"passwordSalt": "a" * 129}),
        ("scrypt-modified", {"passwordSignerKey": "Bw=="}),
        ("scrypt-modified", {"passwordSaltSeparator": None}),
        ("sha", {"passwordVersion": "md5"}),
        ("md5", {"email": None}),
        ("md5", {"userId": None}),
        ("md5", {"name": ""}),
    ],
)
def test_bad_parameter_is_refused_and_makes_nobody(
    team: TeamApi, tables: Tables, place: str, bad: dict[str, Any]
) -> None:
    answer = team.post(f"/users/{place}", {**body(SHAPES[place]), **bad})

    assert_refused(answer, 400, "general_argument_invalid")
    assert next(iter(bad)) in answer.json["message"] or "password" in answer.json["message"]
    assert tables.items("users") == []


def test_sha_is_of_256_bits_unless_told_otherwise(team: TeamApi) -> None:
    (hash_,) = (each for each in PUBLISHED if each.parameters == {"passwordVersion": "sha256"})

    user = team.post("/users/sha", {"userId": "ada", "email": EMAIL, "password": hash_.encoded}).json

    assert user["hashOptions"] == {"type": "sha", "version": "sha256"}


def test_version_of_sha_is_taken_in_any_case(team: TeamApi) -> None:
    (hash_,) = (each for each in PUBLISHED if each.parameters == {"passwordVersion": "sha512/256"})

    answer = team.post("/users/sha", {**body(hash_), "passwordVersion": "SHA512/256"})

    assert (answer.status, answer.json["hashOptions"]["version"]) == (201, "sha512/256")


@pytest.mark.parametrize("taken", [{"userId": "ada"}, {"email": "ADA@example.test"}])
def test_what_is_taken_is_refused(team: TeamApi, tables: Tables, taken: dict[str, str]) -> None:
    bring(team, MD5)
    before = tables.everything()

    answer = team.post("/users/md5", {**body(MD5), "userId": "bob", "email": "bob@example.test", **taken})

    assert_refused(answer, 409, "user_already_exists")
    assert tables.everything() == before


def test_nobody_has_the_name_of_a_path_for_an_id(team: TeamApi, api: Api, tables: Tables) -> None:
    """API Gateway knows a path by its fixed parts first: such a user could not be read, blocked or deleted."""
    paths = {path for routes in ROUTES for served in routes.served for path in served.paths}
    fixed = {path.split("/")[2] for path in paths if path.startswith("/users/")} - {"{userId}"}

    assert fixed <= set(ids.PLACES)
    for place in fixed:
        account = {"userId": place, "email": EMAIL, "password": "correct horse"}
        assert_refused(team.post("/users", account), 400, "general_argument_invalid")
        assert_refused(api.post("/account", account), 400, "general_argument_invalid")
    assert tables.items("users") == []
