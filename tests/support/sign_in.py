"""Ways in as anybody may try them: a password, and a code in a text message."""

from __future__ import annotations

from typing import Any

from tests.support.api import Answer, Api
from tests.support.person import NUMBER, PASSWORD, Person

BY_PASSWORD = "/account/sessions/email"
BY_TOKEN = ("POST", "/account/sessions/token")
BY_PHONE = ("PUT", "/account/sessions/phone")


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
