"""What a number in E.164 tells of itself. How refusals reach the client is in test_sms_budget.py."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as some
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat, PhoneNumberType

from chalicelib.delivery.phone_numbers import can_be_mobile, country_of
from chalicelib.web.parameters import phone

COUNTRIES = {
    "+4915112345678": "DE",
    "+436641234567": "AT",
    "+351912345678": "PT",
    "+12025550123": "US",
    "+14165550123": "CA",
    "+18765550123": "JM",
    "+447400123456": "GB",
    "+447797712345": "JE",
    "+79161234567": "RU",
    "+77011234567": "KZ",
    "+4900000": "DE",  # no number that exists, and yet of no other country
    "+15551234567": "",  # of a calling code that many share, and of none of them
    "+881612345678": "",  # satellites
    "+8835100123456": "",  # networks of no country
}


@pytest.mark.parametrize(("number", "country"), COUNTRIES.items(), ids=COUNTRIES)
def test_number_tells_its_country_or_none(number: str, country: str) -> None:
    assert country_of(number) == country


NEVER = ("PREMIUM_RATE", "SHARED_COST", "TOLL_FREE", "PERSONAL_NUMBER", "PAGER", "UAN", "VOICEMAIL")


def examples(kind: str) -> list[str]:
    """libphonenumber's own example of that kind of number for every region that has one."""
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    found = (phonenumbers.example_number_for_type(region, getattr(PhoneNumberType, kind)) for region in regions)
    return [phonenumbers.format_number(number, PhoneNumberFormat.E164) for number in found if number]


@pytest.mark.parametrize("kind", NEVER)
def test_no_country_has_mobile_phones_among_numbers_of_that_kind(kind: str) -> None:
    numbers = examples(kind)

    assert len(numbers) > 10
    assert [number for number in numbers if can_be_mobile(number)] == []


@pytest.mark.parametrize("kind", NEVER)
def test_further_digits_do_not_make_another_number_of_it(kind: str) -> None:
    """Exchanges ignore them. Some of the longer ones are numbers of their own, which are judged as such."""
    longer = [number + digit for number in examples(kind) for digit in "19" if len(number) < 16]

    known = [phonenumbers.number_type(phonenumbers.parse(number)) != PhoneNumberType.UNKNOWN for number in longer]
    passing = [number for number, is_known in zip(longer, known, strict=True) if not is_known and can_be_mobile(number)]

    assert passing == []


@pytest.mark.parametrize(
    "number", ["+881612345678", "+870773111632", "+8835100123456", "+979123456789", "+80012345678"]
)
def test_network_of_no_country_has_no_mobile_phones(number: str) -> None:
    assert not can_be_mobile(number)


@pytest.mark.parametrize("kind", ["MOBILE", "FIXED_LINE_OR_MOBILE", "FIXED_LINE"])
def test_every_country_has_numbers_that_can_be_texted(kind: str) -> None:
    numbers = examples(kind)

    assert len(numbers) > 200
    assert [number for number in numbers if not can_be_mobile(number)] == []


@pytest.mark.parametrize("number", [number for number, country in COUNTRIES.items() if country])
def test_number_of_an_unknown_range_can_be_mobile(number: str) -> None:
    assert can_be_mobile(number)


@given(some.sampled_from(sorted(COUNTRY_CODE_TO_REGION_CODE)), some.from_regex("[0-9]{4,12}", fullmatch=True))
def test_no_number_that_the_api_takes_makes_it_fail(code: int, rest: str) -> None:
    try:
        number = phone(f"+{code}{rest}"[:16])
    except ValueError:
        return

    country = country_of(number)
    assert country == "" or (len(country) == 2 and country.isupper())
    assert can_be_mobile(number)
