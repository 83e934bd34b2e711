"""Query strings: read or refused, never anything else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import pytest
from chalice.app import MultiDict, Request
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.errors import ApiError
from chalicelib.web.queries import Paging, paging
from chalicelib.web.request import ApiRequest

names = st.sampled_from(["queries", "queries[0]", "queries[1]", "queries[]", "[", "]", "[]", "a[b][c]", "total"])
pairs = st.lists(st.tuples(names | st.text(max_size=6), st.text(max_size=6)), max_size=8)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
methods = st.sampled_from(["limit", "offset", "cursorAfter", "cursorBefore", "equal", "orderAsc", "none"])
queries = st.fixed_dictionaries(
    {},
    optional={
        "method": methods | leaves,
        "values": st.lists(leaves, max_size=2) | leaves,
        "attribute": leaves,
    },
).map(json.dumps)
counts = st.none() | st.integers(0, 10**9)


def refusal_of(attempt: Callable[[], Any]) -> str:
    """The type of the error that it is refused with, empty if it is not."""
    try:
        attempt()
    except ApiError as refusal:
        return refusal.type
    except ValueError as mistake:
        return "general_argument_invalid" if str(mistake) else "none"
    return ""


def request_of(given_: list[tuple[str, str]]) -> ApiRequest:
    """A GET with these, as API Gateway hands them over: decoded, the values of a name together."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for name, value in given_:
        by_name[name].append(value)
    request = SimpleNamespace(method="GET", headers={}, uri_params=None, query_params=MultiDict(dict(by_name) or None))
    return ApiRequest(cast(Request, request))


@given(pairs)
def test_any_query_string_is_read_or_refused(given_: list[tuple[str, str]]) -> None:
    request = request_of(given_)

    refusal = refusal_of(lambda: request.parameters)

    assert refusal in ("", "general_argument_invalid")
    assert refusal or set(request.parameters) == {name.partition("[")[0] for name, _ in given_}


@given(pairs)
def test_brackets_make_a_list_of_all_values_and_nothing_is_made_up(given_: list[tuple[str, str]]) -> None:
    request = request_of(given_)
    found = {} if refusal_of(lambda: request.parameters) else request.parameters
    for base, value in found.items():
        plain = [each for name, each in given_ if name == base]
        listed = [each for name, each in given_ if name.startswith(f"{base}[")]
        if isinstance(value, str):
            assert value in plain
        elif not plain:
            assert sorted(value) == sorted(listed)
        else:
            assert set(value) <= set(listed)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1, max_size=12))
@example(["&", "=", "%00", "+", "[0]", "#"])
def test_list_that_an_sdk_sends_arrives(values: list[str]) -> None:
    """As `queries[0]=...&queries[1]=...` and as `queries[]=...`, in order."""
    numbered = urlencode({f"queries[{number}]": value for number, value in enumerate(values)})
    unnumbered = urlencode([("queries[]", value) for value in values])

    for query in (numbered, unnumbered):
        assert request_of(parse_qsl(query, keep_blank_values=True)).parameters == {"queries": values}


@given(leaves | st.lists(leaves | queries, max_size=4))
@example(['{"method":"offset","values":[-1]}'])
@example(['{"method":"limit","values":[0]}'])
@example(['{"method":"limit","values":[1000000001]}'])
@example(['{"method":"limit","values":[true]}'])
def test_any_queries_are_paging_or_refused(value: Any) -> None:
    refusal = refusal_of(lambda: paging(value))

    assert refusal in ("", "general_argument_invalid", "general_query_invalid")
    assert refusal or (1 <= paging(value).limit <= 10**9 and 0 <= paging(value).offset <= 10**9)
    assert refusal or type(paging(value).limit) is int


@given(counts.filter(lambda limit: limit != 0), counts, st.sampled_from(["After", "Before"]), st.booleans())
def test_paging_of_an_sdk_is_understood(limit: int | None, offset: int | None, side: str, with_cursor: bool) -> None:
    wanted = {"limit": limit, "offset": offset, f"cursor{side}": "ann" if with_cursor else None}
    sent = [json.dumps({"method": name, "values": [each]}) for name, each in wanted.items() if each is not None]

    assert paging(sent) == Paging(
        limit=25 if limit is None else limit,
        offset=offset or 0,
        **{side.lower(): "ann"} if with_cursor else {},
    )


@pytest.mark.parametrize("text", ["[" * 100_000, '{"method":' * 50_000, "1" * 5_000, "NaN"])
def test_monstrous_query_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="syntax error"):
        paging([text])
