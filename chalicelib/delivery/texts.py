"""What we say to people, per language.

Names are other people's text: they are filled in once, never read as a template and never as HTML.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timezone
from string import Template

from chalicelib.delivery import message
from chalicelib.delivery.message import Message, Part, one_line
from chalicelib.delivery.words import Words, words
from chalicelib.languages import RIGHT_TO_LEFT, plural_form
from chalicelib.runtime import settings

# What a mail program makes a link of, or a reader takes for a code: an address, a path, a domain, a number.
_TELLING = re.compile(r"[/\\@]|[.\u3002]\w\w|\d(\W?\d){3}")
_LONGEST_GREETING = 64
SMS_LENGTH = 160
SMS_LENGTH_RIGHT_TO_LEFT = 134
"""One segment of GSM-7; two of UCS-2, which have 67 places each."""
_PLAIN = re.compile(r"[A-Za-z0-9 .,:&'()+/-]+")  # one place of GSM-7 each
_LOST = ("email_changed_old", "account_deleted")  # notices whose reader has the account no more


def verification(locale: str, project: str, name: str, link: str, minutes: int, waiting: bool = False) -> Message:
    """Asks the owner of a mailbox to open `link`, which lives `minutes`. `locale`: `de`, `de-CH`; an unknown one is
    English. `waiting`: MFA is on and comes into force by it.
    """
    said = words(locale)
    texts = (said.verification_subject, said.verification, said.verification_button)
    notes = [said.verification_waiting] if waiting else []
    return _link_mail(said, project, name, link, texts, minutes, notes)


def recovery(locale: str, project: str, name: str, link: str, minutes: int) -> Message:
    """Lets the owner of a mailbox set a new password behind `link`, which lives `minutes`."""
    said = words(locale)
    texts = (said.recovery_subject, said.recovery, said.recovery_button)
    return _link_mail(said, project, name, link, texts, minutes)


def _link_mail(
    said: Words,
    project: str,
    name: str,
    link: str,
    texts: tuple[str, str, str],
    minutes: int,
    notes: Sequence[str] = (),
) -> Message:
    project = one_line(project)
    subject, line, button = texts
    line = _fill(said, line, project=project)
    return message.compose(
        said.language,
        project,
        _plain(subject, project=project),
        button,
        line,
        [
            message.paragraph(_greeting(said, name)),
            message.paragraph(line),
            *map(message.paragraph, notes),
            message.button(button, link),
            message.note(_fill(said, said.link_life, life=_life(said, minutes))),
            message.note(said.verification_note),
            message.fallback(said.link_hint, link),
        ],
    )


def sign_in_link(locale: str, project: str, link: str, minutes: int, phrase: str = "") -> Message:
    """Lets the owner of a mailbox sign in by `link`, which lives `minutes`. `phrase`: the security phrase, if any."""
    said, project = words(locale), one_line(project)
    line = _fill(said, said.sign_in_link, project=project, life=_life(said, minutes))
    return message.compose(
        said.language,
        project,
        _plain(said.sign_in_link_subject, project=project),
        said.sign_in_button,
        line,
        [
            message.paragraph(said.hello),
            message.paragraph(line),
            *_phrase(said, phrase),
            message.button(said.sign_in_button, link),
            message.note(said.verification_note),
            message.fallback(said.link_hint, link),
        ],
    )


def challenge(locale: str, project: str, code: str, minutes: int) -> Message:
    """The mail with the code of an MFA challenge, which lives `minutes`."""
    said = words(locale)
    texts = (said.challenge_subject, said.challenge_headline, said.challenge, said.challenge_note)
    return _code_mail(said, project, code, minutes, texts)


def sign_in_code(locale: str, project: str, code: str, minutes: int, phrase: str = "") -> Message:
    """The mail with a sign-in code, which lives `minutes`. `phrase`: the security phrase, if any."""
    said = words(locale)
    texts = (said.sign_in_code_subject, said.sign_in_button, said.sign_in_code, said.code_note)
    return _code_mail(said, project, code, minutes, texts, phrase)


def verification_code(
    locale: str, project: str, code: str, minutes: int, phrase: str = "", waiting: bool = False
) -> Message:
    """The mail with a code that proves the mailbox. As above; `waiting` as in `verification`."""
    said = words(locale)
    texts = (said.verification_subject, said.verification_button, said.verification_code, said.code_note)
    notes = [said.verification_waiting] if waiting else []
    return _code_mail(said, project, code, minutes, texts, phrase, notes)


def recovery_code(locale: str, project: str, code: str, minutes: int, phrase: str = "") -> Message:
    """The mail with a code that gives a new password. As above."""
    said = words(locale)
    texts = (said.recovery_subject, said.recovery_button, said.recovery_code, said.code_note)
    return _code_mail(said, project, code, minutes, texts, phrase)


def _code_mail(
    said: Words,
    project: str,
    code: str,
    minutes: int,
    texts: tuple[str, str, str, str],
    phrase: str = "",
    notes: Sequence[str] = (),
) -> Message:
    """The code stands first, in the text and in what a locked screen shows of the mail."""
    project, life = one_line(project), _life(said, minutes)
    subject, headline, line, note = texts
    return message.compose(
        said.language,
        project,
        _plain(subject, project=project),
        headline,
        _plain(said.sms, code=code, life=life),
        [
            message.code(code),
            message.paragraph(_fill(said, line, code=code, project=project, life=life)),
            *map(message.paragraph, notes),
            *_phrase(said, phrase),
            message.note(note),
        ],
    )


def _phrase(said: Words, phrase: str) -> list[Part]:
    """What a mail says of the security phrase, nothing where none was asked for."""
    return [message.paragraph(_fill(said, said.phrase, phrase=phrase))] if phrase else []


def notice(
    locale: str, project: str, name: str, act: str, at: int, address: str, country: str, device: str, left: int
) -> Message:
    """Tells the owner of an account of an act: what, when (`at`, milliseconds), from where, and what to do.

    `act` names one of the notices; `country` and `device` are empty where they are not known; `left` are the recovery
    codes that are left after one was used.
    """
    said, project = words(locale), one_line(project)
    told = said.notices[act]
    line = _fill(said, told.mail, project=project, left=left)
    facts = (
        _fill(said, said.notice_when, time=_time(at)),
        _fill(said, said.notice_where, address=address),
        _fill(said, said.notice_country, country=country or said.notice_unknown),
        _fill(said, said.notice_device, device=device or said.notice_unknown),
    )
    return message.compose(
        said.language,
        project,
        _plain(told.subject or said.notice_subject, what=told.headline, project=project),
        told.headline,
        line,
        [
            message.paragraph(_greeting(said, name)),
            message.paragraph(line),
            message.facts(facts),
            message.paragraph(_fill(said, told.advice or said.notice_advice, project=project)),
            *_ways_on(said, project, act),
        ],
    )


def _ways_on(said: Words, project: str, act: str) -> list[Part]:
    """The button to the settings, which helps whoever has the account still, and where to get help: as far as known."""
    config, parts = settings.config(), []
    if config.settings_page and act not in _LOST:
        parts.append(message.button(said.notice_button, config.settings_page))
    if config.support:
        line = _fill(said, said.support, project=project, support=config.support)
        parts.append(message.contact(line, config.support))
    return parts


def notice_sms(locale: str, project: str, act: str, at: int, address: str, device: str) -> str:
    """The same as an SMS of one GSM-7 segment; project and device are named as far as there is room for them."""
    said, project = words(locale), one_line(project)
    sender = f"{project}: " if _PLAIN.fullmatch(project) else ""
    place = f"{address}, {device}" if device else address
    told = said.notices[act]
    what = {"what": told.sms or told.headline, "time": _time(at)}
    texts = [
        prefix + _plain(told.whole_sms or said.notice_sms, address=where, **what)
        for prefix, where in ((sender, place), (sender, address), ("", address))
    ]
    most = SMS_LENGTH_RIGHT_TO_LEFT if said.language in RIGHT_TO_LEFT else SMS_LENGTH
    return next((text for text in texts if len(text) <= most), texts[-1])


def _time(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds // 1000, timezone.utc):%Y-%m-%d %H:%M} UTC"


def sms(locale: str, code: str, minutes: int) -> str:
    """The SMS with a code: starts with the code, fits one segment, and all of its text is ours."""
    said = words(locale)
    return _plain(said.sms, code=code, life=_life(said, minutes))


def _life(said: Words, minutes: int) -> str:
    """In the largest unit that divides it."""
    units = ((24 * 60, said.life.days), (60, said.life.hours), (1, said.life.minutes))
    size, forms = next(unit for unit in units if minutes % unit[0] == 0)
    count = minutes // size
    return _plain(forms[plural_form(said.language, count)], count=count)


def _greeting(said: Words, name: str) -> str:
    """Anybody can sign up with anybody's address: a name that takes a link or a number there is left out."""
    name = one_line(name)
    if not name or len(name) > _LONGEST_GREETING or _TELLING.search(unicodedata.normalize("NFKC", name)):
        return said.hello
    return _fill(said, said.hello_name, name=name)


def _fill(said: Words, template: str, **values: object) -> str:
    """In a line from right to left, values other than numbers keep to themselves (UAX 9, isolates): else times and
    addresses would be shown in another order.
    """
    if said.language in RIGHT_TO_LEFT:
        values = {name: _isolated(str(value)) for name, value in values.items()}
    return _plain(template, **values)


def _isolated(value: str) -> str:
    return value if value.isdigit() else f"\u2068{value}\u2069"


def _plain(template: str, **values: object) -> str:
    return Template(template).substitute(values)
