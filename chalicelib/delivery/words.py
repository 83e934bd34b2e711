"""The words of every message, read from the files of the languages when a message is first written in one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from chalicelib.languages import FOLDER, language_of


class Notice(NamedTuple):
    """One act of which owners are told: a few words for subject and headline, a sentence for the mail.

    `sms` is for an SMS where the headline does not fit one. `subject`, `advice` and `whole_sms` stand in place of what
    the other notices say.
    """

    headline: str
    mail: str
    sms: str = ""
    subject: str = ""
    advice: str = ""
    whole_sms: str = ""


class Life(NamedTuple):
    """How long something lives, by plural form."""

    days: Mapping[str, str]
    hours: Mapping[str, str]
    minutes: Mapping[str, str]


class Words(NamedTuple):
    language: str
    hello: str
    hello_name: str
    verification_subject: str
    verification: str
    verification_button: str
    verification_code: str
    verification_waiting: str
    verification_note: str
    recovery_subject: str
    recovery: str
    recovery_button: str
    recovery_code: str
    challenge_subject: str
    challenge_headline: str
    challenge: str
    challenge_note: str
    sign_in_code_subject: str
    sign_in_code: str
    sign_in_link_subject: str
    sign_in_link: str
    sign_in_button: str
    code_note: str
    link_hint: str
    link_life: str
    phrase: str
    support: str
    sms: str
    life: Life
    notice_subject: str
    notice_when: str
    notice_where: str
    notice_country: str
    notice_device: str
    notice_unknown: str
    notice_advice: str
    notice_button: str
    notice_sms: str
    notices: Mapping[str, Notice]


def words(locale: str) -> Words:
    """Those of the language of `de`, `de-CH`; an unknown one is English."""
    return _read(language_of(locale))


@cache
def _read(language: str) -> Words:
    texts = json.loads((FOLDER / language / "messages.json").read_text("utf-8"))
    life = Life(**texts.pop("life"))
    notices = {act: Notice(**notice) for act, notice in texts.pop("notices").items()}
    return Words(language=language, life=life, notices=notices, **texts)
