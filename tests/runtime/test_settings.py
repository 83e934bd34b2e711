"""Settings are read from the environment: defaults, kinds of values, and one clear line for each mistake."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from chalicelib.runtime import container, settings
from chalicelib.runtime.settings import PARITY, Config, SettingsError, load

LEAST = {"MFA_STAGE": "dev", "MFA_PROJECT": "demo", "MFA_SMS_COUNTRIES": "DE"}
LOCAL = {**LEAST, "MFA_STAGE": "local"}
NUMBERS = [field.name for field in fields(Config) if field.type == "int"]
TEXTS = [field.name for field in fields(Config) if field.type == "str"]


def mistakes(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(environment)
    return str(error.value).splitlines()


def variable(name: str) -> str:
    return f"MFA_{name.upper()}"


def test_stage_and_project_suffice() -> None:
    config = load(LEAST)

    assert (config.stage, config.project, config.project_name) == ("dev", "demo", "demo")
    assert (config.table_prefix, config.kms_key) == ("chalice-mfa-dev", "alias/chalice-mfa-dev")
    assert (config.key, config.origins, config.parity, config.rate_limits) == ("", (), frozenset(), True)
    assert config.cloudfront is False
    assert not config.local


def test_defaults_are_the_bounds_of_the_design() -> None:
    config = load(LEAST)

    assert (config.code_minutes, config.link_minutes, config.challenge_attempts) == (10, 60, 5)
    assert (config.send_cooldown_seconds, config.recent_minutes, config.recovery_codes) == (30, 5, 10)
    assert (config.session_days, config.session_limit, config.device_days) == (30, 10, 180)
    assert (config.mails_per_mailbox, config.mails_per_client) == (10, 3)
    assert (config.half_session_limit, config.half_session_minutes) == (5, 15)
    assert (config.argon2_memory_kib, config.argon2_iterations, config.argon2_parallelism) == (19 * 1024, 2, 1)


def test_empty_variable_counts_as_unset() -> None:
    empty = {variable(field.name): "" for field in fields(Config) if field.name not in ("stage", "project")}

    assert vars(load({**empty, **LEAST, "RATE_LIMITS": ""})) == vars(load(LEAST))


@pytest.mark.parametrize("name", TEXTS)
def test_every_text_is_taken_as_it_is(name: str) -> None:
    stage = "a stage" if name == "stage" else "local"

    assert getattr(load({**LOCAL, "MFA_STAGE": stage, variable(name): stage}), name) == stage


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_is_read(name: str) -> None:
    assert getattr(load({**LEAST, variable(name): "12"}), name) == 12


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["0", "-1", "1.5", "ten", " 5", "+5", "1_0", "٣", "5\n"])
def test_broken_number_is_one_clear_line(name: str, text: str) -> None:
    assert mistakes({**LEAST, variable(name): text}) == [f"{variable(name)} must be a whole number of at least 1"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("MFA_ORIGINS", "example.com, *.Example.org,,localhost ", ("example.com", "*.example.org", "localhost")),
        ("MFA_ORIGINS", "[::1], 10.0.0.1", ("[::1]", "10.0.0.1")),
        ("MFA_ORIGINS", "appwrite-ios://com.Example.App", ("appwrite-ios://com.example.app",)),
        (
            "MFA_ORIGINS",
            "appwrite-windows://My App,appwrite-linux://",
            ("appwrite-windows://my app", "appwrite-linux://"),
        ),
        (
            "MFA_ORIGINS",
            "com.example.app:/verify,com.example.app://x",
            ("com.example.app:/verify", "com.example.app://x"),
        ),
        ("MFA_PARITY", "enumeration, Forwarded-For", frozenset({"enumeration", "forwarded-for"})),
        ("MFA_PARITY", "all", PARITY),
        ("MFA_SMS", "off", False),
        ("MFA_SMS", "on", True),
        ("MFA_DYNAMODB_CLIENT", "own", "own"),
        ("MFA_DYNAMODB_CLIENT", "botocore", "botocore"),
        ("MFA_CLOUDFRONT", "on", True),
        ("MFA_CLOUDFRONT", "off", False),
    ],
)
def test_lists_and_switches_are_read(name: str, text: str, value: Any) -> None:
    assert getattr(load({**LEAST, name: text}), name.removeprefix("MFA_").lower()) == value


@pytest.mark.parametrize(
    "text",
    [
        "https://app.example.com",
        "http://localhost:3000",
        "http://*",
        "app.example.com:3000",
        "app.example.com/",
        "*",
        "*.",
        "a..example.com.",
        "appwrite-ios://com.*",
        "javascript://localhost",
        "file://x",
        "data://x",
        "ws://localhost",
        "example.com:/",
        "com.example.app:/verify?x=1",
        "com.example.app:/verify#x",
        "com.example.app:/*",
        "com.example.app:/ver\\ify",
        "appwrite-ios://com.example.app/",
        "appwrite-ios://com.example.app:1",
        "appwrite-ios:com.example.app",
        "//app.example.com",
        "javascript:/x",
        "myapp:/verify",
        "com.example.app:verify",
        "com.example.app:/ver ify",
        "m\u00fcnchen.example",
    ],
)
def test_origin_that_would_match_nothing_is_one_clear_line(text: str) -> None:
    (mistake,) = mistakes({**LEAST, "MFA_ORIGINS": f"localhost,{text}"})

    assert mistake.startswith(f"MFA_ORIGINS has {text!r}: name the host alone of a web page")


def test_any_app_may_call_the_local_server_only() -> None:
    assert load({**LOCAL, "MFA_ORIGINS": "tauri://*"}).origins == ("tauri://*",)
    assert mistakes({**LEAST, "MFA_ORIGINS": "tauri://*"}) == [
        "MFA_ORIGINS must name each app: scheme://* is for the local server only"
    ]


@pytest.mark.parametrize("text", ["yes", "true", "1", "ON", "0"])
def test_broken_switch_is_one_clear_line(text: str) -> None:
    assert mistakes({**LOCAL, "MFA_SMS": text}) == ["MFA_SMS must be on or off"]
    assert mistakes({**LOCAL, "RATE_LIMITS": text}) == ["RATE_LIMITS must be on or off"]


@pytest.mark.parametrize("text", ["boto3", "Botocore", "own ", "own,botocore", "on"])
def test_unknown_client_is_one_clear_line(text: str) -> None:
    assert mistakes({**LEAST, "MFA_DYNAMODB_CLIENT": text}) == ["MFA_DYNAMODB_CLIENT must be own or botocore"]
    assert load(LEAST).dynamodb_client == "own"


SHOWN = [
    *(
        "Demo",
        "A & B 100%",
        "Acme: Prod",
        "a",
        "7",
        "?",
        "\u2764",
        "\u0416\u0443\u0440\u043d\u0430\u043b",
        "\u65e5\u672c\u3000\u8a9e",
    ),
    *(
        "\u05e9\u05dc\u05d5\u05dd \u200fABC\u200e",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "e\u0301",
        "\U0001f468\u200d\U0001f469",
        "\U0001fae9",
    ),
    "x" * 300,
]
NOT_SHOWN = [
    *(" ", ":", " : :", "\u00a0", "\u3000", "\u200b", "\u00ad\ufeff", "\u2060", "\u3164", "\u2800", "\ufe0f", "\u0301"),
    *("a\nb", "a\rb", "a\tb", "a\0b", "a\x7f", "a\x1b[31m", "a\x85b", "a\u2028b", "a\u2029b"),
    *(f"a{chr(mark)}b" for mark in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
    *("a\udcff", "\ud800"),
]


@pytest.mark.parametrize("variable", ["MFA_PROJECT", "MFA_PROJECT_NAME"])
@pytest.mark.parametrize("text", SHOWN)
def test_name_in_any_script_is_taken(variable: str, text: str) -> None:
    assert load({**LEAST, variable: text}).project_name == text


@pytest.mark.parametrize("variable", ["MFA_PROJECT", "MFA_PROJECT_NAME"])
@pytest.mark.parametrize("text", NOT_SHOWN)
def test_name_that_cannot_be_shown_is_one_clear_line(variable: str, text: str) -> None:
    [line] = mistakes({**LEAST, variable: text})

    assert line.startswith(f"{variable} cannot be shown")
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize("text", ["my set", "set,other", "s\u00e4tze", "s" * 65, "set\n"])
def test_configuration_set_that_ses_could_not_have_is_one_clear_line(text: str) -> None:
    """SES refuses it as it refuses a recipient."""
    (line,) = mistakes({**LEAST, "MFA_MAIL_CONFIGURATION_SET": text})

    assert line.startswith("MFA_MAIL_CONFIGURATION_SET must be the name of one")


def test_each_mistake_has_its_line() -> None:
    found = mistakes({"MFA_STAGE": "", "MFA_SESSION_DAYS": "x", "MFA_SMS": "x", "MFA_PARITY": "b,enumeration,a"})

    assert sorted(found) == [
        "MFA_PARITY has unknown names: a, b",
        "MFA_PROJECT is not set",
        "MFA_SESSION_DAYS must be a whole number of at least 1",
        "MFA_SMS must be on or off",
        "MFA_SMS_COUNTRIES is not set: name the countries that SMS may go to, or set MFA_SMS=off",
        "MFA_STAGE is not set",
    ]


def test_all_cannot_stand_beside_other_names() -> None:
    assert mistakes({**LEAST, "MFA_PARITY": "all,enumeration"}) == ["MFA_PARITY has unknown names: all"]


def test_local_doors_open_in_the_local_stage_only() -> None:
    doors = {"MFA_KEY": "local-api-key", "RATE_LIMITS": "off"}

    config = load({**LOCAL, **doors})

    assert (config.local, config.key, config.rate_limits) == (True, "local-api-key", False)
    assert mistakes({**LEAST, **doors}) == [
        "MFA_KEY is for the local server only",
        "RATE_LIMITS=off is for the local server only",
    ]


def test_limits_may_be_named_as_on_anywhere() -> None:
    assert load({**LEAST, "RATE_LIMITS": "on"}).rate_limits


def test_other_variables_are_passed_over() -> None:
    others = {"MFA_SOMETHING": "x", "PATH": "/bin", "MFA_RATE_LIMITS": "off"}
    assert vars(load({**LEAST, **others})) == vars(load(LEAST))


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        load(LEAST).stage = "local"  # type: ignore[misc]


def test_codes_must_fit_into_one_transaction() -> None:
    assert load({**LEAST, "MFA_RECOVERY_CODES": "40"}).recovery_codes == 40
    assert mistakes({**LEAST, "MFA_RECOVERY_CODES": "41"}) == ["MFA_RECOVERY_CODES must be at most 40"]


def test_devices_are_known_for_as_long_as_browsers_keep_cookies() -> None:
    assert load({**LEAST, "MFA_DEVICE_DAYS": "400"}).device_days == 400
    assert mistakes({**LEAST, "MFA_DEVICE_DAYS": "401"}) == ["MFA_DEVICE_DAYS must be at most 400"]


def test_a_deployment_that_sends_sms_names_its_countries() -> None:
    unnamed = {**LEAST, "MFA_SMS_COUNTRIES": ""}
    assert mistakes(unnamed) == [
        "MFA_SMS_COUNTRIES is not set: name the countries that SMS may go to, or set MFA_SMS=off"
    ]
    assert load({**unnamed, "MFA_SMS": "off"}).sms is False
    assert load({**unnamed, "MFA_STAGE": "local"}).sms_countries == ()
    assert load({**LEAST, "MFA_SMS_COUNTRIES": "DE, at"}).sms_countries == ("de", "at")


@pytest.mark.parametrize("countries", ["Germany", "DE,D", "49", "DE;AT", "D1"])
def test_countries_are_two_letter_codes(countries: str) -> None:
    assert mistakes({**LEAST, "MFA_SMS_COUNTRIES": countries}) == [
        "MFA_SMS_COUNTRIES must be two-letter codes (ISO 3166), with commas between them"
    ]


@pytest.mark.usefixtures("nothing_built")
def test_settings_come_from_the_environment_at_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MFA_STAGE", "test")
    monkeypatch.setenv("MFA_PROJECT", "one")
    monkeypatch.setenv("MFA_SMS", "off")
    for name in ("MFA_KEY", "MFA_ORIGINS"):
        monkeypatch.delenv(name, raising=False)
    assert settings.config().project == "one"

    monkeypatch.setenv("MFA_PROJECT", "two")
    assert settings.config().project == "one"

    container.reset()
    monkeypatch.delenv("MFA_PROJECT")
    with pytest.raises(SettingsError, match="MFA_PROJECT is not set"):
        settings.config()
