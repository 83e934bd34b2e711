"""The code that the team's own server reads and delivers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag

from chalicelib.factors.custom import Custom
from chalicelib.factors.factor import Proof, Refusal
from chalicelib.models import Challenge, User
from chalicelib.security import encryption
from chalicelib.storage import keys
from chalicelib.storage.writes import Update
from tests.support.inputs import full_width

ANN = User(id="ann", created=1, updated=1, accessed=1, generation=1)


pytestmark = pytest.mark.usefixtures("bare")


@pytest.fixture
def challenge(bare: None) -> Challenge:
    kept = Custom().begin(ANN, "c1", "en").sealed_answer
    return Challenge(
        id="c1", user_id="ann", session_id="s", factor="custom", created=1, expire=2, ttl=1, sealed_answer=kept
    )


def test_right_code_passes_and_spends_nothing_but_its_challenge(challenge: Challenge) -> None:
    proof = Custom().check(Custom().code_of(challenge), ANN, challenge, None)

    assert isinstance(proof, Proof)
    update = Update(keys.user("ann")).set("updated", 1)
    assert (proof.spend(update), proof.writes) == (update, ())


@pytest.mark.parametrize("spell", [full_width, lambda code: f"{code}-", lambda code: code[:5], lambda code: ""])
def test_only_the_code_itself_is_right(challenge: Challenge, spell: object) -> None:
    code = Custom().code_of(challenge)
    assert callable(spell)

    assert Custom().check(spell(code), ANN, challenge, None) is Refusal.WRONG
    assert Custom().check(f"{(int(code) + 1) % 10**6:06d}", ANN, challenge, None) is Refusal.WRONG


def test_what_is_no_code_is_wrong_even_if_it_was_kept(challenge: Challenge) -> None:
    other = replace(challenge, sealed_answer=encryption.encrypt(b"letter", challenge.id))

    assert Custom().check("letter", ANN, other, None) is Refusal.WRONG


def test_code_is_six_digits_read_back_with_its_own_challenge_only(challenge: Challenge) -> None:
    code = Custom().code_of(challenge)

    assert len(code) == 6
    assert code.isdigit()
    assert code.encode() not in challenge.sealed_answer
    with pytest.raises(InvalidTag):
        Custom().code_of(replace(challenge, id="c2"))


def test_nothing_is_sent_or_shown_by_us_and_everybody_has_it() -> None:
    begun = Custom().begin(ANN, "c1", "en")

    assert (begun.send, begun.shown) == (None, {})
    assert Custom().enrolled(ANN) is True
    assert Custom.proof == ""
