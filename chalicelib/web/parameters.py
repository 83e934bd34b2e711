"""The rules that parameters are checked against.

A rule takes a value and gives it back clean, or raises ValueError with the description of what it wants. `takes` says
the same to the OpenAPI document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from chalicelib import ids
from chalicelib.delivery import mail_addresses, phone_numbers, sms_budget
from chalicelib.errors import Unfit, fail
from chalicelib.schema import schema_of, takes

Rule = Callable[[Any], Any]
REQUIRED = object()
PREFS_BYTES = 65_535
MOST_LABELS = 40
"""They stand in the record that every sign-in reads and writes."""

_ID = re.compile(ids.PATTERN, re.ASCII)
_LABEL = re.compile("^[A-Za-z0-9]{1,36}$", re.ASCII)


class Parameter(NamedTuple):
    """One parameter of an endpoint: its rule, and the value it has when it is left out."""

    rule: Rule
    default: Any = REQUIRED


def read(parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The clean values by name.

    400 `general_argument_invalid` that names the first parameter that is absent or breaks its rule.
    """
    return {name: _read_one(name, parameter, given.get(name)) for name, parameter in parameters.items()}


def _read_one(name: str, parameter: Parameter, value: Any) -> Any:
    if value is None:
        if parameter.default is REQUIRED:
            raise fail("general_argument_invalid", f'Param "{name}" is not optional.')
        return parameter.default
    try:
        return parameter.rule(value)
    except ValueError as error:
        reason = f"{name}: {error.reason}" if isinstance(error, Unfit) else ""
        raise fail("general_argument_invalid", f"Invalid `{name}` param: {error}", reason=reason) from None


def text(least: int, most: int) -> Rule:
    """A string of that many characters."""

    @takes(type="string", minLength=least, maxLength=most)
    def rule(value: Any) -> str:
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise ValueError(f"Value must be a valid string and between {least} and {most} chars")
        return value

    return rule


def texts(most: int, longest: int) -> Rule:
    """A list of at most so many strings, none of which is empty or longer than that."""
    one = text(1, longest)

    @takes(type="array", maxItems=most, items=schema_of(one))
    def rule(value: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError(f"Value must be a valid array no longer than {most} items")
        return [one(each) for each in value]

    return rule


@takes(type="boolean")
def boolean(value: Any) -> bool:
    """JSON true or false, nothing that only looks like it."""
    if not isinstance(value, bool):
        raise ValueError("Value must be a valid boolean")
    return value


@takes(type=["boolean", "string", "integer"], enum=[True, False, "true", "false", "1", "0", 1, 0])
def loose_boolean(value: Any) -> bool:
    """Also what a query string can say: "true", "false", "1", "0", 1, 0."""
    if isinstance(value, bool | int | str):
        spelled = str(value).lower()
        if spelled in ("true", "1"):
            return True
        if spelled in ("false", "0"):
            return False
    raise ValueError("Value must be a valid boolean")


def integer(least: int, most: int) -> Rule:
    """A whole number in JSON."""

    @takes(type="integer", minimum=least, maximum=most)
    def rule(value: Any) -> int:
        number = _whole(value)
        if number is None or not least <= number <= most:
            raise ValueError(f"Value must be a valid range between {least} and {most}")
        return number

    return rule


def one_of(*numbers: int) -> Rule:
    """One of these whole numbers."""

    @takes(type="integer", enum=list(numbers))
    def rule(value: Any) -> int:
        number = _whole(value)
        if number is None or number not in numbers:
            raise ValueError(f"Value must be one of ({', '.join(map(str, numbers))})")
        return number

    return rule


def _whole(value: Any) -> int | None:
    """The whole number that a JSON value is. 20.0 is one, too: for SDKs whose numbers are all floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def or_empty(rule: Rule) -> Rule:
    """What the rule takes, or the empty text, which takes away what is there."""

    @takes(anyOf=[{"const": ""}, schema_of(rule)])
    def either(value: Any) -> Any:
        return value if value == "" else rule(value)

    return either


def query_number(least: int, most: int) -> Rule:
    """A whole number in a query string."""

    @takes(type="integer", minimum=least, maximum=most)
    def rule(value: Any) -> int:
        digits = str(value)
        if not re.fullmatch("[0-9]{1,9}", digits, re.ASCII) or not least <= int(digits) <= most:
            raise ValueError(f"Value must be a valid range between {least} and {most}")
        return int(digits)

    return rule


def choice(*names: str) -> Rule:
    """One of these names in any case; the canonical spelling comes out."""
    canonical = {name.lower(): name for name in names}

    @takes(type="string", enum=list(dict.fromkeys([*names, *canonical])), description="In any case.")
    def rule(value: Any) -> str:
        found = canonical.get(value.lower()) if isinstance(value, str) else None
        if found is None:
            raise ValueError(f"Value must be one of ({', '.join(names)})")
        return found

    return rule


def exact_choice(*names: str) -> Rule:
    """One of these names, spelled just so."""

    @takes(type="string", enum=list(names))
    def rule(value: Any) -> str:
        if value not in names:
            raise ValueError(f"Value must be one of ({', '.join(names)})")
        return str(value)

    return rule


@takes(type="string", pattern=f"^{_ID.pattern}$")
def identifier(value: Any) -> str:
    """An id that exists, or could."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(
            "Parameter must contain at most 36 chars. Valid chars are a-z, A-Z, 0-9, period, hyphen, and underscore. "
            "Can't start with a special char"
        )
    return value


@takes(type="string", pattern=rf"^(?:unique\(\)|{_ID.pattern})$")
def custom_id(value: Any) -> str:
    """An id that the client chooses, or `unique()` for one of the server's."""
    if value in ids.PLACES:
        raise ValueError("Parameter must not be the name of a path below /users")
    return ids.UNIQUE if value == ids.UNIQUE else identifier(value)


@takes(type="string", format="email", maxLength=mail_addresses.OCTETS)
def email(value: Any) -> str:
    """An e-mail address in its one form."""
    address = mail_addresses.in_one_form(value) if isinstance(value, str) else ""
    if not address:
        raise ValueError("Value must be a valid email address")
    return address


@takes(
    type="string",
    pattern=f"^{phone_numbers.TYPED}$",
    description="E.164, of a kind that can be mobile. White space, dashes, dots and brackets may stand in it.",
    examples=["+4915112345678", "+44 (0) 7400 123456"],
)
def phone(value: Any) -> str:
    """A number in its one form, which can be a mobile phone's."""
    number = phone_numbers.in_one_form(value) if isinstance(value, str) else ""
    if not number:
        raise ValueError("Phone number must start with a '+' can have a maximum of fifteen digits.")
    if not phone_numbers.can_be_mobile(number):
        raise ValueError("Phone number must be of a kind that can be mobile: no SMS are sent to others.")
    return number


email_or_none, phone_or_none = or_empty(email), or_empty(phone)


@takes(**schema_of(phone))
def textable(value: Any) -> str:
    """A number to which this deployment would send an SMS: one in a country that is served."""
    number = phone(value)
    if not sms_budget.is_served(phone_numbers.country_of(number)):
        raise ValueError("This deployment sends no SMS to this number.")
    return number


def in_one_form(name: str, value: Any) -> str:
    """The text of a parameter for what is counted or looked up by it, before its check.

    An address that breaks its rule, and every other parameter, is in small letters, cut to a length that keys can have.
    """
    text = value if isinstance(value, str) else ""
    rule = ADDRESSES.get(name)
    if rule:
        with suppress(ValueError):
            return str(rule(text))
    return text.strip().lower()[:128]


ADDRESSES: Mapping[str, Rule] = {"email": email, "phone": phone}
"""The rules of what can be spelled in many ways, by the name that the parameter has at every endpoint."""


@takes(type="array", items={"type": "string", "pattern": _LABEL.pattern}, maxItems=MOST_LABELS)
def labels(value: Any) -> list[str]:
    """Labels of a user, each once, in order of arrival."""
    fits = isinstance(value, list) and len(value) <= MOST_LABELS
    if not fits or not all(isinstance(each, str) and _LABEL.fullmatch(each) for each in value):
        raise ValueError(f"Value must be a list of at most {MOST_LABELS} labels of 1 to 36 letters and digits.")
    return list(dict.fromkeys(value))


@takes(type="object")
def json_object(value: Any) -> dict[str, Any]:
    """A JSON object, of whatever is in it."""
    if not isinstance(value, dict):
        raise ValueError("Value must be a valid object")
    return value


@takes(type="object", description=f"At most {PREFS_BYTES} bytes.")
def preferences(value: Any) -> str:
    """A JSON object of at most 65,535 bytes when its non-ASCII is escaped; comes out as compact JSON text."""
    if value == []:
        value = {}
    if not isinstance(value, dict) or len(json.dumps(value, separators=(",", ":"))) > PREFS_BYTES:
        raise ValueError(f"Value must be a valid JSON object of at most {PREFS_BYTES} bytes.")
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
