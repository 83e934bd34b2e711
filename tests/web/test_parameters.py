"""The rules for parameters: what is taken, and how what is not is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import ApiError
from chalicelib.web import parameters
from chalicelib.web.parameters import Parameter, Rule
from tests.support.inputs import refuses

NOT_TEXT = [None, 0, 1, 1.5, True, [], ["x"], {}, {"x": "y"}]


@pytest.mark.parametrize("rule", [parameters.text(1, 9), parameters.custom_id, parameters.identifier, parameters.email])
@pytest.mark.parametrize("value", NOT_TEXT)
def test_nothing_but_text_is_text(rule: Rule, value: Any) -> None:
    assert refuses(rule, value)


@pytest.mark.parametrize("rule", [parameters.phone, parameters.choice("totp")])
@pytest.mark.parametrize("value", NOT_TEXT)
def test_no_other_type_is_taken_for_text(rule: Rule, value: Any) -> None:
    assert refuses(rule, value)


# Presence


def test_left_out_and_null_are_the_default() -> None:
    rules = {"name": Parameter(parameters.text(1, 128), "nobody")}

    assert parameters.read(rules, {}) == {"name": "nobody"}
    assert parameters.read(rules, {"name": None}) == {"name": "nobody"}


@pytest.mark.parametrize("given_", [{}, {"otp": None}])
def test_required_parameter_is_asked_for(given_: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        parameters.read({"otp": Parameter(parameters.text(1, 6))}, given_)

    assert (caught.value.type, caught.value.message) == ("general_argument_invalid", 'Param "otp" is not optional.')


def test_empty_text_is_present_and_breaks_the_rule() -> None:
    with pytest.raises(ApiError) as caught:
        parameters.read({"name": Parameter(parameters.text(1, 128), "")}, {"name": ""})

    assert caught.value.message.startswith("Invalid `name` param: Value must be a valid string")


def test_unknown_parameters_are_left_behind() -> None:
    assert parameters.read({}, {"mfa": True}) == {}


# Text and numbers


@pytest.mark.parametrize(("value", "fits"), [("", False), ("a", True), ("\U0001f370" * 5, True), ("a" * 6, False)])
def test_text_is_measured_in_characters(value: str, fits: bool) -> None:
    assert refuses(parameters.text(1, 5), value) is not fits


@pytest.mark.parametrize("value", [0, 1, "true", "false", "", "1", None, [], {}, 0.0])
def test_only_json_booleans_are_booleans(value: Any) -> None:
    assert refuses(parameters.boolean, value)
    assert parameters.boolean(True) is True
    assert parameters.boolean(False) is False


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        *((value, True) for value in (True, "true", "True", "1", 1)),
        *((value, False) for value in (False, "false", "FALSE", "0", 0)),
    ],
)
def test_loose_boolean_takes_what_a_query_string_can_say(value: Any, meant: bool) -> None:
    assert parameters.loose_boolean(value) is meant


@pytest.mark.parametrize("value", ["", "yes", "on", " true", "\uff11", 2, -1, 1.0, None, [], {}])
def test_loose_boolean_takes_nothing_else(value: Any) -> None:
    assert refuses(parameters.loose_boolean, value)


@pytest.mark.parametrize("rule", [parameters.integer(6, 8), parameters.one_of(6, 8)])
def test_whole_number_may_come_as_a_float(rule: Any) -> None:
    number = rule(8.0)

    assert (number, type(number)) == (8, int)
    for value in (6.5, 1e300, float("inf"), float("nan"), True, "8"):
        assert refuses(rule, value)


@given(st.integers(-10, 2000))
def test_query_number_is_within_its_range(number: int) -> None:
    rule = parameters.query_number(1, 1000)

    assert refuses(rule, str(number)) is not (1 <= number <= 1000)
    assert not 1 <= number <= 1000 or rule(str(number)) == number


@pytest.mark.parametrize(
    "value", ["", " 5", "5 ", "+5", "5.0", "5e0", "0x5", "5_0", "\u0665", "\uff15", True, None, []]
)
def test_query_number_has_digits_only(value: Any) -> None:
    assert refuses(parameters.query_number(0, 1000), value)


@pytest.mark.parametrize("spelling", ["recoveryCode", "recoverycode", "RECOVERYCODE"])
def test_choice_forgives_case_and_gives_the_canonical_name(spelling: str) -> None:
    assert parameters.choice("totp", "recoveryCode")(spelling) == "recoveryCode"


@pytest.mark.parametrize("value", ["", "sms", " totp", "totp\0", "\uff54otp"])
def test_choice_takes_no_other_name(value: str) -> None:
    assert refuses(parameters.choice("totp"), value)


# Preferences


@pytest.mark.parametrize("value", [{}, []])
def test_empty_preferences_are_an_object(value: Any) -> None:
    assert parameters.preferences(value) == "{}"


@pytest.mark.parametrize("value", ["", "{}", "x", 1, True, ["a"], [{}]])
def test_preferences_are_an_object(value: Any) -> None:
    assert refuses(parameters.preferences, value)


@pytest.mark.parametrize(("character", "cost"), [("-", 1), ("\u2014", 6), ("\U0001f370", 12)])
def test_preferences_are_measured_with_escapes(character: str, cost: int) -> None:
    room = parameters.PREFS_BYTES - len('{"a":""}')

    assert json.loads(parameters.preferences({"a": character * (room // cost)})) == {"a": character * (room // cost)}
    assert refuses(parameters.preferences, {"a": character * (room // cost + 1)})


_leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_texts = st.text(max_size=8)
_values = st.recursive(_leaves | _texts, lambda inner: st.lists(inner) | st.dictionaries(_texts, inner), max_leaves=8)


@given(st.dictionaries(_texts, _values, max_size=4))
def test_preferences_come_out_as_the_same_json(value: dict[str, Any]) -> None:
    assert json.loads(parameters.preferences(value)) == value
