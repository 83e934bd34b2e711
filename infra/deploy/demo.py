"""The drill's demo user, and the app in this process, with the operator's rights. Nothing that it sends goes out."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

import phonenumbers
import pyotp
from chalice.app import Chalice
from chalice.local import LambdaContext

from chalicelib.accounts import delete as accounts
from chalicelib.audit.acts import Actor
from chalicelib.errors import ApiError
from chalicelib.mfa import challenges
from chalicelib.models import User
from chalicelib.runtime import container, settings
from chalicelib.security import encryption
from chalicelib.storage import dynamo, users
from chalicelib.storage.dynamo import Range
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Delete
from chalicelib.user_agent import Client
from infra.deploy.aws import client
from infra.deploy.smoke import Failed
from infra.deploy.stage import Refused, Stage
from infra.local.events import Routes, answer_for, event_for
from infra.local.http_server import Call
from infra.local.inbox import Inbox

NAME = "restore-drill"
"""What the demo user's id and address begin with."""
MAILBOX = "@simulator.amazonses.com"
"""Of SES's mailbox simulator: should a mail go out after all, it is delivered nowhere and bounces nowhere."""
ADDRESS = "127.0.0.1"
"""From which the demo user comes, as the log has it."""


class Messages(Inbox):
    """Stands in for SES, SNS and SQS."""

    def send_email(self, *, Destination: Any, Content: Any, **_: Any) -> None:  # noqa: N803
        self.add_mail(Destination["ToAddresses"], Content["Raw"]["Data"].decode())

    def publish(self, *, PhoneNumber: str, Message: str, **_: Any) -> None:  # noqa: N803
        self.add_sms(PhoneNumber, Message)

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": ""}

    def send_message(self, **_: Any) -> None:
        """Notices to the demo user, which nobody reads."""


@contextmanager
def running(stage: Stage, **changed: str) -> Iterator[App]:
    """The app on the stage's tables, or with some settings changed, as a process of its own would run it."""
    config, messages = settings.load({**stage.environment, **changed}), Messages()
    caught = {"sesv2": messages, "sns": messages, "sqs": messages}
    log = logging.getLogger("chalicelib")
    level = log.level
    with container.fresh(config=config, dynamodb=client("dynamodb"), **caught):
        from app import app  # reads its settings

        log.setLevel(logging.WARNING)
        try:
            yield App(app, messages)
        finally:
            log.setLevel(level)


class App:
    """The app, asked as API Gateway asks it by a client that keeps its session."""

    def __init__(self, app: Chalice, messages: Messages) -> None:
        self._app, self._routes, self.messages, self.session = app, Routes(app.routes), messages, ""

    def ask(self, method: str, path: str, body: Any = None, *, expect: int = 200, type_: str = "") -> Any:
        """The JSON of the answer, None if it has none. Raises Failed for any other status or error type."""
        call = Call(method, path, self._headers(), ADDRESS, b"" if body is None else json.dumps(body).encode())
        match = self._routes.match(path)
        if match is None:
            raise Failed(f"The app has no {path}.")
        event = event_for(call, match, path, [])
        answer = answer_for(call, self._app(event, LambdaContext(NAME, 1024, 15_000)), [])
        content = json.loads(answer.body) if answer.body else None
        got = content["type"] if answer.status >= 400 and content else ""
        if (answer.status, got) != (expect, type_):
            raise Failed(f"{method} {path}: expected {expect} {type_}, got {answer.status} {got}")
        cookies = json.loads(dict(answer.headers).get("X-Fallback-Cookies", "{}"))
        if cookies:  # an ended session leaves an empty list there
            self.session = cookies[f"a_session_{settings.config().project}"]
        return content

    def _headers(self) -> Message:
        headers = Message()
        headers["Content-Type"] = "application/json"
        headers["X-Appwrite-Project"] = settings.config().project
        if self.session:
            headers["X-Appwrite-Session"] = self.session
        return headers


def user_id() -> str:
    """The demo user's, where the app runs: always the same, so that the next drill finds what one has left, and made
    with the first data key, so that nobody else can sign up under it.
    """
    return f"{NAME}-{encryption.derived_key(NAME, 1).hex()[:16]}"


@dataclass
class DemoUser:
    """A user with every factor that the deployment offers. What he knows is known to this process alone."""

    id: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    email: str = field(default_factory=lambda: f"success+{NAME}-{secrets.token_hex(8)}{MAILBOX}")
    phone: str = ""
    totp: pyotp.TOTP | None = None
    codes: list[str] = field(default_factory=list)
    session: str = ""
    factors: list[str] = field(default_factory=list)

    def enrol(self, app: App) -> None:
        """Sign up, take every factor and switch MFA on."""
        body = {"userId": self.id, "email": self.email, "password": self.password, "name": "Restore drill"}
        app.ask("POST", "/account", body, expect=201)
        self._sign_in(app)
        self._verify_email(app)
        self._verify_phone(app)
        self.codes = app.ask("POST", "/account/mfa/recovery-codes", expect=201)["recoveryCodes"]
        self.totp = pyotp.TOTP(app.ask("POST", "/account/mfa/authenticators/totp")["secret"])
        app.ask("PUT", "/account/mfa/authenticators/totp", {"otp": self.totp.now()})
        app.ask("PATCH", "/account/mfa", {"mfa": True})
        self.session = app.session
        self.factors = self._factors(app)

    def _verify_email(self, app: App) -> None:
        """Where the stage sends mail, and has a page that the link may lead to."""
        page = next((each for each in settings.config().origins if not {"/", ":"} & set(each)), "")
        if not (settings.config().mail_from and page):
            return
        url = f"https://{page.replace('*', 'drill')}/"
        app.ask("POST", "/account/verifications/email", {"url": url}, expect=201)
        found = re.search(r"https?://\S+", app.messages.messages(self.email)[0].text)
        secret = parse_qs(urlsplit(found[0]).query)["secret"][0] if found else ""
        app.ask("PUT", "/account/verifications/email", {"userId": self.id, "secret": secret})

    def _verify_phone(self, app: App) -> None:
        """Where the stage sends SMS: a number of its first country, which gets none."""
        if not settings.config().sms:
            return
        self.phone = _number(next(iter(settings.config().sms_countries), "de"))
        app.ask("PATCH", "/account/phone", {"phone": self.phone, "password": self.password})
        app.ask("POST", "/account/verifications/phone", expect=201)
        secret = app.messages.messages(self.phone)[0].code
        app.ask("PUT", "/account/verifications/phone", {"userId": self.id, "secret": secret})

    def _factors(self, app: App) -> list[str]:
        return [name.lower() for name, usable in app.ask("GET", "/account/mfa/factors").items() if usable is True]

    def find_all_there(self, app: App) -> None:
        """The session of before goes on, the log goes back to the sign-up, and the factors are those of before."""
        app.session = self.session
        if "user.create" not in {each["event"] for each in app.ask("GET", "/account/logs")["logs"]}:
            raise Failed("The log of the account does not go back to its sign-up.")
        if (found := self._factors(app)) != self.factors:
            raise Failed(f"The account has the factors {', '.join(found)} instead of {', '.join(self.factors)}.")

    def sign_in_with(self, app: App, factor: str) -> None:
        """Sign in with the password and that factor. A wrong answer is refused, and so is a spent recovery code."""
        challenge = self._challenge(app, factor)
        answer = self._answer(app, factor, challenge)
        wrong = answer[:-1] + ("1" if answer[-1] != "1" else "2")
        self._give(app, challenge, wrong, expect=401, type_="user_invalid_token")
        self._give(app, challenge, answer)
        app.ask("GET", "/account")
        if factor == "recoverycode":
            again = self._challenge(app, factor)
            self._give(app, again, answer, expect=401, type_="user_invalid_token")

    def _challenge(self, app: App, factor: str) -> str:
        self._sign_in(app)
        app.ask("GET", "/account", expect=401, type_="user_more_factors_required")
        challenge: str = app.ask("POST", "/account/mfa/challenges", {"factor": factor}, expect=201)["$id"]
        return challenge

    def _sign_in(self, app: App) -> None:
        app.session = ""
        body = {"email": self.email, "password": self.password}
        app.ask("POST", "/account/sessions/email", body, expect=201)

    def _answer(self, app: App, factor: str, challenge: str) -> str:
        if factor == "totp" and self.totp:
            return self.totp.at(int(time.time()) + 30)  # the step of now may be spent by the enrolment
        if factor == "recoverycode":
            return self.codes.pop(0)
        if factor in ("email", "phone"):
            return app.messages.messages(self.email if factor == "email" else self.phone)[0].code
        user = users.find(self.id)
        if user is None:
            raise Failed("The demo user is gone.")
        return challenges.read_code(user, challenge)[1]  # one that the team's server would deliver

    def _give(self, app: App, challenge: str, answer: str, **expected: Any) -> None:
        app.ask("PUT", "/account/mfa/challenges", {"challengeId": challenge, "otp": answer}, **expected)


def remove(id_: str) -> bool:
    """Remove the demo user of that id, his sessions and his log from where the app runs; whether there was one.

    Counters of limits stay, and end by themselves. Refused if somebody else has his id.
    """
    user = users.find(id_)
    if user and not user.email.endswith(MAILBOX):
        raise Refused(f"There is a user {id_}, who is not the drill's: remove him, for the drill takes that id.")
    if user:
        _delete(user)
    for table in ("sessions", "events"):
        while items := dynamo.query(Range(table, id_)):
            for item in items:
                dynamo.commit(Delete(Key(table, (id_, item["id"]))))
    return user is not None


def _delete(user: User) -> None:
    """Failed where one of the tables is missing, too, which no request of the app gets over."""
    try:
        accounts.delete(Actor(Client(ADDRESS)), user)
    except ApiError:
        raise
    except Exception as error:
        raise Failed(f"The demo user cannot be deleted ({type(error).__name__}).") from None


def _number(country: str) -> str:
    """A mobile number of that country which hardly anybody has."""
    mobile = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(country.upper(), mobile)
    if example is None:
        raise Failed(f"No example of a mobile number is known for {country}.")
    text: str = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    return f"{text[:-4]}{secrets.randbelow(10_000):04d}"
