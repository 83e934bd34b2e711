"""Settings are read from the environment: defaults, kinds of values, and one clear line for each mistake."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from chalicelib.runtime import colors, container, settings
from chalicelib.runtime.settings import PARITY, Config, SettingsError, load, variable

LEAST = {"MFA_STAGE": "dev", "MFA_PROJECT": "demo", "MFA_SMS_COUNTRIES": "DE"}
LOCAL = {**LEAST, "MFA_STAGE": "local"}
NUMBERS = [field.name for field in fields(Config) if field.type == "int"]
TEXTS = [field.name for field in fields(Config) if field.type == "str"]


def mistakes(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(environment)
    return str(error.value).splitlines()


def test_stage_and_project_suffice() -> None:
    config = load(LEAST)

    assert (config.stage, config.project, config.project_name) == ("dev", "demo", "demo")
    assert (config.table_prefix, config.kms_key) == ("chalice-mfa-dev", "alias/chalice-mfa-dev")
    assert config.mail_configuration_set == "chalice-mfa-dev"
    assert (config.key, config.origins, config.parity, config.rate_limits) == ("", (), frozenset(), True)
    assert config.cloudfront is False
    assert not config.local


def test_keys_are_those_of_the_tables_unless_told_otherwise() -> None:
    restored = {**LEAST, "MFA_TABLE_PREFIX": "restored"}

    assert load(LEAST).key_context == "chalice-mfa-dev"
    assert load(restored).key_context == "restored"
    assert load({**restored, "MFA_KEY_CONTEXT": "chalice-mfa-dev"}).key_context == "chalice-mfa-dev"


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
    texts = {
        "stage": "a stage",
        "kms_key": "alias/some-key",
        "pwned_passwords": "https://pwned.example.com",
        **dict.fromkeys(("brand_logo", "settings_page", "support"), "https://example.com/a?b=c&d=%20#e"),
        "brand_color": "#0A5C36",
        "brand_color_dark": "#7ee0a8",
    }
    text = texts.get(name, "Local")

    assert getattr(load({**(LEAST if name == "stage" else LOCAL), variable(name): text}), name) == text


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_is_read(name: str) -> None:
    assert getattr(load({**LEAST, "MFA_MAILS_PER_MAILBOX": "20", variable(name): "12"}), name) == 12


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("text", ["0", "-1", "1.5", "ten", " 5", "+5", "1_0", "٣", "5\n"])
def test_broken_number_is_one_clear_line(name: str, text: str) -> None:
    assert mistakes({**LEAST, variable(name): text}) == [f"{variable(name)} must be a whole number of at least 1"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
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


APK = "Zm9vYmFy-_ZvbmZvb2JhcmZvb2JhcmZvb2JhcmZvb2U"
ORIGINS = {
    "app.example.com": "app.example.com",
    "https://app.example.com": "app.example.com",
    "HTTPS://App.Example.com/": "app.example.com",
    "https://app.example.com:8443/": "app.example.com",
    "app.example.com:3000": "app.example.com",
    "app.example.com/": "app.example.com",
    "*.example.org": "*.example.org",
    "https://*.example.org": "*.example.org",
    "http://localhost:3000": "localhost",
    "https://localhost": "localhost",
    "http://app.localhost:3000": "app.localhost",
    "http://*.localhost:3000": "*.localhost",
    "http://127.0.0.1:5173": "127.0.0.1",
    "http://[::1]:3000": "[::1]",
    "[0:0:0:0:0:0:0:1]": "[::1]",
    "https://[2001:DB8::1]/": "[2001:db8::1]",
    "10.0.0.1": "10.0.0.1",
    "xn--mnchen-3ya.example": "xn--mnchen-3ya.example",
    "appwrite-ios://com.Example.App": "appwrite-ios://com.example.app",
    "appwrite-windows://My App": "appwrite-windows://my app",
    "appwrite-linux://": "appwrite-linux://",
    "com.example.app:/verify": "com.example.app:/verify",
    "com.example.app://x": "com.example.app://x",
    f"android:apk-key-hash:{APK}": f"android:apk-key-hash:{APK}",
    f"Android:APK-key-hash:{APK}": f"android:apk-key-hash:{APK}",
}
"""What may be written, and what the app compares."""


@pytest.mark.parametrize("text", ORIGINS)
def test_origin_is_taken_by_what_the_app_compares(text: str) -> None:
    assert load({**LEAST, "MFA_ORIGINS": text}).origins == (ORIGINS[text],)


def test_origins_are_a_list_without_repetition() -> None:
    given = "https://a.example , *.B.example,,http://localhost:3000, http://localhost:5173 "

    assert load({**LEAST, "MFA_ORIGINS": given}).origins == ("a.example", "*.b.example", "localhost")


HOST_ALONE = "the host alone as browsers spell it"
HTTPS = "pages over http are let in from loopback only: use https, write"
EVERY_PAGE = "which is every page there is: name your hosts"
ANY_FORM = "name the host alone of a web page (app.example.com, [::1])"
NO_ORIGINS = {
    "https://app.example.com/login": f"write app.example.com, {HOST_ALONE}",
    "app.example.com/login": f"write app.example.com, {HOST_ALONE}",
    "https://app.example.com?a=b": f"write app.example.com, {HOST_ALONE}",
    "http://localhost:3000/#top": f"write localhost, {HOST_ALONE}",
    "m\u00fcnchen.example": f"write xn--mnchen-3ya.example, {HOST_ALONE}",
    "https://app.stra\u00dfe.example/": f"write app.xn--strae-oqa.example, {HOST_ALONE}",
    "app.example.com:999999": f"write app.example.com, {HOST_ALONE}",
    "http://app.example.com": f"{HTTPS} app.example.com",
    "http://app.example.com:80/": f"{HTTPS} app.example.com",
    "http://*.example.com": f"{HTTPS} *.example.com",
    "http://10.0.0.1:3000": f"{HTTPS} 10.0.0.1",
    "http://localhost.example.com": f"{HTTPS} localhost.example.com",
    "*": EVERY_PAGE,
    "*.": EVERY_PAGE,
    "http://*": EVERY_PAGE,
    "https://*/": EVERY_PAGE,
    **dict.fromkeys(
        [
            *("a..example.com", "app.example.com.", "-app.example.com", "my_app.example.com", "app.*.example.com"),
            *("127.1", "2130706433", "0x7f.0.0.1", "010.0.0.1", "256.0.0.1", "*.0.0.1", "app.1"),
            *("::1", "[::1", "[::g]", "[fe80::1%25eth0]", "https://", "//app.example.com", "example.com:/"),
            *("https://a.example https://b.example", "a.example;b.example", '"a.example"', "app.example.com:http"),
            *("appwrite-ios://com.*", "appwrite-ios://com.example.app/", "appwrite-ios://com.example.app:1"),
            *("appwrite-ios:com.example.app", "com.example.app:verify", "com.example.app:/ver ify", "myapp:/verify"),
            *("com.example.app:/verify?x=1", "com.example.app:/verify#x", "com.example.app:/*"),
            *("com.example.app:/ver\\ify", "javascript:/x", "javascript://localhost", "file://x", "data://x"),
            *("ws://localhost", "android:apk-key-hash:", f"android:apk-key-hash:{'e' * 42}"),
            *(f"android:apk-key-hash:{'e' * 43}=", f"android:apk-key-hash:{'e' * 42}+", f"android:{'e' * 43}"),
            f"android:apk-key-hash:{':'.join(['ab'] * 32)}",
        ],
        ANY_FORM,
    ),
}
"""What is none, and what to write."""


@pytest.mark.parametrize("text", NO_ORIGINS)
def test_origin_that_would_match_nothing_is_one_clear_line(text: str) -> None:
    [mistake] = mistakes({**LEAST, "MFA_ORIGINS": f"localhost,{text}"})

    assert mistake.startswith(f"MFA_ORIGINS has {text!r}")
    assert NO_ORIGINS[text] in mistake


@pytest.mark.parametrize("url", ["https://ann:pw-of-ann@app.example.com", "https://pw-of-ann@app.example.com:1/x"])
def test_user_in_an_origin_is_refused_without_the_password(url: str) -> None:
    [mistake] = mistakes({**LEAST, "MFA_ORIGINS": url})

    assert mistake == f"MFA_ORIGINS has a user in a URL: write app.example.com, {HOST_ALONE}"


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


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("MFA_TABLE_PREFIX", "*", "must be letters, digits, - and _"),
        ("MFA_TABLE_PREFIX", "my tables", "must be letters, digits, - and _"),
        ("MFA_KMS_KEY", "chalice-mfa-dev", "must be the alias of a key"),
        ("MFA_KMS_KEY", "arn:aws:kms:us-east-1:123456789012:key/k", "must be the alias of a key"),
        ("MFA_SMS_SENDER_ID", "Acme Codes", "must be 1 to 11 letters and digits"),
        ("MFA_SMS_SENDER_ID", "12345", "must be 1 to 11 letters and digits"),
        ("MFA_SMS_SENDER_ID", "AcmeAcmeAcme", "must be 1 to 11 letters and digits"),
    ],
)
def test_name_that_aws_could_not_have_is_one_clear_line(name: str, text: str, line: str) -> None:
    [mistake] = mistakes({**LEAST, name: text})

    assert mistake.startswith(f"{name} {line}")


@pytest.mark.parametrize("text", ["help@example.com", "ann.b+help@mail.example.com", "https://example.com/help"])
def test_support_is_a_mail_address_or_a_page(text: str) -> None:
    assert load({**LEAST, "MFA_SUPPORT": text}).support == text


@pytest.mark.parametrize("name", ["MFA_BRAND_LOGO", "MFA_SETTINGS_PAGE", "MFA_SUPPORT"])
@pytest.mark.parametrize(
    "text",
    [
        *("example.com", "http://example.com/x", "javascript:alert(1)", "data:image/png;base64,AA", "https://"),
        *('https://example.com/"x', "https://example.com/<x>", "https://example.com/a b", "https://example.com/\n"),
        *("http://localhost.example.com/", "Help <help@example.com>", "help@example", "mailto:help@example.com"),
    ],
)
def test_address_that_is_no_page_is_one_clear_line(name: str, text: str) -> None:
    [line] = mistakes({**LEAST, name: text})

    assert line.startswith(f"{name} must be ")
    assert line.endswith("by https")


@pytest.mark.parametrize("name", ["MFA_BRAND_COLOR", "MFA_BRAND_COLOR_DARK"])
@pytest.mark.parametrize("text", ["2b59d9", "#fff", "blue", "#2b59dg", "#2b59d9;", "rgb(1,2,3)"])
def test_color_is_six_hexadecimal_digits(name: str, text: str) -> None:
    assert mistakes({**LEAST, name: text}) == [f"{name} must be # and six hexadecimal digits, as in #2b59d9"]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("MFA_BRAND_COLOR", "#767676", "has a contrast of 4.13 to #f3f4f7: text needs 4.5 (WCAG 2.2, 1.4.3), so take"),
        ("MFA_BRAND_COLOR", "#ffcc00", "has a contrast of 1.37 to #f3f4f7: "),
        ("MFA_BRAND_COLOR_DARK", "#2b59d9", "has a contrast of 2.8"),
    ],
)
def test_color_that_cannot_be_read_is_one_clear_line(name: str, text: str, line: str) -> None:
    [mistake] = mistakes({**LEAST, name: text})

    assert mistake.startswith(f"{name} {line}")


@pytest.mark.parametrize(("field", "text"), [("brand_color", "#6F6F6F"), ("brand_color_dark", "#868686")])
def test_color_that_can_just_be_read_is_taken(field: str, text: str) -> None:
    assert getattr(load({**LEAST, variable(field): text}), field) == text


def test_own_colors_can_be_read() -> None:
    config = load(LEAST)

    assert [colors.mistake(name, getattr(config, name)) for name in colors.GROUNDS] == ["", ""]
    assert (round(colors.contrast("#000000", "#ffffff")), colors.contrast("#777777", "#777777")) == (21, 1)
    assert round(colors.contrast("#767676", "#ffffff"), 2) == 4.54  # the lightest gray that passes on white


@pytest.mark.parametrize("name", NUMBERS)
def test_number_that_nobody_means_is_one_clear_line(name: str) -> None:
    most = settings.MOST.get(name, settings.AT_MOST)

    assert f"{variable(name)} must be at most {most}" in mistakes({**LEAST, variable(name): str(most + 1)})


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"MFA_GUESSES_PER_HOUR": "60"}, "MFA_GUESSES_PER_HOUR is 60, more than MFA_GUESSES_PER_DAY, which is 50"),
        ({"MFA_GUESSES_PER_DAY": "9"}, "MFA_GUESSES_PER_HOUR is 10, more than MFA_GUESSES_PER_DAY, which is 9"),
        ({"MFA_SMS_PER_DAY": "4"}, "MFA_SMS_PER_NUMBER is 5, more than MFA_SMS_PER_DAY, which is 4"),
        (
            {"MFA_MAILS_PER_CLIENT": "11"},
            "MFA_MAILS_PER_CLIENT is 11, more than MFA_MAILS_PER_MAILBOX, which is 10",
        ),
        (
            {"MFA_WRONG_PASSWORDS_PER_CLIENT": "101"},
            "MFA_WRONG_PASSWORDS_PER_CLIENT is 101, more than MFA_WRONG_PASSWORDS_PER_EMAIL, which is 100",
        ),
        (
            {"MFA_ARGON2_MEMORY_KIB": "19"} | {"MFA_ARGON2_PARALLELISM": "4"},
            "MFA_ARGON2_MEMORY_KIB must be at least 8 times MFA_ARGON2_PARALLELISM",
        ),
    ],
)
def test_numbers_that_contradict_each_other_are_one_clear_line(given: dict[str, str], line: str) -> None:
    assert mistakes({**LEAST, **given}) == [line]


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


@pytest.mark.parametrize(
    ("name", "most"), [("recovery_codes", 40), ("device_days", 400), ("session_days", 400), ("session_limit", 60)]
)
def test_most_is_what_transactions_and_browsers_take(name: str, most: int) -> None:
    assert getattr(load({**LEAST, variable(name): str(most)}), name) == most == settings.MOST[name]


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
