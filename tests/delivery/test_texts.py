"""The texts of mails and SMS, in every language and for any name. The English ones say what Appwrite's say."""

import re
from html.parser import HTMLParser

import pytest

from chalicelib.delivery import texts
from chalicelib.delivery.message import Message
from chalicelib.delivery.words import LANGUAGES as LANGUAGE_WORDS

LINK = "https://app.test/verify?next=a%20b&x='\"<>&userId=u1&secret=5ec4e7&expire=2030-01-01T00%3A00%3A00.000%2B00%3A00"
LANGUAGES = list(LANGUAGE_WORDS)
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


class Page(HTMLParser):
    """What a mail program makes of the HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_verification_says_what_the_contract_says() -> None:
    mail = texts.verification("en", "Demo", "Ann", LINK)

    assert mail.subject == "Account Verification for Demo"
    assert mail.text.startswith("Hello Ann,\n")
    assert "Verify your email to activate your Demo account." in mail.text
    assert LINK in mail.text.splitlines()


def test_challenge_says_what_the_contract_says() -> None:
    mail = texts.challenge("en", "Demo", "042917", 10)

    assert mail.subject == "Verification Code for Demo"
    assert "Use code 042917 for two-step verification in Demo. Expires in 10 minutes." in mail.text


def test_sign_in_code_says_what_the_contract_says() -> None:
    mail = texts.sign_in_code("en", "Demo", "042917", 15)

    assert mail.subject == "OTP for Demo Login"
    assert "Use OTP 042917 to sign in to Demo. Expires in 15 minutes." in mail.text


@pytest.mark.parametrize(("minutes", "life"), [(60, "1 hour"), (90, "90 minutes")])
def test_sign_in_link_says_what_the_contract_says(minutes: int, life: str) -> None:
    mail = texts.sign_in_link("en", "Demo", LINK, minutes)

    assert mail.subject == "Demo Login"
    assert f"Sign in to Demo with your secure link. Expires in {life}." in mail.text
    assert LINK in mail.text.splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
def test_security_phrase_is_where_it_was_asked_for_alone(language: str) -> None:
    said = LANGUAGE_WORDS[language].phrase.partition("$")[0]
    for make, secret, minutes in ((texts.sign_in_link, LINK, 60), (texts.sign_in_code, "042917", 15)):
        mail = make(language, "Demo", secret, minutes, "Calm Otter")
        assert f"{said}Calm Otter." in mail.text
        assert f"{said}Calm Otter." in Page(mail.html).words
        assert said not in make(language, "Demo", secret, minutes).text


def test_security_phrase_is_called_by_its_name() -> None:
    assert "security phrase" in texts.sign_in_code("en", "Demo", "042917", 15, "Calm Otter").text


def link_mails(language: str) -> list[Message]:
    return [
        texts.verification(language, "Demo", "Ann", LINK),
        texts.recovery(language, "Demo", "Ann", LINK),
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
        assert LINK in page.words


@pytest.mark.parametrize("language", LANGUAGES)
def test_code_is_the_only_six_digit_word(language: str) -> None:
    for mail in code_mails(language):
        for part in (mail.text, mail.html):
            assert set(re.findall(r"\b\d{6}\b", part)) == {"042917"}
        assert "10" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_says_all_that_the_text_says(language: str) -> None:
    for mail in (*link_mails(language), *code_mails(language)):
        words = Page(mail.html).words
        assert all(line in words for line in mail.text.splitlines())
        assert f'<html lang="{language}">' in mail.html


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
    usual = Page(texts.verification(language, "Demo", "Ann", LINK).html)

    mail = texts.verification(language, name, name, LINK)

    page = Page(mail.html)
    assert (page.tags, page.attributes, page.links) == (usual.tags, usual.attributes, usual.links)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", mail.subject)
    assert len(mail.subject) < 200
    assert len(mail.text.splitlines()) == len(texts.verification(language, "Demo", "Ann", LINK).text.splitlines())
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
    mail = texts.verification("en", "Demo", name, LINK)

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
    assert texts.verification("en", "Demo", name, LINK).text.startswith("Hello,\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sms_starts_with_the_code_and_fits_one_segment(language: str) -> None:
    text = texts.sms(language, "042917", 10)

    assert text.startswith("042917 ")
    assert re.findall(r"\d+", text) == ["042917", "10"]
    assert len(text) <= 160
    assert set(text) <= GSM7


NOTICES = list(LANGUAGE_WORDS["en"].notices)
LONGEST = ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "Samsung Browser, GNU/Linux")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_notice(language: str) -> None:
    assert list(LANGUAGE_WORDS[language].notices) == NOTICES


@pytest.mark.parametrize("act", NOTICES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("project", ["Demo", "W" * 128, *HOSTILE])
def test_notice_by_sms_is_one_segment_of_our_own_words(language: str, act: str, project: str) -> None:
    text = texts.notice_sms(language, project, act, 0, *LONGEST)

    assert len(text) <= 160
    assert set(text) <= GSM7
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
