"""How many wrong second-factor answers a user may give: over all challenges, sessions and factors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf

import pytest

from chalicelib.runtime import container, settings
from tests.support.api import Answer, assert_refused, at_once, outcomes
from tests.support.clock import Clock
from tests.support.faults import meanwhile
from tests.support.person import RETURN_URL, People, Person

PER_HOUR = 10
PER_DAY = 50


@pytest.fixture
def owner(people: People) -> Person:
    """Somebody with MFA in force and a complete session."""
    person = people.new(authenticator=True, email_verified=True, recovery_codes=True, mfa=True)
    person.clock.advance(minutes=2)
    return person


def thief_of_password(owner: Person) -> Person:
    """Whoever signs in with the owner's password: a half session."""
    thief = Person(owner.api, owner.inbox, owner.clock, owner.id, owner.email, owner.password)
    thief.sign_in()
    return thief


def guess(thief: Person, factor: str = "totp") -> Answer:
    """A wrong answer to a fresh challenge."""
    return thief.answer(thief.challenge(factor), "000000" if factor == "totp" else "zzzz-zzzz-zzzz-zzzz")


def use_up(owner: Person, guesses: int = PER_HOUR) -> None:
    thief = thief_of_password(owner)
    for _ in range(guesses):
        assert_refused(guess(thief), 401, "user_invalid_token")


def test_budget_is_one_for_all_challenges_sessions_and_factors(owner: Person) -> None:
    for number in range(PER_HOUR):
        thief = thief_of_password(owner)
        assert_refused(guess(thief, ("totp", "recoveryCode")[number % 2]), 401, "user_invalid_token")

    assert_refused(guess(thief_of_password(owner)), 429, "general_rate_limit_exceeded")


def test_right_answer_is_refused_as_well_once_it_is_gone(owner: Person) -> None:
    use_up(owner)
    thief = thief_of_password(owner)

    answer = thief.answer(thief.challenge("recoveryCode"), owner.recovery_codes[0])

    assert_refused(answer, 429, "general_rate_limit_exceeded")
    assert 0 < int(answer.header("Retry-After") or 0) <= 3600


def test_complete_sessions_live_on(owner: Person) -> None:
    use_up(owner)

    assert owner.get("/account").status == 200


def test_right_answer_does_not_refill_it(owner: Person) -> None:
    use_up(owner, PER_HOUR - 1)
    owner.pass_challenge("recoveryCode")

    assert_refused(guess(owner), 401, "user_invalid_token")
    assert_refused(guess(owner), 429, "general_rate_limit_exceeded")


def test_spent_code_is_not_counted(owner: Person) -> None:
    code = owner.recovery_codes[0]
    owner.pass_challenge("recoveryCode")
    for _ in range(PER_HOUR):
        assert_refused(owner.answer(owner.challenge("recoveryCode"), code), 401, "user_invalid_token")

    owner.pass_challenge("recoveryCode")


def test_it_comes_back_an_hour_after_each_wrong_answer(owner: Person, clock: Clock) -> None:
    use_up(owner, PER_HOUR - 1)
    clock.advance(minutes=30)
    thief = thief_of_password(owner)
    assert_refused(guess(thief), 401, "user_invalid_token")
    assert_refused(guess(thief), 429, "general_rate_limit_exceeded")

    clock.advance(minutes=31)
    thief = thief_of_password(owner)
    for _ in range(PER_HOUR - 1):
        assert_refused(guess(thief), 401, "user_invalid_token")
    assert_refused(guess(thief), 429, "general_rate_limit_exceeded")


def test_a_day_has_a_budget_of_its_own(owner: Person, clock: Clock) -> None:
    for _ in range(PER_DAY // PER_HOUR):
        use_up(owner)
        clock.advance(minutes=61)

    answer = guess(thief_of_password(owner))

    assert_refused(answer, 429, "general_rate_limit_exceeded")
    assert int(answer.header("Retry-After") or 0) > 3600
    clock.advance(days=1)
    use_up(owner)


def reset(owner: Person, run_jobs: Callable[[], int]) -> None:
    """What whoever reads the mailbox can do."""
    owner.inbox.clear()
    assert owner.api.post("/account/recovery", {"email": owner.email, "url": RETURN_URL}).status == 201
    run_jobs()
    text = next(mail["text"] for mail in owner.mails() if "Password Reset" in mail["subject"])
    body = {"userId": owner.id, "secret": text.split("secret=")[1].split("&")[0], "password": "another password"}
    assert owner.api.put("/account/recovery", body).status == 200
    owner.password = "another password"


def test_reset_through_the_mailbox_makes_it_fresh(owner: Person, run_jobs: Callable[[], int]) -> None:
    use_up(owner)
    owner.clock.advance(seconds=1)

    reset(owner, run_jobs)

    owner.sign_in()
    owner.pass_challenge("recoveryCode")


def test_reset_makes_it_fresh_once_a_day_and_the_budget_of_the_day_never(
    owner: Person, clock: Clock, run_jobs: Callable[[], int]
) -> None:
    """Whoever reads the mailbox had 2,400 guesses a day."""
    for judged in (PER_HOUR, PER_HOUR, 0):
        for _ in range(judged):
            assert_refused(guess(thief_of_password(owner)), 401, "user_invalid_token")
        assert_refused(guess(thief_of_password(owner)), 429, "general_rate_limit_exceeded")
        clock.advance(seconds=31)
        reset(owner, run_jobs)
    for _ in range(3):
        clock.advance(minutes=61)
        use_up(owner)
    clock.advance(minutes=61)
    reset(owner, run_jobs)

    refused = guess(thief_of_password(owner))

    assert_refused(refused, 429, "general_rate_limit_exceeded")
    assert int(refused.header("Retry-After") or 0) > 3600, "by the budget of the day"


def test_guesses_at_other_peoples_challenges_do_not_burn_it(owner: Person, people: People) -> None:
    stranger = people.new(authenticator=True)
    challenge = owner.challenge("totp")
    for _ in range(PER_HOUR):
        assert_refused(stranger.answer(challenge, "000000"), 401, "user_invalid_token")

    owner.pass_challenge("recoveryCode")


@pytest.mark.race
def test_parallel_guesses_are_judged_no_more_often(owner: Person) -> None:
    thieves = [thief_of_password(owner) for _ in range(4)]
    challenges = [(thief, thief.challenge("totp")) for thief in thieves for _ in range(4)]

    answers = at_once(64, lambda number: challenges[number % 16][0].answer(challenges[number % 16][1], "000000"))

    judged = [answer for answer in answers if answer.status == 401]
    assert len(judged) == PER_HOUR
    assert {answer.status for answer in answers} <= {401, 429, 503}


@pytest.mark.race
def test_right_answer_counts_only_within_the_budget_it_was_judged_with(owner: Person) -> None:
    """The tenth wrong answer is counted while the right one, to another challenge, is being judged."""

    challenge = owner.challenge("recoveryCode")
    with meanwhile(lambda: use_up(owner), times=inf):
        answer = owner.answer(challenge, owner.recovery_codes[0])

    assert_refused(answer, 429, "general_rate_limit_exceeded")


# The whole attack (AuthQuake): 16 sessions at once, fresh challenges, changing addresses, for an hour


def elsewhere(owner: Person, turn: int, number: int) -> Person:
    return replace(owner, api=owner.api.at(f"127.0.{turn + 1}.{number + 1}"))


def attack(owner: Person, turn: int, sessions: list[str], number: int) -> Answer:
    """A guess from an address of its own; where there is no challenge to be had, what says so."""
    thief = replace(elsewhere(owner, turn, number), session=sessions[number])
    factor, wrong = (("totp", "000000"), ("recoveryCode", "0000-0000-0000-0000"))[number % 2]
    begun = thief.post("/account/mfa/challenges", {"factor": factor})
    return thief.answer(begun.json["$id"], wrong) if begun.status == 201 else begun


@pytest.mark.race
@pytest.mark.parametrize("half_sessions", [5, 16])
def test_whoever_has_the_password_gets_ten_guesses_an_hour_and_the_owner_is_told(
    owner: Person, run_jobs: Callable[[], int], half_sessions: int
) -> None:
    answers: list[Answer] = []
    run_jobs()
    owner.inbox.clear()
    with container.override("config", replace(settings.config(), half_session_limit=half_sessions)):
        for turn in range(4):
            sessions = [thief_of_password(elsewhere(owner, turn, number)).session for number in range(16)]
            answers += at_once(16, partial(attack, owner, turn, sessions))
            owner.clock.advance(minutes=14)

    told = outcomes(answers)
    assert told.pop("user_invalid_token") == PER_HOUR
    ended = {"general_unauthorized_scope"} if half_sessions < 16 else set()
    assert set(told) - {"general_service_unavailable"} == {"general_rate_limit_exceeded", *ended}
    run_jobs()
    [notice] = owner.mails()
    assert "too many wrong verification codes" in notice["text"]
    assert owner.get("/account").status == 200
