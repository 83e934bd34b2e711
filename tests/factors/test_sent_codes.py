"""Codes by e-mail and SMS: who can be asked for one, what is kept of it, and which one is right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import ApiError
from chalicelib.factors import sent_codes
from chalicelib.factors.email_code import EmailCode
from chalicelib.factors.factor import Factor, Proof, Refusal
from chalicelib.factors.phone_code import PhoneCode
from chalicelib.models import Challenge, User
from chalicelib.runtime import container
from chalicelib.security import encryption
from chalicelib.storage import keys
from chalicelib.storage.writes import Update
from tests.support.inputs import full_width
from tests.support.person import People
from tests.support.tables import Tables

ANN = User(id="ann", created=1, updated=1, accessed=1, generation=1)
MAIL: dict[str, Any] = {"email": "ann@example.test", "email_verified": True}
PHONE: dict[str, Any] = {"phone": "+4915112345678", "phone_verified": True}
FACTORS: list[tuple[Factor, dict[str, Any]]] = [(EmailCode(), MAIL), (PhoneCode(), PHONE)]

each = pytest.mark.parametrize(("factor", "address"), FACTORS, ids=["email", "phone"])


def changed(user: User, **changes: Any) -> User:
    return replace(user, **changes)


def test_same_code_looks_different_in_every_challenge(people: People, tables: Tables) -> None:
    person = people.new(email_verified=True)

    with container.override("random", bytes):
        first = person.challenge("email")
        person.clock.advance(seconds=31)
        second = person.challenge("email")

    assert [mail["code"] for mail in person.mails()[:2]] == ["000000", "000000"]
    kept = [tables.item(keys.challenge(challenge))["kept"] for challenge in (first, second)]
    assert kept[0] != kept[1]
    assert {len(value) for value in kept} == {33}


# By themselves, without AWS


def opened(factor: Factor, user: User) -> tuple[Challenge, str]:
    """A challenge of the factor to the user, and its code, which is taken out instead of being sent."""
    sent: list[str] = []
    address = user.email if factor.channel == "email" else user.phone
    begun = sent_codes.begin(user, "c1", address, sent.append)
    assert sent == []
    assert begun.send is not None
    begun.send()
    challenge = Challenge(
        id="c1",
        user_id=user.id,
        session_id="s",
        factor=factor.name,
        created=1,
        expire=2,
        ttl=1,
        sealed_answer=begun.sealed_answer,
    )
    return challenge, sent[0]


@pytest.mark.usefixtures("bare")
@each
def test_right_code_frees_the_channel_that_it_went_through(factor: Factor, address: dict[str, Any]) -> None:
    user = changed(ANN, **address)
    challenge, code = opened(factor, user)

    proof = factor.check(code, user, challenge, None)

    assert isinstance(proof, Proof)
    assert proof.writes == ()
    request = proof.spend(Update(keys.user(user.id))).request()
    assert request["UpdateExpression"] == "REMOVE #2.#0"
    assert request["ConditionExpression"] == "#0 = :0 AND #1 = :1"  # where it went is the user's proven address still
    assert request["ExpressionAttributeNames"] == {
        "#0": factor.channel,
        "#1": f"{factor.channel}_verified",
        "#2": "sent",
    }
    assert request["ExpressionAttributeValues"] == {":0": {"S": address[factor.channel]}, ":1": {"BOOL": True}}


@pytest.mark.usefixtures("bare")
@each
def test_code_is_bound_to_challenge_user_and_address(factor: Factor, address: dict[str, Any]) -> None:
    user = changed(ANN, **address)
    challenge, code = opened(factor, user)
    kind = factor.channel

    for others, questions in (
        (user, replace(challenge, id="c2")),
        (replace(user, id="bob"), challenge),
        (changed(user, **{kind: "+4915112345679"}), challenge),
    ):
        assert factor.check(code, others, questions, None) is Refusal.WRONG
    assert isinstance(factor.check(code, user, challenge, None), Proof)


@pytest.mark.usefixtures("bare")
@each
def test_what_is_kept_names_its_purpose(factor: Factor, address: dict[str, Any]) -> None:
    """So that the code of a challenge stands for no sign-in and no verification, and a next release still knows it."""
    challenge, code = opened(factor, changed(ANN, **address))

    assert encryption.hash_matches(challenge.sealed_answer, "challenge", "c1", "ann", address[factor.channel], code)


@pytest.mark.usefixtures("bare")
@each
def test_code_for_an_address_that_is_verified_no_more_is_wrong(factor: Factor, address: dict[str, Any]) -> None:
    user = changed(ANN, **address)
    challenge, code = opened(factor, user)

    assert factor.check(code, changed(user, **{f"{factor.channel}_verified": False}), challenge, None) is Refusal.WRONG


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("spell", [full_width, lambda code: f"-{code}", lambda code: f"{code}_", lambda code: ""])
@each
def test_nothing_but_the_code_is_right(factor: Factor, address: dict[str, Any], spell: Any) -> None:
    user = changed(ANN, **address)
    challenge, code = opened(factor, user)

    assert factor.check(spell(code), user, challenge, None) is Refusal.WRONG
    assert factor.check(f"{(int(code) + 1) % 10**6:06d}", user, challenge, None) is Refusal.WRONG


@pytest.mark.usefixtures("bare")
def test_only_six_digits_are_a_code_even_where_something_else_was_kept() -> None:
    user = changed(ANN, **MAIL)
    challenge, _ = opened(EmailCode(), user)
    bound = ("challenge", challenge.id, user.id, user.email)
    kept = replace(challenge, sealed_answer=encryption.keyed_hash(*bound, "letter"))

    assert encryption.hash_matches(kept.sealed_answer, *bound, "letter")
    assert sent_codes.check("letter", user, kept, user.email) is Refusal.WRONG


@each
def test_only_a_verified_address_is_a_factor(factor: Factor, address: dict[str, Any]) -> None:
    kind = factor.channel

    assert factor.enrolled(changed(ANN, **address)) is True
    assert factor.enrolled(changed(ANN, **{kind: address[kind]})) is False
    assert factor.enrolled(changed(ANN, **{f"{kind}_verified": True})) is False
    assert factor.enrolled(ANN) is False


@each
def test_who_lacks_the_address_is_told_which_and_sent_nothing(factor: Factor, address: dict[str, Any]) -> None:
    kind = factor.channel
    for user, lack in ((ANN, "not_found"), (changed(ANN, **{kind: address[kind]}), "not_verified")):
        with pytest.raises(ApiError) as caught:
            factor.begin(user, "c1", "")
        assert (caught.value.status, caught.value.type) == (400, f"user_{kind}_{lack}")
