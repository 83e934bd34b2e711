"""What a phone number tells: its country, and whether it is one that costs whoever texts it.

From libphonenumber's data (package phonenumbers), which is imported only where a number is set.
"""

from __future__ import annotations

GLOBAL = "001"
"""libphonenumber's name for calling codes of no country: satellites, shared cost, premium rate."""


def country_of(number: str) -> str:
    """The ISO 3166 code of the country of a number in E.164, e.g. `DE`; empty when it cannot be told.

    Countries share calling codes (+1, +7, +44): of those, only a number that exists tells its country.
    """
    import phonenumbers

    parsed = phonenumbers.parse(number)
    regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    region = regions[0] if len(regions) == 1 else phonenumbers.region_code_for_number(parsed)
    return "" if region in (None, GLOBAL) else str(region)


def is_costly(number: str) -> bool:
    """Whether the number is premium rate, shared cost, or of a satellite or other network of no country.

    Fraudsters have themselves paid for messages to such (AWS: artificially inflated traffic, THREATS 74).
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType

    parsed = phonenumbers.parse(number)
    if phonenumbers.region_codes_for_country_code(parsed.country_code or 0) == (GLOBAL,):
        return True
    costly = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)
    return phonenumbers.number_type(parsed) in costly
