"""The deployment's settings, read once from the environment and checked before the first request.

Every field is the environment variable `MFA_<FIELD>` (`RATE_LIMITS` alone has no prefix). Numbers that bound an attack
name their source in infra/README.md, "Configuration".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from typing import Literal
from unicodedata import bidirectional, category, normalize

from chalicelib.runtime import colors, container

PARITY = frozenset({"enumeration", "forwarded-for", "factor-changes", "weak-passwords"})

Client = Literal["own", "botocore"]
Origins = tuple[str, ...]

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
"""A host that browsers read as an IPv4 address, or not at all."""
_IN_URL = r"([^/?#@:\[\]]+|\[[0-9a-f:.]+\])"
_PAGE = re.compile(rf"(?:(https?)://)?{_IN_URL}(?::[0-9]{{1,5}})?/?")
"""The origin of a web page, or its host alone: the app compares hosts, whatever the port."""
_NO_APPS = "https?|wss?|ftp|file|data|blob|javascript|about|view-source"
"""Schemes of which browsers make no `Origin` of an app."""
_APP = re.compile(rf"(?!(?:{_NO_APPS}):)[a-z][a-z0-9+.-]*://(?:[^/?#@:*\\\x00-\x1f\x7f]*|\*)", re.ASCII)
_APP_LINK = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/(?:(?![?#*\\])[!-~])+", re.ASCII)
"""Of at least one character after the slash: `example.com:/` is a host with a slip."""

ANDROID = "android:apk-key-hash:"
_ANDROID_APP = re.compile(rf"(?i:{ANDROID})([A-Za-z0-9_-]{{43}})", re.ASCII)
"""The origin that an app of Android names for its passkeys: base64url of the SHA-256 of its certificate."""

MOST = {
    "session_days": 400,
    "device_days": 400,
    "recovery_codes": 40,
    "session_limit": 60,
    "half_session_limit": 60,
    "half_session_minutes": 60,
    "recent_minutes": 60,
    "code_minutes": 60,
    "link_minutes": 10_080,
    "send_cooldown_seconds": 3600,
    "event_days": 3653,
    "sms_breaker_percent": 100,
    "argon2_memory_kib": 262_144,
}
"""Browsers keep no cookie longer than 400 days (RFC 6265bis 5.5). All recovery codes, old and new, and all sessions
that a sign-in ends after a limit has been lowered fit into one transaction of DynamoDB, which takes 100 items. The
others are what nobody means: seconds where minutes are due, or a hash that the function's memory does not hold."""
AT_MOST = 1_000_000
"""Of any other number."""

ORDERED = {
    "mails_per_client": "mails_per_mailbox",
    "sms_per_number": "sms_per_day",
    "guesses_per_hour": "guesses_per_day",
    "wrong_passwords_per_client": "wrong_passwords_per_email",
}
"""Limits, and the wider ones that they are part of: a greater one would never be reached."""

_WEB = r"(?:https://|http://(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]))[!#-;=?-~]+"
"""Fit to be written between quotes."""
_FORMS = {
    "mail_configuration_set": ("[A-Za-z0-9_-]{1,64}", "the name of one: letters, digits, - and _, 64 at most"),
    "table_prefix": ("[A-Za-z0-9_-]{1,60}", "letters, digits, - and _, 60 at most"),
    "kms_key": ("alias/[A-Za-z0-9/_-]{1,250}", "the alias of a key, as in alias/chalice-mfa-dev"),
    "pwned_passwords": (
        r"https://[!-~]+|http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?",
        "the address of a service like Pwned Passwords, by https",
    ),
    "brand_logo": (_WEB, "the address of an image, by https"),
    "settings_page": (_WEB, "the address of a page, by https"),
    "support": (rf"{_WEB}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "a mail address, or the address of a page by https"),
    "sms_sender_id": ("(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}", "1 to 11 letters and digits, with a letter among them"),
}
"""What AWS and others take as a name, and how that is said."""


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
    key_context: str = ""
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
    support: str = ""
    settings_page: str = ""
    brand_logo: str = ""
    brand_color: str = "#2b59d9"
    brand_color_dark: str = "#9dbcff"

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
    pwned_passwords: str = "https://api.pwnedpasswords.com"

    @property
    def local(self) -> bool:
        return self.stage == "local"

    @property
    def proofs_per_day(self) -> int:
        """Codes that prove an address in a day, on whatever accounts: guesses at all of them are those of a day."""
        return max(1, self.guesses_per_day // self.challenge_attempts)


def variable(field: str) -> str:
    """The environment variable of a field."""
    return "RATE_LIMITS" if field == "rate_limits" else f"MFA_{field.upper()}"


def is_loopback(host: str) -> bool:
    """Names below `localhost` lead to loopback, too (RFC 6761 6.3)."""
    return host in LOOPBACK or host.endswith(".localhost")


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
        name = variable(field.name)
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
    tables = values.get("table_prefix", f"chalice-mfa-{stage}")
    named = {
        "project_name": project,
        "table_prefix": tables,
        "key_context": tables,
        "kms_key": f"alias/chalice-mfa-{stage}",
        "mail_configuration_set": f"chalice-mfa-{stage}",
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
    mistakes += _numbers(values)
    for name, (form, said) in _FORMS.items():
        if name in values and not re.fullmatch(form, str(values[name]), re.ASCII):
            mistakes.append(f"{variable(name)} must be {said}")
    faults = {name: colors.mistake(name, str(values[name])) for name in colors.GROUNDS if name in values}
    mistakes += [f"{variable(name)} {fault}" for name, fault in faults.items() if fault]
    countries = values.get("sms_countries", ())
    if any(len(country) != 2 or not country.isalpha() for country in countries):  # type: ignore[attr-defined]
        mistakes.append("MFA_SMS_COUNTRIES must be two-letter codes (ISO 3166), with commas between them")
    return mistakes if values.get("stage") == "local" else mistakes + _local_only(values)


def _numbers(values: Mapping[str, object]) -> list[str]:
    given = {field.name: values.get(field.name, field.default) for field in fields(Config) if field.type == "int"}
    numbers = {name: int(str(number)) for name, number in given.items()}
    mistakes = [
        f"{variable(name)} must be at most {MOST.get(name, AT_MOST)}"
        for name, number in numbers.items()
        if number > MOST.get(name, AT_MOST)
    ]
    mistakes += [
        f"{variable(name)} is {numbers[name]}, more than {variable(wider)}, which is {numbers[wider]}"
        for name, wider in ORDERED.items()
        if numbers[name] > numbers[wider]
    ]
    if numbers["argon2_memory_kib"] < 8 * numbers["argon2_parallelism"]:  # RFC 9106 3.1
        mistakes.append("MFA_ARGON2_MEMORY_KIB must be at least 8 times MFA_ARGON2_PARALLELISM")
    return mistakes


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
    """Hosts of web pages, `scheme://name` of apps, and URIs that open apps, in lower case; hashes of Android's apps."""
    return tuple(dict.fromkeys(_origin(name.strip()) for name in text.split(",") if name.strip()))


def _origin(text: str) -> str:
    """One of them. A page's may be given as its whole origin, whose port makes no difference."""
    android = _ANDROID_APP.fullmatch(text)
    if android:
        return f"{ANDROID}{android[1]}"
    text = text.lower()
    if _APP.fullmatch(text) or _APP_LINK.fullmatch(text):
        return text
    page = _PAGE.fullmatch(text)
    host = _host(page[2]) if page else ""
    if page is None or not host:
        raise ValueError(_advice(text))
    if page[1] == "http" and not is_loopback(host):
        raise ValueError(f"has {text!r}, but pages over http are let in from loopback only: use https, write {host}")
    return host


def _host(text: str) -> str:
    """A host as browsers spell it; empty for what they take for none, or spell in another way."""
    if not text.startswith("[") and not _NUMBER.fullmatch(text):
        return text if _NAME.fullmatch(text) else ""
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return ""
    return f"[{address.compressed}]" if address.version == 6 else address.compressed


def _advice(text: str) -> str:
    """Why it is no origin, and what to write instead. Without what may be a password."""
    if text.rpartition("://")[2].rstrip("/") in ("*", "*."):
        return f"has {text!r}, which is every page there is: name your hosts, with *.example.com for all below one"
    url = re.fullmatch(rf"(?:https?://)?(?:[^/?#]*@)?{_IN_URL}(?::[0-9]+)?(?:[/?#].*)?", text)
    host = _host(".".join(map(_a_label, url[1].split(".")))) if url else ""
    shown = "a user in a URL" if "@" in text else repr(text)
    if host:
        return f"has {shown}: write {host}, the host alone as browsers spell it"
    return (
        f"has {shown}: name the host alone of a web page (app.example.com, [::1]), scheme and name of an app "
        "(appwrite-ios://com.example.app), a URI that opens one (com.example.app:/verify), or the hash of one for its "
        "passkeys (android:apk-key-hash:...)"
    )


def _a_label(label: str) -> str:
    """A label of a host in ASCII (RFC 5890 2.3.2.1)."""
    return label if label.isascii() else f"xn--{normalize('NFC', label).encode('punycode').decode()}"


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
