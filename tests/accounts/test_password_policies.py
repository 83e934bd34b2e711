"""What the project asks of a password holds wherever one is set. A refusal changes nothing and uses nothing up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.storage import keys
from tests.support.api import KEY, Answer, TeamApi, assert_refused
from tests.support.clock import Clock
from tests.support.cost import counted
from tests.support.faults import meanwhile
from tests.support.person import PASSWORD, RETURN_URL, People, Person
from tests.support.sign_in import try_password
from tests.support.tables import Tables

GOOD, OTHER = "another password", "a third password"
NAME, NUMBER = "Ada Byron-King", "+491511234567"
Setter = Callable[[str], Answer]


@pytest.fixture
def setters(
    person: Person, people: People, team: TeamApi, tables: Tables, run_jobs: Callable[[], int]
) -> dict[str, Setter]:
    """Every way to set a password, each for somebody called Ada Byron-King with that mailbox: by what it asks."""
    api, other = person.api, people.new(name=NAME)
    tables.change(keys.user(person.id), name=NAME, phone=NUMBER)
    asked = api.post("/account/recovery/otp", {"email": other.email})
    run_jobs()
    code = {"userId": asked.json["userId"], "secret": other.mailed_code()}
    for user_id in ("mail", "phone"):
        assert team.post("/users", {"userId": f"bare.{user_id}", "name": NAME, "phone": None}).status == 201
    sessions = {kind: team.post(f"/users/bare.{kind}/sessions").json["secret"] for kind in ("mail", "phone")}
    assert api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    proof = {"userId": person.id, "secret": person.mailed_secret()}
    new = {"userId": "some.body", "email": "lovelace@example.test", "name": NAME}
    return {
        "sign-up": lambda password: api.post("/account", {**new, "password": password}),
        "by the team": lambda password: api.post("/users", {**new, "phone": NUMBER, "password": password}, key=KEY),
        "change by the team": lambda password: team.patch(f"/users/{person.id}/password", {"password": password}),
        "change": lambda password: person.patch("/account/password", {"password": password, "oldPassword": PASSWORD}),
        "first, with an e-mail address": lambda password: api.patch(
            "/account/email", {"email": "first@example.test", "password": password}, session=sessions["mail"]
        ),
        "first, with a number": lambda password: api.patch(
            "/account/phone", {"phone": "+4915112345679", "password": password}, session=sessions["phone"]
        ),
        "link": lambda password: api.put("/account/recovery", {**proof, "password": password}),
        "code": lambda password: api.put("/account/recovery/otp", {**code, "password": password}),
    }


def set_policy(team: TeamApi, policy: str, **values: Any) -> None:
    answer = team.patch(f"/project/policies/{policy}", values)
    assert answer.status == 200, answer.text


def refused_everywhere(setters: dict[str, Setter], tables: Tables, password: str, type_: str) -> None:
    before = without_limits(tables)
    for name, set_password in setters.items():
        answer = set_password(password)
        assert (answer.status, answer.json["type"]) == (400, type_), (name, answer.text)
        assert password not in answer.json["message"]
    assert without_limits(tables) == before


def taken_everywhere(setters: dict[str, Setter], password: str) -> None:
    """A change and a link follow one another badly, and so do two who sign up with one address."""
    for name in ("sign-up", "change", "first, with an e-mail address", "first, with a number"):
        answer = setters[name](password)
        assert answer.status in (200, 201), (name, answer.text)


def without_limits(tables: Tables) -> dict[str, Any]:
    """Requests are counted, whatever comes of them."""
    return {name: items for name, items in tables.everything().items() if not name.endswith("limits")}


def change(person: Person, password: str, old: str) -> Answer:
    return person.patch("/account/password", {"password": password, "oldPassword": old})


# Common passwords


@pytest.mark.parametrize("password", ["password1", "PassWord1", "\uff30assword\uff11", "qwertyuiop", "iloveyou"])
def test_common_password_is_set_nowhere(setters: dict[str, Setter], tables: Tables, password: str) -> None:
    refused_everywhere(setters, tables, password, "general_argument_invalid")


@pytest.mark.parametrize("way", ["link", "code"])
def test_proof_is_good_after_a_password_was_refused(setters: dict[str, Setter], way: str) -> None:
    assert_refused(setters[way]("password1"), 400, "general_argument_invalid")

    assert setters[way](GOOD).status == 200
    assert_refused(setters[way](OTHER), 401, "user_invalid_token")


def test_refused_password_does_not_tell_who_exists(person: Person) -> None:
    new = {"userId": "zoe", "email": "zoe@example.test", "password": "password1"}

    answers = [person.api.post("/account", {**new, **known}) for known in ({}, {"email": person.email})]
    answers += [person.api.post("/account", {**new, "userId": person.id})]

    assert {(answer.status, answer.content) for answer in answers} == {(400, answers[0].content)}


def test_policy_is_not_told_to_whoever_lacks_the_secret(person: Person) -> None:
    body = {"userId": person.id, "secret": "0" * 256, "password": "password1"}

    assert_refused(person.api.put("/account/recovery", body), 401, "user_invalid_token")


def test_words_of_the_project_are_refused_in_any_capitals(
    setters: dict[str, Setter], tables: Tables, team: TeamApi
) -> None:
    set_policy(team, "password-dictionary", enabled=True, denyList=["Example Works 2026"])

    refused_everywhere(setters, tables, "example works 2026", "general_argument_invalid")
    taken_everywhere(setters, "example works 2027")


def test_list_of_words_stays_until_another_is_sent(team: TeamApi) -> None:
    set_policy(team, "password-dictionary", enabled=True, denyList=["acme"])
    set_policy(team, "password-dictionary", enabled=False)

    policy = team.get("/project/policies/password-dictionary").json
    assert (policy["enabled"], policy["denyList"]) == (False, ["acme"])

    set_policy(team, "password-dictionary", enabled=False, denyList=[])
    assert team.get("/project/policies/password-dictionary").json["denyList"] == []


@pytest.mark.parametrize("listed", ["acme", ["a"] * 101, [""], ["a" * 257], [1], [None], {"a": "b"}])
@pytest.mark.parametrize("policy", ["password-dictionary", "password-personal-data"])
def test_list_that_is_none_is_refused(team: TeamApi, policy: str, listed: Any) -> None:
    answer = team.patch(f"/project/policies/{policy}", {"enabled": True, "denyList": listed})

    assert_refused(answer, 400, "general_argument_invalid")
    assert team.get(f"/project/policies/{policy}").json["denyList"] == []


def test_policy_that_is_off_refuses_no_common_password(setters: dict[str, Setter], team: TeamApi) -> None:
    set_policy(team, "password-dictionary", enabled=False)

    taken_everywhere(setters, "password1")


def test_parity_leaves_the_policy_off_until_it_is_switched_on(person: Person, team: TeamApi) -> None:
    with container.override("config", replace(settings.config(), parity=frozenset({"weak-passwords"}))):
        assert team.get("/project/policies/password-dictionary").json["enabled"] is False
        set_policy(team, "session-alert", enabled=True)  # which writes the project's record for the first time
        assert change(person, "password1", PASSWORD).status == 200

        set_policy(team, "password-dictionary", enabled=True)
        assert_refused(change(person, "password2", "password1"), 400, "general_argument_invalid")


# Strength


@pytest.mark.parametrize(
    ("policy", "weak", "missing", "strong"),
    [
        ({"min": 20}, "nineteen characters", "at least 20 characters", "twenty characters, 20"),
        ({"uppercase": True}, "a third password", "an uppercase letter", "A third password"),
        ({"lowercase": True}, "A THIRD PASSWORD", "a lowercase letter", "a THIRD PASSWORD"),
        ({"number": True}, "a third password", "a number", "a 3rd password"),
        ({"symbols": True}, "a third password", "a symbol", "a third_password"),
    ],
    ids=["min", "uppercase", "lowercase", "number", "symbols"],
)
def test_weak_password_is_set_nowhere(
    setters: dict[str, Setter],
    tables: Tables,
    team: TeamApi,
    policy: dict[str, Any],
    weak: str,
    missing: str,
    strong: str,
) -> None:
    set_policy(team, "password-strength", **policy)

    refused_everywhere(setters, tables, weak, "general_argument_invalid")
    assert missing in setters["change"](weak).json["message"]
    taken_everywhere(setters, strong)


def test_all_that_is_missing_is_said_at_once(person: Person, team: TeamApi) -> None:
    set_policy(team, "password-strength", min=12, uppercase=True, number=True, symbols=True)

    answer = change(person, "elevenchars", PASSWORD)

    wanted = "It needs at least 12 characters, an uppercase letter, a number, a symbol."
    assert answer.json["message"] == f"Invalid `password` param: {wanted}"


def test_change_of_strength_answers_with_the_policy(team: TeamApi) -> None:
    answer = team.patch("/project/policies/password-strength", {"min": 12, "number": True})

    expected = {"min": 12, "uppercase": False, "lowercase": False, "number": True, "symbols": False}
    assert answer.json == {"$id": "password-strength", **expected}


@pytest.mark.parametrize("least", [7, 257, "8"])
def test_length_that_nobody_could_keep_is_refused(team: TeamApi, least: Any) -> None:
    answer = team.patch("/project/policies/password-strength", {"min": least})

    assert_refused(answer, 400, "general_argument_invalid")


# Personal data


@pytest.mark.parametrize(
    ("part", "by"),
    [
        ("Ada Byron-King", "change"),
        ("my byron-KING", "change"),
        ("BYRON was here", "change"),
        ("491511234567 x", "change"),
        ("x some.body x", "sign-up"),
        ("LoveLace 1815", "sign-up"),
        ("lovelace@example.test", "sign-up"),
        ("byron-king 12", "by the team"),
        ("byron-king 12", "change by the team"),
        ("+491511234567", "by the team"),
        ("byron-king 12", "first, with an e-mail address"),
        ("first@example.test", "first, with an e-mail address"),
        ("byron-king 12", "first, with a number"),
        ("4915112345679 x", "first, with a number"),
        ("byron-king 12", "link"),
        ("byron-king 12", "code"),
        ("our ACME shop", "link"),
    ],
)
def test_password_has_nothing_personal_in_it(
    setters: dict[str, Setter], tables: Tables, team: TeamApi, part: str, by: str
) -> None:
    set_policy(team, "password-personal-data", enabled=True, denyList=["acme"])
    before = without_limits(tables)

    assert_refused(setters[by](part), 400, "password_personal_data")

    assert without_limits(tables) == before
    assert setters[by]("an adequate sentence").status in (200, 201), "Ada is too short to count"


def test_personal_data_is_let_in_where_the_policy_is_off(setters: dict[str, Setter]) -> None:
    taken_everywhere(setters, "lovelace byron-king")


# Passwords of before


@pytest.fixture
def remembering(team: TeamApi) -> int:
    set_policy(team, "password-history", total=3)
    return 3


def test_one_of_the_last_passwords_is_refused(
    person: Person, team: TeamApi, tables: Tables, remembering: int, run_jobs: Callable[[], int]
) -> None:
    words = [PASSWORD, "second password", "a third password", "password the fourth"]
    for old, new in pairwise(words):
        assert change(person, new, old).status == 200
    before = without_limits(tables)

    for used in words[1:]:
        assert_refused(change(person, used, words[-1]), 400, "password_recently_used")

    assert without_limits(tables) == before
    hashes = tables.item(keys.password_history(person.id))["hashes"]
    assert len(hashes) == remembering - 1
    assert change(person, PASSWORD, words[-1]).status == 200, "the oldest is forgotten"


def test_link_sets_none_of_the_last_passwords_and_stays_good(
    person: Person, remembering: int, run_jobs: Callable[[], int]
) -> None:
    assert change(person, GOOD, PASSWORD).status == 200
    assert person.api.post("/account/recovery", {"email": person.email, "url": RETURN_URL}).status == 201
    run_jobs()
    link = {"userId": person.id, "secret": person.mailed_secret()}

    for used in (PASSWORD, GOOD):
        assert_refused(person.api.put("/account/recovery", {**link, "password": used}), 400, "password_recently_used")

    assert person.api.put("/account/recovery", {**link, "password": OTHER}).status == 200
    assert_refused(change(person, GOOD, OTHER), 401, "general_unauthorized_scope")
    person.password = OTHER
    person.sign_in()
    for used in (PASSWORD, GOOD, OTHER):
        assert_refused(change(person, used, OTHER), 400, "password_recently_used")


def test_team_sets_none_of_the_last_passwords(person: Person, team: TeamApi, remembering: int) -> None:
    assert team.patch(f"/users/{person.id}/password", {"password": GOOD}).status == 200

    for used in (PASSWORD, GOOD):
        answer = team.patch(f"/users/{person.id}/password", {"password": used})
        assert_refused(answer, 400, "password_recently_used")


def test_shorter_history_forgets_at_once(person: Person, team: TeamApi, tables: Tables, remembering: int) -> None:
    assert change(person, GOOD, PASSWORD).status == 200
    set_policy(team, "password-history", total=1)

    assert_refused(change(person, GOOD, GOOD), 400, "password_recently_used")
    assert change(person, PASSWORD, GOOD).status == 200
    assert tables.item(keys.password_history(person.id))["hashes"] == []


def test_whoever_lacks_the_password_hears_nothing_of_those_before(person: Person, remembering: int) -> None:
    """A stolen session would else guess the password by setting it, beside the budget of wrong ones."""
    for guess in (PASSWORD, OTHER):
        assert_refused(change(person, guess, "wrong password"), 401, "user_invalid_credentials")


def test_history_is_told_only_within_the_budget_of_wrong_passwords(person: Person, remembering: int) -> None:
    """However many guesses run at once: the budget was used up after this one was let in."""

    def use_up() -> None:
        for _ in range(10):
            person.patch("/account/email", {"email": "next@example.test", "password": "wrong password"})

    with meanwhile(use_up, of="old-password"):
        answer = change(person, PASSWORD, PASSWORD)

    assert_refused(answer, 429, "general_rate_limit_exceeded")


def test_nothing_is_remembered_while_the_policy_is_off(person: Person, tables: Tables) -> None:
    with counted() as cost:
        assert change(person, GOOD, PASSWORD).status == 200
    trips = cost.trips

    assert [item for item in tables.items("users") if item["pk"].startswith("passwords#")] == []
    assert change(person, PASSWORD, GOOD).status == 200
    assert trips == 3


def test_null_switches_the_history_off(team: TeamApi, remembering: int) -> None:
    assert team.patch("/project/policies/password-history", {"total": None}).status == 200

    assert team.get("/project/policies/password-history").json["total"] == 0


@pytest.mark.parametrize("total", [-1, 21, "3", True])
def test_longer_history_is_refused(team: TeamApi, total: Any) -> None:
    assert_refused(team.patch("/project/policies/password-history", {"total": total}), 400, "general_argument_invalid")


def test_history_goes_with_the_user(person: Person, team: TeamApi, tables: Tables, remembering: int) -> None:
    assert change(person, GOOD, PASSWORD).status == 200

    assert team.delete(f"/users/{person.id}").status == 204

    assert tables.items("users") == []


def test_two_changes_at_once_remember_one_another_or_fail(person: Person, tables: Tables, remembering: int) -> None:
    """What was read of the history is a condition of what is written."""
    assert change(person, GOOD, PASSWORD).status == 200

    def other() -> None:
        tables.change(keys.password_history(person.id), hashes=["$argon2id$another"])

    with meanwhile(other, of="passwords#"):
        answer = change(person, OTHER, GOOD)

    assert_refused(answer, 503, "general_service_unavailable")
    assert try_password(person.api, person.email, GOOD).status == 201


# Passwords that have become too old


@pytest.fixture
def outdated(person: Person, team: TeamApi, clock: Clock) -> Person:
    """Somebody who signs in with a password that is a day older than may be."""
    set_policy(team, "password-rotation", enabled=True, maxAge=86_400)
    clock.advance(days=1.1)
    person.sign_in()
    return person


def test_old_password_has_to_be_changed_before_anything_else(outdated: Person) -> None:
    for method, path in [("GET", "/account"), ("PATCH", "/account/name"), ("POST", "/account/jwts")]:
        assert_refused(outdated.call(method, path), 412, "user_password_reset_required")

    assert change(outdated, GOOD, PASSWORD).status == 200
    assert outdated.get("/account").status == 200


def test_whoever_has_an_old_password_can_sign_out_and_reset_it(outdated: Person, run_jobs: Callable[[], int]) -> None:
    assert outdated.post("/account/recovery", {"email": outdated.email, "url": RETURN_URL}).status == 201
    run_jobs()
    body = {"userId": outdated.id, "secret": outdated.mailed_secret(), "password": GOOD}
    assert outdated.delete("/account/sessions/current").status == 204
    outdated.sign_in()
    assert outdated.delete("/account/sessions").status == 204
    outdated.sign_in()

    assert outdated.put("/account/recovery", body).status == 200
    assert try_password(outdated.api, outdated.email, GOOD).status == 201


def test_second_factor_is_passed_before_the_change(person: Person, team: TeamApi, clock: Clock) -> None:
    person.enrol_authenticator()
    assert person.switch_mfa(True).status == 200
    set_policy(team, "password-rotation", enabled=True, maxAge=86_400)
    clock.advance(days=1.1)
    person.sign_in()

    assert_refused(change(person, GOOD, PASSWORD), 401, "user_more_factors_required")
    person.pass_challenge()

    assert_refused(person.get("/account"), 412, "user_password_reset_required")
    assert change(person, GOOD, PASSWORD).status == 200
    assert person.get("/account").status == 200


def test_session_that_began_without_the_password_is_let_in(outdated: Person, team: TeamApi) -> None:
    outdated.session = team.post(f"/users/{outdated.id}/sessions").json["secret"]

    assert outdated.get("/account").status == 200


def test_password_may_be_as_old_as_the_policy_says(outdated: Person, team: TeamApi) -> None:
    set_policy(team, "password-rotation", maxAge=2 * 86_400)
    assert outdated.get("/account").status == 200

    set_policy(team, "password-rotation", enabled=False, maxAge=86_400)
    assert outdated.get("/account").status == 200


@pytest.mark.parametrize("seconds", [86_399, 315_360_001, "86400"])
def test_age_is_between_a_day_and_ten_years(team: TeamApi, seconds: Any) -> None:
    answer = team.patch("/project/policies/password-rotation", {"enabled": True, "maxAge": seconds})

    assert_refused(answer, 400, "general_argument_invalid")


def test_policies_for_passwords_cost_nothing_where_none_is_set(person: Person) -> None:
    with counted() as cost:
        assert person.get("/account").status == 200

    assert cost.trips == 1
