"""The check of settings before anything is made: what the app refuses at its start, and what it leaves to this one for
want of data or time. `make run`, `deploy`, `package` and the commands for keys begin with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from email.utils import formataddr, parseaddr

from chalicelib.delivery import mail_addresses
from chalicelib.runtime.settings import Config, SettingsError, load, variable

KNOWN = [variable(field.name) for field in fields(Config)]

_WITH_PORT = re.compile(r"(?:https?://)?([^/@]+):[0-9]+/?")


def mistakes(environment: Mapping[str, str]) -> list[str]:
    """A line for each, which names the variable and says what to write."""
    found = [*_unknown(environment), *_sender(environment), *_countries(environment), *_shared(environment)]
    try:
        load(environment)
    except SettingsError as error:
        return [*str(error).splitlines(), *found]
    return found


def notes(environment: Mapping[str, str]) -> list[str]:
    """What is no mistake, but perhaps not what was meant. For settings without mistakes."""
    ports = [_WITH_PORT.fullmatch(each) for each in _listed(environment, "MFA_ORIGINS")]
    return [f"MFA_ORIGINS: {each[0]} counts as {each[1]} with any port." for each in ports if each]


def _listed(environment: Mapping[str, str], name: str) -> list[str]:
    return [each.strip() for each in environment.get(name, "").split(",") if each.strip()]


def _unknown(environment: Mapping[str, str]) -> Iterator[str]:
    """After a slip of the pen the default would be in force, unseen. The app itself passes over what it does not know,
    which may be a newer version's.
    """
    for name in environment:
        if name.upper().startswith("MFA_") and name not in KNOWN:
            alike = get_close_matches(name.upper(), KNOWN, 1, cutoff=0.75)
            yield f"{name} is no setting{f': did you mean {alike[0]}?' if alike else ''}"


def _sender(environment: Mapping[str, str]) -> Iterator[str]:
    text = environment.get("MFA_MAIL_FROM", "")
    if not text or mail_addresses.in_one_form(parseaddr(text)[1]):
        return
    name, _, address = text.rpartition("<")
    if mail_addresses.in_one_form(address.rstrip("> ")):
        meant = formataddr((name.strip(' "'), address.rstrip("> ")))
        yield f"MFA_MAIL_FROM is not read as one sender: write {meant}"
    else:
        yield "MFA_MAIL_FROM has no address that can send mail: write Name <address>, as in Demo <no-reply@example.com>"


def _countries(environment: Mapping[str, str]) -> Iterator[str]:
    countries = [each.upper() for each in _listed(environment, "MFA_SMS_COUNTRIES")]
    if countries:
        from phonenumbers import SUPPORTED_REGIONS

        for country in countries:
            if len(country) == 2 and country not in SUPPORTED_REGIONS:
                meant = "GB" if country == "UK" else "its two letters of ISO 3166"
                yield f"MFA_SMS_COUNTRIES has {country}, which is no country: write {meant}"


def _shared(environment: Mapping[str, str]) -> Iterator[str]:
    """`*.vercel.app` and the like would let the pages of strangers in, with the sessions of our users."""
    parents = re.findall(r"(?:^|//|,)\s*\*\.([^/:,\s]+)", environment.get("MFA_ORIGINS", ""))
    if parents:
        from publicsuffixlist import PublicSuffixList

        suffixes = PublicSuffixList(accept_unknown=False)
        for parent in parents:
            if suffixes.publicsuffix(parent.lower()) == parent.lower():
                yield f"MFA_ORIGINS has *.{parent}, below which anybody may have pages: name your hosts one by one"
