"""The check of settings that commands begin with: what it finds beyond what the app refuses at its start."""

from __future__ import annotations

import pytest

from chalicelib.runtime.settings import load
from infra import settings

LEAST = {"MFA_STAGE": "dev", "MFA_PROJECT": "demo", "MFA_SMS": "off"}


def test_settings_without_mistakes_have_none() -> None:
    given = {
        "MFA_MAIL_FROM": "Demo <no-reply@example.com>",
        "MFA_SMS_COUNTRIES": "DE, gb,us",
        "MFA_ORIGINS": "*.example.com,*.app.localhost,*.localhost",
        "RATE_LIMITS": "on",
        "PATH": "/bin",
    }

    assert settings.mistakes({**LEAST, **given}) == []


def test_what_the_app_refuses_comes_first() -> None:
    assert settings.mistakes({"MFA_STAGE": "dev", "MFA_SMS": "off", "MFA_KYE": "x"}) == [
        "MFA_PROJECT is not set",
        "MFA_KYE is no setting: did you mean MFA_KEY?",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MFA_ORIGNS", ": did you mean MFA_ORIGINS?"),
        ("MFA_ORIGIN", ": did you mean MFA_ORIGINS?"),
        ("mfa_origins", ": did you mean MFA_ORIGINS?"),
        ("MFA_RATE_LIMITS", ": did you mean RATE_LIMITS?"),
        ("MFA_SMS_COUNTRY", ": did you mean MFA_SMS_COUNTRIES?"),
        ("MFA_XYZZY", ""),
    ],
)
def test_unknown_name_is_a_mistake_here_and_passed_over_by_the_app(name: str, meant: str) -> None:
    assert settings.mistakes({**LEAST, name: "x"}) == [f"{name} is no setting{meant}"]
    assert vars(load({**LEAST, name: "x"})) == vars(load(LEAST))


@pytest.mark.parametrize(
    ("sender", "line"),
    [
        ("no-reply@example.com", ""),
        ("Demo <no-reply@example.com>", ""),
        ('"Acme, Inc." <no-reply@example.com>', ""),
        ("M\u00fcller <no-reply@example.com>", ""),
        ("Acme, Inc. <no-reply@example.com>", 'is not read as one sender: write "Acme, Inc." <no-reply@example.com>'),
        ("Acme", "has no address that can send mail: write Name <address>, as in Demo <no-reply@example.com>"),
        ("Acme <no-reply>", "has no address that can send mail: write Name <address>"),
        ("no-reply@m\u00fcnchen.example", "has no address that can send mail: write Name <address>"),
        ("example.com", "has no address that can send mail: write Name <address>"),
    ],
)
def test_sender_is_one_address(sender: str, line: str) -> None:
    found = settings.mistakes({**LEAST, "MFA_MAIL_FROM": sender})

    assert len(found) == bool(line)
    assert all(each.startswith(f"MFA_MAIL_FROM {line}") for each in found)


@pytest.mark.parametrize(
    ("countries", "lines"),
    [
        ("UK", ["MFA_SMS_COUNTRIES has UK, which is no country: write GB"]),
        ("de,xx", ["MFA_SMS_COUNTRIES has XX, which is no country: write its two letters of ISO 3166"]),
        ("Germany", ["MFA_SMS_COUNTRIES must be two-letter codes (ISO 3166), with commas between them"]),
    ],
)
def test_countries_are_those_that_there_are(countries: str, lines: list[str]) -> None:
    assert settings.mistakes({**LEAST, "MFA_SMS_COUNTRIES": countries}) == lines


@pytest.mark.parametrize("origin", ["*.vercel.app", "https://*.Vercel.app/", "*.com", "localhost, *.github.io"])
def test_wildcard_over_everybodys_pages_is_a_mistake(origin: str) -> None:
    [line] = settings.mistakes({**LEAST, "MFA_ORIGINS": origin})

    assert "below which anybody may have pages: name your hosts one by one" in line


def test_port_that_makes_no_difference_is_worth_a_note() -> None:
    given = "https://app.example.com:8443/, http://localhost:3000,http://[::1]:5,[::1],app.example.com,com.example:/1"

    assert settings.notes({"MFA_ORIGINS": given}) == [
        "MFA_ORIGINS: https://app.example.com:8443/ counts as app.example.com with any port.",
        "MFA_ORIGINS: http://localhost:3000 counts as localhost with any port.",
        "MFA_ORIGINS: http://[::1]:5 counts as [::1] with any port.",
    ]
