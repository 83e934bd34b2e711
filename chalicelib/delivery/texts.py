"""What we say to people, per language.

Names are other people's text: they are filled in once, never read as a template and never as HTML.
"""

import re
import unicodedata
from datetime import datetime, timezone
from string import Template

from chalicelib.delivery import message
from chalicelib.delivery.message import Message, Part, one_line
from chalicelib.delivery.words import LANGUAGES, Words

# What a mail program makes a link of, or a reader takes for a code: an address, a path, a domain, a number.
_TELLING = re.compile(r"[/\\@]|[.\u3002]\w\w|\d(\W?\d){3}")
_LONGEST_GREETING = 64
SMS_LENGTH = 160
_PLAIN = re.compile(r"[A-Za-z0-9 .,:&'()+/-]+")  # one place of GSM-7 each


def verification(locale: str, project: str, name: str, link: str) -> Message:
    """Asks the owner of a mailbox to open `link`. `locale`: `de`, `de-CH`; an unknown one is English."""
    language, words = _language(locale)
    texts = (words.verification_subject, words.verification, words.verification_button)
    return _link_mail(language, words, project, name, link, texts)


def recovery(locale: str, project: str, name: str, link: str) -> Message:
    """Lets the owner of a mailbox set a new password behind `link`."""
    language, words = _language(locale)
    texts = (words.recovery_subject, words.recovery, words.recovery_button)
    return _link_mail(language, words, project, name, link, texts)


def sign_in_link(locale: str, project: str, link: str, minutes: int, phrase: str = "") -> Message:
    """Lets the owner of a mailbox sign in by `link`, which lives `minutes`. `phrase`: the security phrase, if any."""
    language, words = _language(locale)
    life = words.hour if minutes == 60 else _fill(words.minutes, minutes=minutes)
    texts = (words.sign_in_link_subject, words.sign_in_link, words.sign_in_button)
    return _link_mail(language, words, project, "", link, texts, phrase, life=life)


def _link_mail(
    language: str,
    words: Words,
    project: str,
    name: str,
    link: str,
    texts: tuple[str, str, str],
    phrase: str = "",
    **values: str,
) -> Message:
    project = one_line(project)
    subject, line, button = texts
    return message.compose(
        language,
        project,
        _fill(subject, project=project),
        [
            message.paragraph(_greeting(words, name)),
            message.paragraph(_fill(line, project=project, **values)),
            message.link(button, words.link_hint, link),
            *_phrase(words, phrase),
            message.note(words.verification_note),
        ],
    )


def challenge(locale: str, project: str, code: str, minutes: int) -> Message:
    """The mail with the code of an MFA challenge, which lives `minutes`."""
    language, words = _language(locale)
    texts = (words.challenge_subject, words.challenge, words.challenge_note)
    return _code_mail(language, words, project, code, minutes, texts)


def sign_in_code(locale: str, project: str, code: str, minutes: int, phrase: str = "") -> Message:
    """The mail with a sign-in code, which lives `minutes`. `phrase`: the security phrase, if any."""
    language, words = _language(locale)
    texts = (words.sign_in_code_subject, words.sign_in_code, words.code_note)
    return _code_mail(language, words, project, code, minutes, texts, phrase)


def verification_code(locale: str, project: str, code: str, minutes: int, phrase: str = "") -> Message:
    """The mail with a code that proves the mailbox. As above."""
    language, words = _language(locale)
    texts = (words.verification_subject, words.verification_code, words.code_note)
    return _code_mail(language, words, project, code, minutes, texts, phrase)


def recovery_code(locale: str, project: str, code: str, minutes: int, phrase: str = "") -> Message:
    """The mail with a code that gives a new password. As above."""
    language, words = _language(locale)
    texts = (words.recovery_subject, words.recovery_code, words.code_note)
    return _code_mail(language, words, project, code, minutes, texts, phrase)


def _code_mail(
    language: str,
    words: Words,
    project: str,
    code: str,
    minutes: int,
    texts: tuple[str, str, str],
    phrase: str = "",
) -> Message:
    project = one_line(project)
    subject, line, note = texts
    return message.compose(
        language,
        project,
        _fill(subject, project=project),
        [
            message.paragraph(_fill(line, code=code, project=project, minutes=minutes)),
            message.code(code),
            *_phrase(words, phrase),
            message.note(note),
        ],
    )


def _phrase(words: Words, phrase: str) -> list[Part]:
    """What a mail says of the security phrase, nothing where none was asked for."""
    return [message.paragraph(_fill(words.phrase, phrase=phrase))] if phrase else []


def notice(
    locale: str, project: str, name: str, act: str, at: int, address: str, country: str, device: str, left: int
) -> Message:
    """Tells the owner of an account of an act: what, when (`at`, milliseconds), from where, and what to do.

    `act` names one of the notices; `country` and `device` are empty where they are not known; `left` are the recovery
    codes that are left after one was used.
    """
    language, words = _language(locale)
    project, told = one_line(project), words.notices[act]
    facts = (
        _fill(words.notice_when, time=_time(at)),
        _fill(words.notice_where, address=address),
        _fill(words.notice_country, country=country or words.notice_unknown),
        _fill(words.notice_device, device=device or words.notice_unknown),
    )
    return message.compose(
        language,
        project,
        _fill(told.subject or words.notice_subject, project=project),
        [
            message.paragraph(_greeting(words, name)),
            message.paragraph(_fill(told.mail, project=project, left=left)),
            message.lines(facts),
            message.paragraph(_fill(told.advice or words.notice_advice, project=project)),
        ],
    )


def notice_sms(locale: str, project: str, act: str, at: int, address: str, device: str) -> str:
    """The same as an SMS of one GSM-7 segment; project and device are named as far as there is room for them."""
    words, project = _language(locale)[1], one_line(project)
    sender = f"{project}: " if _PLAIN.fullmatch(project) else ""
    place = f"{address}, {device}" if device else address
    told = words.notices[act]
    what = {"what": told.sms, "time": _time(at)}
    texts = [
        prefix + _fill(told.whole_sms or words.notice_sms, address=where, **what)
        for prefix, where in ((sender, place), (sender, address), ("", address))
    ]
    return next((text for text in texts if len(text) <= SMS_LENGTH), texts[-1])


def _time(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds // 1000, timezone.utc):%Y-%m-%d %H:%M} UTC"


def sms(locale: str, code: str, minutes: int) -> str:
    """The SMS with a code: starts with the code, fits one GSM-7 segment, and all of its text is ours."""
    return _fill(_language(locale)[1].sms, code=code, minutes=minutes)


def _language(locale: str) -> tuple[str, Words]:
    base = locale.lower().replace("_", "-").split("-")[0]
    language = base if base in LANGUAGES else "en"
    return language, LANGUAGES[language]


def _greeting(words: Words, name: str) -> str:
    """Anybody can sign up with anybody's address: a name that takes a link or a number there is left out."""
    name = one_line(name)
    if not name or len(name) > _LONGEST_GREETING or _TELLING.search(unicodedata.normalize("NFKC", name)):
        return words.hello
    return _fill(words.hello_name, name=name)


def _fill(template: str, **values: object) -> str:
    return Template(template).substitute(values)
