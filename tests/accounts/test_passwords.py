"""A password is the same one in every form of its characters, wherever it is set and typed. SP 800-63B-4 3.1.1.2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api import ROUTES
from chalicelib.api.users.imports import IMPORTS
from chalicelib.runtime import container
from chalicelib.schema import schema_of
from chalicelib.security import hashing, passwords
from chalicelib.storage import keys
from chalicelib.web.parameters import or_empty
from tests.support.api import KEY, Answer, Api, TeamApi, assert_refused
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.sign_in import try_password
from tests.support.tables import Tables

COMPOSED, DECOMPOSED, WIDE = "caf\u00e9 1 cr\u00e8me", "cafe\u0301 1 cre\u0300me", "caf\u00e9\u3000\uff11 cr\u00e8me"
FORMS = [COMPOSED, DECOMPOSED, WIDE]
SHORT = {
    "8 bytes": "\u00e4" * 4,
    "7 letters": "\u00e4" * 7,
    "7 letters, taken apart": "e\u0301" * 7,
    "7 symbols": "\U0001f370" * 7,
    "18 letters in one": "\ufdfa",
}
UNFIT = {
    "257 letters": "\u00e4" * 257,
    "257 letters, taken apart": "e\u0301" * 257,
    "257 symbols": "\U0001f370" * 257,
    "marks": "\u0301" * 3000,
    "half surrogates": "\ud800" * 8,
    "half surrogate at the end": "treehouse\udfff",
    "half surrogate within": "\U0001f370\udf70treehouse",
    "NUL": "tree\0house",
}


def sign_up(api: Api, password: Any) -> Answer:
    return api.post("/account", {"userId": "zoe", "email": "zoe@example.test", "password": password})


def made_by_team(api: Api, password: Any) -> Answer:
    return api.post("/users", {"userId": "zoe", "email": "zoe@example.test", "password": password}, key=KEY)


def changed(person: Person, password: Any, old: Any = PASSWORD) -> Answer:
    return person.patch("/account/password", {"password": password, "oldPassword": old})


def new_email(person: Person, password: Any) -> Answer:
    return person.patch("/account/email", {"email": "next@example.test", "password": password})


def new_phone(person: Person, password: Any) -> Answer:
    return person.patch("/account/phone", {"phone": "+491511234567", "password": password})


@pytest.fixture
def reset(person: Person, run_jobs: Callable[[], int]) -> Callable[[Any], Answer]:
    """Set the password of `person` by a link."""
    assert person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    proof = {"userId": person.id, "secret": person.mailed_secret()}
    return lambda password: person.api.put("/account/recovery", {**proof, "password": password})


@pytest.fixture
def bare(person: Person, team: TeamApi) -> Person:
    """Somebody without a password, whom the team signed in."""
    assert team.post("/users", {"userId": "bare", "email": "bare@example.test"}).status == 201
    session = team.post("/users/bare/sessions").json["secret"]
    return replace(person, id="bare", email="bare@example.test", session=session)


@pytest.mark.parametrize("typed", FORMS)
@pytest.mark.parametrize("kept", FORMS)
@pytest.mark.parametrize("create", [sign_up, made_by_team])
def test_account_opens_for_every_form(api: Api, create: Callable[[Api, Any], Answer], kept: str, typed: str) -> None:
    assert create(api, kept).status == 201

    assert try_password(api, "zoe@example.test", typed).status == 201


@pytest.mark.parametrize("typed", FORMS)
@pytest.mark.parametrize("kept", FORMS)
def test_changed_password_is_good_in_every_form(person: Person, kept: str, typed: str) -> None:
    assert changed(person, kept).status == 200

    assert try_password(person.api, person.email, typed).status == 201
    assert new_email(person, typed).status == 200
    assert new_phone(person, typed).status == 200
    assert changed(person, PASSWORD, old=typed).status == 200
    assert_refused(try_password(person.api, "next@example.test", typed), 401, "user_invalid_credentials")


@pytest.mark.parametrize("typed", FORMS)
@pytest.mark.parametrize("kept", FORMS)
def test_reset_password_is_good_in_every_form(
    person: Person, reset: Callable[[Any], Answer], kept: str, typed: str
) -> None:
    assert reset(kept).status == 200

    assert try_password(person.api, person.email, typed).status == 201


@pytest.mark.parametrize("typed", FORMS)
@pytest.mark.parametrize("kept", FORMS)
def test_first_password_is_good_in_every_form(bare: Person, kept: str, typed: str) -> None:
    assert new_phone(bare, kept).status == 200

    assert try_password(bare.api, bare.email, typed).status == 201


def test_hash_of_what_was_typed_is_good_for_changes_too(person: Person, tables: Tables) -> None:
    """As hashes were made before passwords were normalized. The sign-in renews them, no other act."""
    before = container.get("argon2", hashing._build_hasher).hash(DECOMPOSED)
    tables.change(keys.user(person.id), password=before)

    assert new_email(person, DECOMPOSED).status == 200
    assert_refused(new_phone(person, COMPOSED), 401, "user_invalid_credentials")
    assert new_phone(person, DECOMPOSED).status == 200
    assert tables.item(keys.user(person.id))["password"] == before
    assert changed(person, COMPOSED, old=DECOMPOSED).status == 200


@pytest.mark.parametrize("password", [*SHORT.values(), *UNFIT.values()], ids=[*SHORT, *UNFIT])
def test_unfit_password_is_set_nowhere(
    person: Person, bare: Person, tables: Tables, reset: Callable[[Any], Answer], password: str
) -> None:
    before = tables.everything()
    acts: list[Callable[[Any], Answer]] = [
        lambda password: sign_up(person.api, password),
        lambda password: made_by_team(person.api, password),
        lambda password: changed(person, password),
        lambda password: new_email(bare, password),
        lambda password: new_phone(bare, password),
        reset,
    ]

    for act in acts:
        answer = act(password)
        assert_refused(answer, 400, "general_argument_invalid")
        assert password not in answer.json["message"]

    assert without_limits(tables.everything()) == without_limits(before)


@pytest.mark.parametrize("password", UNFIT.values(), ids=UNFIT)
def test_unfit_password_is_typed_nowhere(person: Person, password: str) -> None:
    answers = [new_email(person, password), new_phone(person, password), changed(person, COMPOSED, old=password)]

    for answer in [try_password(person.api, person.email, password), *answers]:
        assert_refused(answer, 400, "general_argument_invalid")


def without_limits(tables: dict[str, Any]) -> dict[str, Any]:
    """Requests are counted, whatever comes of them."""
    return {name: items for name, items in tables.items() if not name.endswith("limits")}


@pytest.mark.parametrize("known", [True, False])
def test_wrong_password_in_two_forms_is_one_of_the_budget(people: People, api: Api, known: bool) -> None:
    person = people.new()
    email = person.email if known else "nobody@example.test"
    for _ in range(10):
        assert_refused(try_password(api, email, DECOMPOSED), 401, "user_invalid_credentials")

    assert_refused(try_password(api, email, DECOMPOSED), 429, "general_rate_limit_exceeded")


def test_wrong_old_password_in_two_forms_is_one_of_the_budget(person: Person) -> None:
    for _ in range(10):
        assert_refused(new_email(person, DECOMPOSED), 401, "user_invalid_credentials")

    assert_refused(new_email(person, PASSWORD), 429, "general_rate_limit_exceeded")


def test_every_password_is_read_by_one_of_the_rules_for_it() -> None:
    rules = (passwords.new_password, passwords.known_password)
    parameters = [
        (served.method, served.definition.path, name, parameter.rule)
        for routes in ROUTES
        for served in routes.served
        for name, parameter in served.definition.params.items()
        if "password" in name.lower() and served.definition.path.removeprefix("/users/") not in IMPORTS  # hashes
    ]

    assert len(parameters) >= 8
    schemas = [schema_of(rule) for each in rules for rule in (each, or_empty(each))]
    assert [each for each in parameters if schema_of(each[-1]) not in schemas] == []
