"""The deployment's settings, read once from the environment and checked before the first request.

Every field is the environment variable `MFA_<FIELD>` (`RATE_LIMITS` alone has no prefix). Numbers that bound an attack
name their source in infra/README.md, "Configuration".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Literal
from unicodedata import bidirectional, category

from chalicelib.runtime import container

PARITY = frozenset({"enumeration", "forwarded-for", "factor-changes"})

Client = Literal["own", "botocore"]
Origins = tuple[str, ...]

_PAGE = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)
_NO_APPS = "https?|wss?|ftp|file|data|blob|javascript|about|view-source"
"""Schemes of which browsers make no `Origin` of an app."""
_APP = re.compile(rf"(?!(?:{_NO_APPS}):)[a-z][a-z0-9+.-]*://(?:[^/?#@:*\\\x00-\x1f\x7f]*|\*)", re.ASCII)
_APP_LINK = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/(?:(?![?#*\\])[!-~])+", re.ASCII)
"""Of at least one character after the slash: `example.com:/` is a host with a slip."""

MOST = {"device_days": 400, "recovery_codes": 40, "session_limit": 60, "half_session_limit": 60}
"""Browsers keep no cookie longer than 400 days (RFC 6265bis 5.5). All recovery codes, old and new, and all sessions
that a sign-in ends after a limit has been lowered fit into one transaction of DynamoDB, which takes 100 items."""


_UNSHOWABLE = {"Cc", "Cs", "Zl", "Zp", *("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")}
"""Control characters, bytes that are no UTF-8, line ends (Unicode's categories), and what reorders the text around it
(its bidirectional classes)."""
_INVISIBLE = {"Zs", "Cf", "Mn", "Me"}
_LOOK_BLANK = frozenset(":\u115f\u1160\u2800\u3164\uffa0")
"""Fillers and an empty Braille cell; no authenticator app gets to see a colon."""


class SettingsError(ValueError):
    """Settings are missing or broken; the text has one line per mistake and names the variable."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Config:
    stage: str
    project: str
    project_name: str = ""
    table_prefix: str = ""
    kms_key: str = ""
    dynamodb_client: Client = "own"
    key: str = ""
    origins: Origins = ()
    parity: frozenset[str] = frozenset()
    rate_limits: bool = True
    cloudfront: bool = False

    mail_from: str = ""
    mail_configuration_set: str = ""
    sms: bool = True
    sms_sender_id: str = ""
    sms_countries: tuple[str, ...] = ()
    sms_per_user: int = 5
    sms_per_number: int = 5
    sms_per_day: int = 1000
    sms_breaker_sample: int = 50
    sms_breaker_percent: int = 30
    mails_per_mailbox: int = 10
    mails_per_client: int = 3

    session_days: int = 30
    device_days: int = 180
    session_limit: int = 10
    half_session_limit: int = 5
    half_session_minutes: int = 15
    sign_ins_per_client: int = 30
    recent_minutes: int = 5
    code_minutes: int = 10
    link_minutes: int = 60
    challenge_attempts: int = 5
    guesses_per_hour: int = 10
    guesses_per_day: int = 50
    wrong_passwords_per_client: int = 10
    wrong_passwords_per_email: int = 100
    wrong_passwords_per_address: int = 60
    wrong_passwords_per_user: int = 10
    send_cooldown_seconds: int = 30
    recovery_codes: int = 10
    event_days: int = 180
    argon2_memory_kib: int = 19456
    argon2_iterations: int = 2
    argon2_parallelism: int = 1

    @property
    def local(self) -> bool:
        return self.stage == "local"


def config() -> Config:
    """The settings of this process. SettingsError when they are missing or broken."""
    value: Config = container.get("config", lambda: load(os.environ))
    return value


def load(environment: Mapping[str, str]) -> Config:
    """Read and check all settings.

    Raises SettingsError with one line for each missing or unreadable variable.
    """
    values: dict[str, object] = {}
    mistakes: list[str] = []
    for field in fields(Config):
        name = "RATE_LIMITS" if field.name == "rate_limits" else f"MFA_{field.name.upper()}"
        text = environment.get(name, "")
        if not text:
            if field.name in ("stage", "project"):
                mistakes.append(f"{name} is not set")
            continue
        try:
            values[field.name] = _PARSERS[str(field.type)](text)
        except ValueError as error:
            mistakes.append(f"{name} {error}")
    mistakes += _contradictions(values)
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    stage, project = str(values["stage"]), str(values["project"])
    named = {
        "project_name": project,
        "table_prefix": f"chalice-mfa-{stage}",
        "kms_key": f"alias/chalice-mfa-{stage}",
    }
    return Config(**{**named, **values})  # type: ignore[arg-type]


def _contradictions(values: Mapping[str, object]) -> list[str]:
    mistakes = [
        f"MFA_{name.upper()} cannot be shown: it needs a letter, digit or sign besides colons, and no line ends, "
        "control characters or marks that reorder text"
        for name in ("project", "project_name")
        if not _can_be_shown(str(values.get(name, "demo")))
    ]
    unknown = values.get("parity", frozenset()) - PARITY  # type: ignore[operator]
    if unknown:
        mistakes.append(f"MFA_PARITY has unknown names: {', '.join(sorted(unknown))}")
    for name, most in MOST.items():
        if int(str(values.get(name, 1))) > most:
            mistakes.append(f"MFA_{name.upper()} must be at most {most}")
    configuration_set = str(values.get("mail_configuration_set", ""))
    if configuration_set and not re.fullmatch("[A-Za-z0-9_-]{1,64}", configuration_set):
        mistakes.append("MFA_MAIL_CONFIGURATION_SET must be the name of one: letters, digits, - and _, 64 at most")
    countries = values.get("sms_countries", ())
    if any(len(country) != 2 or not country.isalpha() for country in countries):  # type: ignore[attr-defined]
        mistakes.append("MFA_SMS_COUNTRIES must be two-letter codes (ISO 3166), with commas between them")
    return mistakes if values.get("stage") == "local" else mistakes + _local_only(values)


def _local_only(values: Mapping[str, object]) -> list[str]:
    """What a deployment must not do, and the local server may."""
    mistakes = []
    if values.get("sms", True) and not values.get("sms_countries"):
        mistakes.append("MFA_SMS_COUNTRIES is not set: name the countries that SMS may go to, or set MFA_SMS=off")
    if any(origin.endswith("://*") for origin in values.get("origins", ())):  # type: ignore[attr-defined]
        mistakes.append("MFA_ORIGINS must name each app: scheme://* is for the local server only")
    if "key" in values:
        mistakes.append("MFA_KEY is for the local server only")
    if values.get("rate_limits") is False:
        mistakes.append("RATE_LIMITS=off is for the local server only")
    return mistakes


def _can_be_shown(name: str) -> bool:
    if any({category(each), bidirectional(each)} & _UNSHOWABLE for each in name):
        return False
    return any(category(each) not in _INVISIBLE and each not in _LOOK_BLANK for each in name)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip().lower() for name in text.split(",") if name.strip())


def _origins(text: str) -> Origins:
    """Hosts of web pages, `scheme://name` of apps, and URIs that open apps, in lower case."""
    origins = _names(text)
    for origin in origins:
        if not any(form.fullmatch(origin) for form in (_PAGE, _APP, _APP_LINK)):
            raise ValueError(
                f"has {origin!r}: name the host alone of a web page (app.example.com), scheme and name of an app "
                "(appwrite-ios://com.example.app), or a URI that opens one (com.example.app:/verify)"
            )
    return origins


def _parity(text: str) -> frozenset[str]:
    names = frozenset(_names(text))
    return PARITY if names == {"all"} else names


def _switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("must be on or off")
    return text == "on"


def _client(text: str) -> str:
    if text not in ("own", "botocore"):
        raise ValueError("must be own or botocore")
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise ValueError("must be a whole number of at least 1")
    return int(text)


_PARSERS: dict[str, Callable[[str], object]] = {
    "str": str,
    "int": _number,
    "bool": _switch,
    "Client": _client,
    "Origins": _origins,
    "tuple[str, ...]": _names,
    "frozenset[str]": _parity,
}
