"""The texts of mails and SMS, in every language and for any name. The English ones say what Appwrite's say."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from chalicelib.delivery import texts
from chalicelib.delivery.message import Message
from chalicelib.delivery.words import words
from chalicelib.languages import LANGUAGES, RIGHT_TO_LEFT, direction
from chalicelib.runtime import container, settings

LINK = "https://app.test/verify?next=a%20b&x='\"<>&userId=u1&secret=5ec4e7&expire=2030-01-01T00%3A00%3A00.000%2B00%3A00"
SHOWN = "app.test"
"""What the mail shows of it where the button does not work: its secret has 256 characters."""
HOSTILE = [
    "\r\nBcc: x@y.test",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)",
    '" onmouseover="x',
    "{code} {0.__class__}",
    "$code ${code} $$ $name $project",
    "%s %(code)s",
    "Zo\u00eb \U0001f469\u200d\U0001f4bb",
    "\u202egnp.exe\u2066",
    "\ud800half\x00\x1b[2J\x85\u2028",
    "W" * 4000,
]
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    """Those of a deployment that has named nothing of its brand."""
    with container.override("config", settings.load({"MFA_STAGE": "local", "MFA_PROJECT": "demo"})):
        yield


class Page(HTMLParser):
    """What a mail program makes of the HTML."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def shown_in(language: str, value: str) -> str:
    """A value as it stands in a line."""
    return f"\u2068{value}\u2069" if language in RIGHT_TO_LEFT else value


def test_verification_says_what_the_contract_says() -> None:
    mail = texts.verification("en", "Demo", "Ann", LINK, 60)

    assert mail.subject == "Account Verification for Demo"
    assert mail.text.startswith("Hello Ann,\n")
    assert "Verify the email address of your Demo account." in mail.text
    assert LINK in mail.text.splitlines()


def test_challenge_says_what_the_contract_says() -> None:
    mail = texts.challenge("en", "Demo", "042917", 10)

    assert mail.subject == "Verification Code for Demo"
    assert "Use code 042917 for two-step verification in Demo. Expires in 10 minutes." in mail.text


def test_sign_in_code_says_what_the_contract_says() -> None:
    mail = texts.sign_in_code("en", "Demo", "042917", 15)

    assert mail.subject == "OTP for Demo Login"
    assert "Use OTP 042917 to sign in to Demo. Expires in 15 minutes." in mail.text


@pytest.mark.parametrize(
    ("minutes", "life"),
    [(1, "1 minute"), (60, "1 hour"), (90, "90 minutes"), (120, "2 hours"), (1440, "1 day"), (10080, "7 days")],
)
def test_sign_in_link_says_what_the_contract_says(minutes: int, life: str) -> None:
    mail = texts.sign_in_link("en", "Demo", LINK, minutes)

    assert mail.subject == "Demo Login"
    assert f"Sign in to Demo with your secure link. Expires in {life}." in mail.text
    assert LINK in mail.text.splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_security_phrase_is_where_it_was_asked_for_alone(language: str) -> None:
    said = words(language).phrase.partition("$")[0]
    for make, secret, minutes in ((texts.sign_in_link, LINK, 60), (texts.sign_in_code, "042917", 15)):
        mail = make(language, "Demo", secret, minutes, "Calm Otter")
        assert f"{said}{shown_in(language, 'Calm Otter')}." in mail.text
        assert f"{said}{shown_in(language, 'Calm Otter')}." in Page(mail.html).words
        assert said not in make(language, "Demo", secret, minutes).text


def test_security_phrase_is_called_by_its_name() -> None:
    assert "security phrase" in texts.sign_in_code("en", "Demo", "042917", 15, "Calm Otter").text


def link_mails(language: str) -> list[Message]:
    return [
        texts.verification(language, "Demo", "Ann", LINK, 60),
        texts.recovery(language, "Demo", "Ann", LINK, 60),
        texts.sign_in_link(language, "Demo", LINK, 60, "Calm Otter"),
    ]


def code_mails(language: str) -> list[Message]:
    return [
        texts.challenge(language, "Demo", "042917", 10),
        texts.sign_in_code(language, "Demo", "042917", 10, "Calm Otter"),
        texts.verification_code(language, "Demo", "042917", 10, "Calm Otter"),
        texts.recovery_code(language, "Demo", "042917", 10, "Calm Otter"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_link_survives_the_html(language: str) -> None:
    for mail in link_mails(language):
        page = Page(mail.html)
        assert page.links == [LINK, LINK]
        assert LINK in mail.text.splitlines()
        assert SHOWN in page.words
        assert "5ec4e7" not in page.words


@pytest.mark.parametrize(
    ("url", "shown"), [("com.example.app:/verify?secret=1", "com.example.app"), (LINK, "app.test")]
)
def test_link_is_shown_by_where_it_leads(url: str, shown: str) -> None:
    assert f">{shown}</a>" in texts.recovery("en", "Demo", "Ann", url, 60).html


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_is_the_only_six_digit_word(language: str) -> None:
    for mail in code_mails(language):
        for part in (mail.text, mail.html):
            assert set(re.findall(r"\b\d{6}\b", part)) == {"042917"}
        assert "10" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_says_all_that_the_text_says(language: str) -> None:
    for mail in (*link_mails(language), *code_mails(language)):
        page = Page(mail.html)
        assert all(line in page.words or line in page.links for line in mail.text.splitlines())
        assert f'<html lang="{language}" dir="{direction(language)}">' in mail.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_stands_first_where_a_locked_screen_shows_it_and_never_in_the_subject(language: str) -> None:
    for mail in code_mails(language):
        assert mail.text.startswith("042917\n")
        assert Page(mail.html.partition("<body")[2].partition(">")[2]).words.strip().startswith("042917 ")
        assert "042917" not in mail.subject


LIVES = {
    "en": ("10 minutes", "1 hour"),
    "de": ("10 Minuten", "1 Stunde"),
    "fr": ("10 minutes", "1 heure"),
    "es": ("10 minutos", "1 hora"),
    "ar": ("10 دقائق", "ساعة واحدة"),
}


@pytest.mark.parametrize("language", LIVES)
def test_codes_and_links_say_how_long_they_live(language: str) -> None:
    of_codes, of_links = LIVES[language]

    assert all(of_codes in mail.text for mail in code_mails(language))
    assert all(of_links in mail.text for mail in link_mails(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_mail_says_that_mfa_waits_for_it(language: str) -> None:
    said = words(language).verification_waiting
    link, code = ("Demo", "Ann", LINK, 60), ("Demo", "042917", 10, "")

    assert said in texts.verification(language, *link, waiting=True).text
    assert said in texts.verification_code(language, *code, waiting=True).text
    assert said not in texts.verification(language, *link).text + texts.verification_code(language, *code).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_fetches_nothing(language: str) -> None:
    for mail in (*link_mails(language), *code_mails(language)):
        page = Page(mail.html)
        assert not {"img", "script", "link", "iframe", "form"} & set(page.tags)
        assert "url(" not in mail.html
        assert "@import" not in mail.html
        assert "logo" not in mail.html.lower()


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("de", "de"),
        ("de-CH", "de"),
        ("DE_at", "de"),
        ("fr-ca", "fr"),
        ("es-419", "es"),
        ("en-GB", "en"),
        ("pt", "en"),
        ("pt-br", "en"),
        ("", "en"),
        ("../../etc/passwd", "en"),
        ("deutsch", "en"),
    ],
)
def test_regions_fall_back_to_the_language_and_the_unknown_to_english(locale: str, language: str) -> None:
    assert texts.challenge(locale, "Demo", "042917", 10) == texts.challenge(language, "Demo", "042917", 10)
    assert texts.sms(locale, "042917", 10) == texts.sms(language, "042917", 10)


def test_languages_differ() -> None:
    assert len({texts.sms(language, "042917", 10) for language in LANGUAGES}) == len(LANGUAGES)
    for number in range(7):
        mails = {(*link_mails(language), *code_mails(language))[number].text for language in LANGUAGES}
        assert len(mails) == len(LANGUAGES)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_are_words_and_nothing_else(language: str, name: str) -> None:
    usual = Page(texts.verification(language, "Demo", "Ann", LINK, 60).html)

    mail = texts.verification(language, name, name, LINK, 60)

    page = Page(mail.html)
    assert (page.tags, page.attributes, page.links) == (usual.tags, usual.attributes, usual.links)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", mail.subject)
    assert len(mail.subject) < 200
    assert len(mail.text.splitlines()) == len(texts.verification(language, "Demo", "Ann", LINK, 60).text.splitlines())
    mail.text.encode()
    mail.html.encode()


@pytest.mark.parametrize("project", ["$code", "${minutes}", "{code}", "{0}", "%s", "$", "a$$b"])
def test_a_name_is_never_read_as_a_template(project: str) -> None:
    mail = texts.challenge("en", project, "042917", 10)

    assert mail.subject == "Verification Code for " + project
    assert f"two-step verification in {project}. Expires" in mail.text
    assert f"two-step verification in {project}. Expires" in Page(mail.html).words


@pytest.mark.parametrize(
    "name", ["Ann", "J.R.R. Tolkien", "Zo\u00eb \U0001f469", "Tom <3 Kim", "\u674e\u5c0f\u9f99", "Ann  Lee"]
)
def test_a_name_is_greeted(name: str) -> None:
    mail = texts.verification("en", "Demo", name, LINK, 60)

    assert mail.text.startswith(f"Hello {name},\n")
    assert f"Hello {name}," in Page(mail.html).words


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \r\n ",
        "https://evil.test",
        "go to evil.test now",
        "evil\uff0etest",
        "evil\u3002test",
        "a@evil.test",
        "evil\\x",
        "Your code is 123456",
        "call 555 12 34",
        "\u0661\u0662\u0663\u0664",
        "You have won. " * 6,
    ],
)
def test_a_name_that_carries_a_link_or_a_number_is_not_greeted(name: str) -> None:
    assert texts.verification("en", "Demo", name, LINK, 60).text.startswith("Hello,\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sms_starts_with_the_code_and_fits_one_segment(language: str) -> None:
    text = texts.sms(language, "042917", 10)

    assert text.startswith("042917 ")
    assert re.findall(r"\d+", text) == ["042917", "10"]
    assert segments(text) == 1


def segments(text: str) -> int:
    """How many SMS a text is: of the alphabet GSM-7, or of UCS-2, of which several have 67 places each."""
    if set(text) <= GSM7:
        return 1 if len(text) <= 160 else -(-len(text) // 153)
    return 1 if len(text) <= 70 else -(-len(text) // 67)


NOTICES = list(words("en").notices)
LONGEST = ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "Samsung Browser, GNU/Linux")


def notice(language: str, act: str) -> Message:
    return texts.notice(language, "Demo", "Ann", act, 0, LONGEST[0], "", LONGEST[1], 7)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_says_its_act_in_subject_and_headline(language: str) -> None:
    subjects = set()
    for act in NOTICES:
        mail, told = notice(language, act), words(language).notices[act]
        assert f">{html.escape(told.headline)}</h1>" in mail.html
        assert "Demo" in mail.subject
        assert told.headline in mail.subject or told.subject
        subjects.add(mail.subject)
    assert len(subjects) == len(NOTICES) - 1  # a changed address is told in two ways


@pytest.mark.parametrize("language", LANGUAGES)
def test_notice_has_one_button_where_the_settings_page_is_known(language: str) -> None:
    page, helpdesk = "https://app.test/settings?a=b&c=d", "help@app.test"
    for act in NOTICES:
        assert Page(notice(language, act).html).links == []

        with container.override("config", replace(settings.config(), settings_page=page, support=helpdesk)):
            mail = notice(language, act)

        told, owner_can_act = Page(mail.html), act not in ("email_changed_old", "account_deleted")
        assert told.links == [*([page] if owner_can_act else []), f"mailto:{helpdesk}"], act
        assert all(line in told.words or line in told.links for line in mail.text.splitlines())
        assert helpdesk in told.words


@pytest.mark.parametrize(
    ("language", "removing"),
    [("en", "emove "), ("de", "entfernen"), ("fr", "etirez"), ("es", "la llave"), ("ar", "أزل")],
)
def test_notice_of_a_passkey_says_to_remove_it(language: str, removing: str) -> None:
    """A new password leaves it there."""
    usual = words(language)

    assert removing in notice(language, "passkey_added").text
    assert removing in texts.notice_sms(language, "Demo", "passkey_added", 0, *LONGEST)
    assert usual.notice_advice not in notice(language, "passkey_added").text
    assert removing not in usual.notice_advice + usual.notice_sms


def test_help_may_be_a_page() -> None:
    with container.override("config", replace(settings.config(), support="https://app.test/help")):
        assert Page(notice("en", "mfa_off").html).links == ["https://app.test/help"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_brand_is_shown_by_its_logo_and_colors(language: str) -> None:
    logo, light, dark = "https://app.test/l.png?a&b", "#123456", "#ABCDEF"
    brand = replace(settings.config(), brand_logo=logo, brand_color=light, brand_color_dark=dark)
    with container.override("config", brand):
        mail = texts.recovery(language, "De<mo", "Ann", LINK, 60)

    assert '<img src="https://app.test/l.png?a&amp;b" alt="De&lt;mo"' in mail.html
    assert "background:rgb(18, 52, 86)" in mail.html  # in six digits it would look like a code
    assert "background: rgb(171, 205, 239) !important" in mail.html


@pytest.mark.parametrize("act", NOTICES)
def test_line_from_right_to_left_keeps_values_in_their_order(act: str) -> None:
    mail = notice("ar", act)

    for value in ("1970-01-01 00:00 UTC", *LONGEST):
        assert f"\u2068{value}\u2069" in mail.text
    assert "\u200e1970-01-01 00:00 UTC" in texts.notice_sms("ar", "Demo", act, 0, *LONGEST)
    assert not re.search("[\u2066-\u2069]", mail.subject)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("project", ["Demo", "W" * 128, *HOSTILE])
def test_notice_by_sms_is_one_segment_of_our_own_words(language: str, project: str) -> None:
    """Two in the alphabet of Arabic."""
    for act in NOTICES:
        text = texts.notice_sms(language, project, act, 0, *LONGEST)

        assert segments(text) == (2 if language in RIGHT_TO_LEFT else 1), act
        assert "1970-01-01 00:00 UTC" in text
        assert LONGEST[0] in text


@pytest.mark.parametrize(
    ("project", "device", "start", "place"),
    [
        ("Demo", "Chrome, Windows", "Demo: Password changed, ", "from 192.0.2.1, Chrome, Windows."),
        ("Demo", "", "Demo: Password changed, ", "from 192.0.2.1."),
        ("Zoë", "Chrome, Windows", "Password changed, ", "from 192.0.2.1, Chrome, Windows."),
        ("W" * 60, "Samsung Browser, GNU/Linux", f"{'W' * 60}: Password changed, ", "from 192.0.2.1."),
        ("W" * 128, "Chrome, Windows", "Password changed, ", "from 192.0.2.1."),
    ],
)
def test_notice_by_sms_names_project_and_device_where_there_is_room(
    project: str, device: str, start: str, place: str
) -> None:
    text = texts.notice_sms("en", project, "password_changed", 0, "192.0.2.1", device)

    assert text.startswith(start)
    assert f" UTC {place} Not you?" in text
