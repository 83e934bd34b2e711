"""Ways in as anybody may try them: a password, a code in a text message, a code or a link by mail."""

from __future__ import annotations

import re
from typing import Any

from infra.local.inbox import Inbox
from tests.support.api import Answer, Api
from tests.support.person import NUMBER, PASSWORD, RETURN_URL, Person

BY_PASSWORD = "/account/sessions/email"
BY_TOKEN = ("POST", "/account/sessions/token")
BY_PHONE = ("PUT", "/account/sessions/phone")
BY_LINK = ("PUT", "/account/sessions/magic-url")
MAILS = {"email-otp": "/account/tokens/email", "magic-url": "/account/tokens/magic-url"}
"""Where a mail is asked for, by the project's method."""
ADDRESS = "ada@example.test"


def try_password(api: Api, email: str, password: str = PASSWORD, **options: Any) -> Answer:
    return api.post(BY_PASSWORD, {"email": email, "password": password}, **options)


def sign_in_anew(person: Person, path: str = BY_PASSWORD, **given: Any) -> Answer:
    """From outside: without the session that the person has. What is not `given` is right."""
    options = {name: given.pop(name) for name in ("key", "headers", "session") if name in given}
    return person.api.post(path, {"email": person.email, "password": person.password, **given}, **options)


def ask_for_code(api: Api, number: Any = NUMBER, user_id: Any = "unique()", **options: Any) -> Answer:
    """Have a sign-in code sent to a number."""
    return api.post("/account/tokens/phone", {"userId": user_id, "phone": number}, **options)


def try_code(api: Api, secret: Any, user_id: Any, endpoint: tuple[str, str] = BY_TOKEN, **options: Any) -> Answer:
    return api.call(*endpoint, {"userId": user_id, "secret": secret}, **options)


def ask_for_mail(api: Api, method: str, email: Any = ADDRESS, user_id: Any = "unique()", **given: Any) -> Answer:
    """Have a sign-in code or link mailed to an address."""
    options = {name: given.pop(name) for name in ("key", "headers", "session") if name in given}
    link = {"url": RETURN_URL} if method == "magic-url" else {}
    return api.post(MAILS[method], {"userId": user_id, "email": email, **link, **given}, **options)


def mailed_token(inbox: Inbox, email: str = ADDRESS) -> str:
    """The code or the secret of the link that went to a mailbox last."""
    mail = inbox.messages(email)[0]
    found = re.search("secret=([0-9a-f]{64})&", mail.text)
    return found[1] if found else mail.code


def sign_in_by_mail(person: Person, method: str, **options: Any) -> Answer:
    """What the owner of the person's mailbox does."""
    asked = ask_for_mail(person.api, method, person.email)
    assert asked.status == 201, asked.text
    return try_code(person.api, mailed_token(person.inbox, person.email), asked.json["userId"], **options)
