"""What a number in E.164 tells of itself. How refusals reach the client is in test_sms_budget.py."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from chalicelib.delivery.phone_numbers import country_of, is_costly
from chalicelib.routes.parameters import phone

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


COSTLY = {
    "+19005551234": "premium rate of the United States",
    "+449098790123": "premium rate of Britain",
    "+499001234567": "premium rate of Germany",
    "+33899123456": "shared cost of France",
    "+4918012345678": "shared cost of Germany",
    "+881612345678": "satellite",
    "+870773111632": "satellite of Inmarsat",
    "+8835100123456": "network of no country",
    "+979123456789": "international premium rate",
    "+808123456789": "international shared cost",
    "+80012345678": "international free phone, which nobody can text either",
}


@pytest.mark.parametrize("number", COSTLY, ids=COSTLY.values())
def test_number_that_somebody_earns_on_is_costly(number: str) -> None:
    assert is_costly(number)


@pytest.mark.parametrize("number", [number for number, country in COUNTRIES.items() if country])
def test_number_of_a_person_is_not(number: str) -> None:
    assert not is_costly(number)


@given(some.sampled_from(sorted(COUNTRY_CODE_TO_REGION_CODE)), some.from_regex("[0-9]{4,12}", fullmatch=True))
def test_no_number_that_the_api_takes_makes_it_fail(code: int, rest: str) -> None:
    try:
        number = phone(f"+{code}{rest}"[:16])
    except ValueError:
        return

    country = country_of(number)
    assert country == "" or (len(country) == 2 and country.isupper())
    assert is_costly(number) in (True, False)
