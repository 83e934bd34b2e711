"""Values and records come back from the table as they went into it."""

from __future__ import annotations

from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.models import Challenge, Session, Token, User
from chalicelib.storage.items import attributes, marshal, marshal_item, record, unmarshal, unmarshal_item

text = some.text(max_size=20)
numbers = some.integers(-(10**37), 10**37)
sets = some.frozensets(text, min_size=1, max_size=5)
plain = text | numbers | some.booleans() | some.binary(max_size=20) | sets
values: some.SearchStrategy[Any] = some.recursive(
    plain,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)

USER = User(id="ada", created=1, updated=2, accessed=3, generation=4)


def typed(value: Any) -> Any:
    """With the types spelled out, since True == 1 in Python."""
    if isinstance(value, dict):
        return {name: typed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [typed(member) for member in value]
    return type(value).__name__, value


@given(values)
def test_value_comes_back_as_it_went(value: Any) -> None:
    assert typed(unmarshal(marshal(value))) == typed(value)


@given(values)
def test_form_is_that_of_the_official_serializer(value: Any) -> None:
    ours, theirs = (
        TypeDeserializer().deserialize(marshal(value)),
        TypeDeserializer().deserialize(TypeSerializer().serialize(value)),
    )

    assert ours == theirs


@given(some.dictionaries(text, values, max_size=5))
def test_item_comes_back_as_it_went(item: dict[str, Any]) -> None:
    assert typed(unmarshal_item(marshal_item(item))) == typed(item)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (True, {"BOOL": True}),
        (1, {"N": "1"}),
        ("1", {"S": "1"}),
        (b"1", {"B": b"1"}),
        ({"b", "a"}, {"SS": ["a", "b"]}),
        ((1, "x"), {"L": [{"N": "1"}, {"S": "x"}]}),
        ({"a": {"b": []}}, {"M": {"a": {"M": {"b": {"L": []}}}}}),
    ],
)
def test_every_kind_has_its_form(value: Any, raw: dict[str, Any]) -> None:
    assert marshal(value) == raw


@pytest.mark.parametrize("value", [None, 1.5, object()])
def test_what_has_no_place_in_a_table_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="has no place in a table"):
        marshal(value)


def test_what_is_empty_by_default_takes_no_room() -> None:
    kept = attributes(USER)

    assert set(kept) == {
        "id", "created", "updated", "accessed", "generation", "password_updated", "blocked_at",
        "password_scheme", "targets", "authenticators", "sessions", "tokens", "sent", "guesses_forgiven",
        "passkeys", "pending_passkeys",
    }  # fmt: skip
    assert vars(record(User, kept)) == vars(USER)


@pytest.mark.parametrize(
    "kept",
    [
        User(
            id="ada", created=1, updated=2, accessed=3, generation=0, name="Ada", email="a@x.test", email_verified=True,
            phone="+4915112345678", phone_verified=True, blocked=True, labels=["a"], password="hash",
            password_updated=5, mfa=True,
            targets={"email": {"id": "t", "created": 1}}, recovery_codes=frozenset({"abc"}),
            authenticators={"totp": {"secret": b"s", "verified": False, "step": 0}}, sessions={"s": 2},
            tokens={"email": {"digest": b"d", "attempts": 0}}, sent={"email": 9},
        ),
        Session(
            id="s", user_id="ada", created=1, updated=1, expire=2, ttl=0, generation=0, secret_digest=b"x",
            provider="email",
        ),
        Challenge(id="c", user_id="ada", session_id="s", factor="totp", created=0, expire=2, ttl=0),
        Token(id="t", created=1, expire=2, address="a@x.test", digest=b"d"),
    ],
    ids=lambda kept: type(kept).__name__,
)  # fmt: skip
def test_record_comes_back_from_its_item(kept: Any) -> None:
    assert vars(record(type(kept), unmarshal_item(marshal_item(attributes(kept))))) == vars(kept)


def test_zero_and_empty_maps_are_kept_for_conditions_and_nested_updates() -> None:
    challenge = Challenge(id="c", user_id="ada", session_id="s", factor="totp", created=0, expire=2, ttl=0)

    assert attributes(challenge)["attempts"] == 0
    assert attributes(USER)["sessions"] == {}


def test_attributes_of_a_later_version_are_passed_over() -> None:
    assert vars(record(User, {**attributes(USER), "pk": "user#ada", "from_the_future": 1})) == vars(USER)
