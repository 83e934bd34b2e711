"""The value that a client holds of its session: its form, and that any other value opens nothing."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.sessions.secret import decode, encode, unwrap

SESSION = "0123456789abcdef0123"
SECRET = SESSION + "f" * 64

ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}", fullmatch=True)
secrets = st.text("0123456789abcdef", min_size=84, max_size=84)
leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=90)
contents = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner), max_leaves=5
)
claims = st.fixed_dictionaries({}, optional={"id": ids | leaves, "secret": secrets | leaves, "more": leaves})


def wrapped(content: Any) -> str:
    return b64encode(json.dumps(content).encode()).decode()


def test_value_is_base64_of_the_documented_object() -> None:
    value = encode("ada", SECRET)

    assert b64decode(value) == b'{"id":"ada","secret":"' + SECRET.encode() + b'"}'


@pytest.mark.parametrize("user_id", ["a", "Ada.L_1-2", "x" * 36])
def test_value_decodes_to_what_was_encoded(user_id: str) -> None:
    held = decode(encode(user_id, SECRET))

    assert held is not None
    assert (held.user_id, held.secret, held.session_id) == (user_id, SECRET, SESSION)


def test_order_blanks_and_other_members_do_not_matter() -> None:
    assert decode(wrapped({"more": 1, "secret": SECRET, "id": "ada"})) == decode(encode("ada", SECRET))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "deleted",
        "x",
        "%%%%",
        encode("ada", SECRET)[:-2],
        encode("ada", SECRET) + "\n",
        encode("a", SECRET).rstrip("="),
        "é" + encode("ada", SECRET),
        b64encode(b"{").decode(),
        b64encode(b"\xff\xfe{}").decode(),
        b64encode(b"[" * 100_000).decode(),
        wrapped([]),
        wrapped("text"),
        wrapped(7),
        wrapped(None),
    ],
    ids=lambda value: value[:12],
)
def test_what_is_no_base64_of_an_object_does_not_decode(value: str) -> None:
    assert decode(value) is None


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"id": "ada"},
        {"secret": SECRET},
        {"id": 7, "secret": SECRET},
        {"id": ["ada"], "secret": SECRET},
        {"id": "ada", "secret": None},
        {"id": "ada", "secret": {}},
        {"id": "", "secret": SECRET},
        {"id": "a#b", "secret": SECRET},
        {"id": "_ada", "secret": SECRET},
        {"id": "x" * 37, "secret": SECRET},
        {"id": "ada\n", "secret": SECRET},
        {"id": "ada", "secret": SECRET + "\n"},
        {"id": "ada", "secret": SECRET[:-1]},
        {"id": "ada", "secret": SECRET + "0"},
        {"id": "ada", "secret": SECRET.upper()},
        {"id": "ada", "secret": SESSION + "\uff11" * 64},
        {"id": "ada", "secret": "g" * 84},
    ],
    ids=str,
)
def test_object_of_another_shape_is_a_claim_that_nobody_meets(content: Any) -> None:
    assert decode(wrapped(content)) == ("", "")


@given(ids, secrets)
def test_every_value_of_ours_comes_back(user_id: str, secret: str) -> None:
    held = decode(encode(user_id, secret))

    assert held == (user_id, secret)
    assert held is not None
    assert encode(*held) == encode(user_id, secret)


@given(st.text() | st.binary().map(lambda raw: b64encode(raw).decode()) | (contents | claims).map(wrapped))
def test_any_other_value_is_nobody_s_or_a_claim_that_could_be_one(value: str) -> None:
    """Never another exception; and what comes out as a claim has the form of an id and a secret of ours."""
    held = decode(value)

    assert held in (None, ("", "")) or decode(encode(*held)) == held
    assert (held is None) == (unwrap(value) is None)
