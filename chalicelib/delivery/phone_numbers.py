"""What a phone number tells: its country, and whether it can be a mobile phone's.

From libphonenumber's data (package phonenumbers), which is imported only where a number is set or texted. It reads the
data of a calling code when the first number of it comes: 1 to 4 ms, then 0.02 ms a number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

BETWEEN = r"[\s().\u2010-\u2015\u2212\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff-]"
"""What people and address books write between digits: white space, the visual separators of RFC 3966 5.1.1, dashes, and
marks that are not seen, such as those for the direction of the text around."""
TYPED = rf"{BETWEEN}*\+{BETWEEN}*[1-9](?:{BETWEEN}*[0-9]){{6,16}}{BETWEEN}*"
"""A number as it is typed, with two digits more than E.164 has, for a trunk prefix."""
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
GLOBAL = "001"
"""libphonenumber's name for calling codes of no country: satellites, shared cost, premium rate."""
SHORTEST = 7
"""Characters of the shortest number that libphonenumber knows as one of those below, the plus sign among them."""


def in_one_form(text: str) -> str:
    """A number in E.164 as libphonenumber writes it, in which it is kept, compared and sent to. Empty for what is none.

    `text` has the country calling code; what stands between digits is left out, and so is a trunk prefix (`+44 (0) 7400
    123456`): else it would be a second number of the same phone, with an account and budgets of its own. A zero more is
    refused where no number begins with one. So is a number that is too short or long for its country, or unknown and of
    no mobile's length: it was mistyped, or is from before the country made them longer. New ranges of a known length
    pass.
    """
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    if not re.fullmatch(TYPED, text):
        return ""
    try:
        number = phonenumbers.parse(re.sub(BETWEEN, "", text))
        written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if phonenumbers.parse(written) != number or not _has_possible_length(number):  # a second trunk prefix, or that
            return ""
    except phonenumbers.NumberParseException:
        return ""
    if number.italian_leading_zero and not phonenumbers.is_valid_number(number):
        return ""
    return written if E164.fullmatch(written) else ""


def _has_possible_length(number: PhoneNumber) -> bool:
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type

    if phonenumbers.number_type(number) == Type.UNKNOWN:
        return bool(phonenumbers.is_possible_number_for_type(number, Type.MOBILE))
    return bool(phonenumbers.is_possible_number(number))


def spellings(number: str) -> tuple[str, ...]:
    """The forms in which a number may be kept, its one form first. The other, with the trunk prefix of its country, was
    taken before numbers had one form.
    """
    import phonenumbers

    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    prefix = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
    form = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    code = f"+{parsed.country_code}"
    return (form, f"{code}{prefix}{form.removeprefix(code)}") if prefix else (form,)


def country_of(number: str) -> str:
    """The ISO 3166 code of the country of a number in E.164, e.g. `DE`; empty when it cannot be told.

    Countries share calling codes (+1, +7, +44): of those, only a number that exists tells its country.
    """
    import phonenumbers

    parsed = phonenumbers.parse(number)
    regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    region = regions[0] if len(regions) == 1 else phonenumbers.region_code_for_number(parsed)
    return "" if region in (None, GLOBAL) else str(region)


def exists(number: str) -> bool:
    """Whether a number in E.164 is one that libphonenumber knows, of any kind."""
    import phonenumbers

    return phonenumbers.is_valid_number(phonenumbers.parse(number))


def can_be_mobile(number: str) -> bool:
    """Whether a number in E.164 may be a mobile phone's, as far as libphonenumber knows.

    It may not when it is of a kind that is billed or routed in another way: premium rate, shared cost, toll-free,
    personal (+44 70), pager, UAN, voicemail, or of a satellite or other network of no country. Whoever earns on such
    numbers has messages sent to them (AWS: artificially inflated traffic). Landlines pass, for in some countries they
    take SMS, and so do numbers of ranges that libphonenumber does not know.
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type

    code = phonenumbers.parse(number).country_code or 0
    if phonenumbers.region_codes_for_country_code(code) == (GLOBAL,):
        return False
    never = (Type.PREMIUM_RATE, Type.SHARED_COST, Type.TOLL_FREE, Type.PERSONAL_NUMBER, Type.PAGER)
    return _type(number) not in (*never, Type.UAN, Type.VOICEMAIL)


def _type(number: str) -> int:
    """The type of the number, or of the number that it begins with: exchanges ignore further digits."""
    import phonenumbers

    for end in range(len(number), SHORTEST - 1, -1):
        found = phonenumbers.number_type(phonenumbers.parse(number[:end]))
        if found != phonenumbers.PhoneNumberType.UNKNOWN:
            return int(found)
    return int(phonenumbers.PhoneNumberType.UNKNOWN)
