"""What tests speak with: an HTTP client, a clock, and people who sign up, enrol factors and sign in."""

from __future__ import annotations

import hmac
import http.client
import itertools
import json
import re
import threading
from base64 import b64encode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
from botocore.exceptions import ClientError

from chalicelib.runtime import aws, container
from chalicelib.security import encryption
from chalicelib.storage import keys
from chalicelib.storage.data_key import DataKey, Keyring
from chalicelib.storage.items import marshal, marshal_item, unmarshal_item
from chalicelib.storage.keys import TABLES, Key
from infra.local.aws import LocalAws
from infra.local.inbox import Inbox
from tests import documented
from tests.leaks import WATCH, carried, parsed

PASSWORD = "correct horse battery"
KEY = "local-api-key"
ORIGIN = "http://localhost:3000"
RETURN_URL = f"{ORIGIN}/verify"
_numbers = itertools.count(1)


class Clock:
    """Time that passes only when told to, and by a millisecond at every look so that ids keep their order."""

    def __init__(self, start: int) -> None:
        self._milliseconds = start * 1000

    def __call__(self) -> float:
        self._milliseconds += 1
        return self._milliseconds / 1000

    def advance(self, *, seconds: float = 0, minutes: float = 0, days: float = 0) -> None:
        self._milliseconds += int((seconds + 60 * minutes + 86_400 * days) * 1000)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    def header(self, name: str) -> str | None:
        """The value of a header, None when it is absent; AssertionError when it comes twice."""
        values = self.all(name)
        assert len(values) < 2, f"{name} comes {len(values)} times"
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


def assert_documented(method: str, path: str, answer: Answer) -> None:
    """The answer is one of those that the OpenAPI document has for the request."""
    headers = {name.lower(): value for name, value in answer.headers}
    found = documented.mistakes(method, path, answer.status, headers, answer.content)
    assert found == [], f"{method} {path} answered {answer.status} outside the OpenAPI document"


class Api:
    """A client of the API. Every call is a connection of its own, so it may be used from many threads.

    AssertionError for an answer that the OpenAPI document does not have.
    """

    def __init__(self, endpoint: str, address: str = "", agent: str = "") -> None:
        parts = urlsplit(endpoint)
        self._endpoint, self._agent = endpoint, agent
        self._source = (address, 0) if address else None
        self._host, self._port, self._base = parts.hostname or "", parts.port, parts.path

    def at(self, address: str, agent: str = "") -> Api:
        """The same client at another address, one of 127.0.0.0/8, and with a user agent."""
        return Api(self._endpoint, address, agent)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        session: str = "",
        key: str = "",
        headers: dict[str, str] | None = None,
        project: str | None = "demo",
        raw: bytes | None = None,
    ) -> Answer:
        """`body` goes as JSON, `raw` as it is. `session` goes as X-Appwrite-Session, `key` as X-Appwrite-Key."""
        sent = {"Content-Type": "application/json", **({"User-Agent": self._agent} if self._agent else {})}
        if project is not None:
            sent["X-Appwrite-Project"] = project
        if session:
            sent["X-Appwrite-Session"] = session
        if key:
            sent["X-Appwrite-Key"] = key
        content = raw if raw is not None else None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60, source_address=self._source)
        try:
            connection.request(method, self._base + path, content, {**sent, **(headers or {})})
            response = connection.getresponse()
            answer = Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()
        WATCH.saw(parsed(content), parsed(answer.content), session, *carried(answer.headers))
        assert_documented(method, path, answer)
        return answer

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("DELETE", path, body, **options)


class TeamApi(Api):
    """A client of the API as the team's own server is: with the API key."""

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return super().call(method, path, body, **{"key": KEY, **options})


def bearer(token: str) -> dict[str, str]:
    """The header that carries a JWT."""
    return {"X-Appwrite-JWT": token}


class Fixed(Keyring):
    """Data keys of a process that never looks for more."""

    def keep_fresh(self, now: int) -> None:
        pass


def data_keys(*plain: bytes) -> Keyring:
    """What stands in for the deployment's data keys, all in force, without KMS: name it `data-keys`."""
    return Fixed([DataKey(each, 0) for each in plain], 0)


def signed_jwt(claims: Any, key: bytes, digest: str = "sha256", **header: Any) -> str:
    """A JWT made by hand, with whatever header; libraries make no bad ones."""
    head = {"alg": "HS256", "typ": "JWT", **header}
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    signature = hmac.new(key, b".".join(parts), digest).digest()
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def assert_refused(answer: Answer, status: int, type_: str) -> None:
    """The answer is an error of that status and type, in the API's shape."""
    assert (answer.status, answer.json.get("type")) == (status, type_), answer.text
    assert set(answer.json) == {"message", "code", "type", "version"}
    assert answer.json["code"] == status
    assert answer.json["message"]


def session_value(answer: Answer) -> str:
    """The session that an answer hands over."""
    assert answer.status == 201, answer.text
    value = json.loads(answer.header("X-Fallback-Cookies") or "{}")["a_session_demo"]
    assert isinstance(value, str)
    return value


@dataclass
class Person:
    """Somebody with an account. `session` is the value of the present session, empty when signed out."""

    api: Api
    inbox: Inbox
    clock: Clock
    id: str
    email: str
    password: str = PASSWORD
    name: str = ""
    phone: str = ""
    session: str = ""
    totp: pyotp.TOTP | None = None
    recovery_codes: list[str] = field(default_factory=list)

    # Requests as this person

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return self.api.call(method, path, body, **{"session": self.session, **options})

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("DELETE", path, body, **options)

    # What people do

    def sign_in(self) -> str:
        """Begin another session and use it from now on."""
        self.session = session_value(
            self.api.post("/account/sessions/email", {"email": self.email, "password": self.password})
        )
        return self.session

    def session_id(self) -> str:
        value = self.get("/account/sessions/current").json["$id"]
        assert isinstance(value, str)
        return value

    def jwt(self) -> str:
        """A JWT of the present session."""
        answer = self.post("/account/jwts")
        assert answer.status == 201, answer.text
        value = answer.json["jwt"]
        assert isinstance(value, str)
        return value

    def verify_email(self) -> None:
        assert self.post("/account/verifications/email", {"url": RETURN_URL}).status == 201
        proof = {"userId": self.id, "secret": self.mailed_secret()}
        assert self.api.put("/account/verifications/email", proof).status == 200

    def set_phone(self, number: str = "") -> None:
        self.phone = number or f"+49151{next(_numbers):08d}"
        body = {"phone": self.phone, "password": self.password}
        answer = self.patch("/account/phone", body)
        assert answer.status == 200, answer.text

    def verify_phone(self) -> None:
        if not self.phone:
            self.set_phone()
        assert self.post("/account/verifications/phone").status == 201
        proof = {"userId": self.id, "secret": self.texted_code()}
        assert self.api.put("/account/verifications/phone", proof).status == 200

    def begin_authenticator(self) -> None:
        answer = self.post("/account/mfa/authenticators/totp")
        assert answer.status == 200, answer.text
        self.totp = pyotp.TOTP(answer.json["secret"])

    def enrol_authenticator(self) -> None:
        self.begin_authenticator()
        answer = self.put("/account/mfa/authenticators/totp", {"otp": self.totp_code()})
        assert answer.status == 200, answer.text

    def create_recovery_codes(self) -> None:
        answer = self.post("/account/mfa/recovery-codes")
        assert answer.status == 201, answer.text
        self.recovery_codes = answer.json["recoveryCodes"]

    def switch_mfa(self, on: bool) -> Answer:
        return self.patch("/account/mfa", {"mfa": on})

    def challenge(self, factor: str) -> str:
        """Begin a challenge; its id."""
        answer = self.post("/account/mfa/challenges", {"factor": factor})
        assert answer.status == 201, answer.text
        value = answer.json["$id"]
        assert isinstance(value, str)
        return value

    def answer(self, challenge_id: str, otp: Any) -> Answer:
        return self.put("/account/mfa/challenges", {"challengeId": challenge_id, "otp": otp})

    def pass_challenge(self, factor: str = "totp") -> Answer:
        """Pass a challenge of that factor with the right answer, whatever it takes."""
        if factor == "totp":
            self.clock.advance(seconds=60)
        answer = self.answer(self.challenge(factor), self.right_answer(factor))
        assert answer.status == 200, answer.text
        return answer

    def right_answer(self, factor: str) -> str:
        """What answers the newest challenge of that factor. A recovery code is taken from the person's list."""
        if factor == "email":
            return self.mailed_code()
        if factor == "phone":
            return self.texted_code()
        if factor == "totp":
            return self.totp_code()
        return self.recovery_codes.pop(0)

    def totp_code(self, steps: int = 0) -> str:
        """The authenticator's code now, or so many steps of 30 s later."""
        assert self.totp is not None
        return self.totp.at(int(self.clock()) + 30 * steps)

    # What people receive

    def mails(self) -> list[dict[str, Any]]:
        return [asdict(message) for message in self.inbox.messages(self.email)]

    def mailed_code(self) -> str:
        value = self.mails()[0]["code"]
        assert isinstance(value, str)
        return value

    def mailed_link(self) -> str:
        match = re.search(r"https?://\S+", self.mails()[0]["text"])
        assert match
        return match.group()

    def mailed_secret(self) -> str:
        return parse_qs(urlsplit(self.mailed_link()).query)["secret"][0]

    def texted_code(self) -> str:
        return self.inbox.messages(self.phone)[0].code


class People:
    """Makes people, each with a fresh address. What matters to a test is named; the rest is not there."""

    def __init__(self, api: Api, inbox: Inbox, clock: Clock) -> None:
        self._parts = (api, inbox, clock)

    def new(
        self,
        *,
        email: str = "",
        name: str = "",
        signed_in: bool = True,
        email_verified: bool = False,
        phone_verified: bool = False,
        authenticator: bool = False,
        recovery_codes: bool = False,
        mfa: bool = False,
    ) -> Person:
        """Somebody with an account, signed in unless told otherwise.

        `mfa` switches MFA on and, if nothing else is asked for, enrols an authenticator to have it in force.
        """
        number = next(_numbers)
        person = Person(*self._parts, id=f"user-{number}", email=email or f"person{number}@example.test", name=name)
        body = {"userId": person.id, "email": person.email, "password": person.password, "name": person.name or None}
        answer = person.api.post("/account", body)
        assert answer.status == 201, answer.text
        person.sign_in()
        if email_verified:
            person.verify_email()
        if phone_verified:
            person.verify_phone()
        if recovery_codes:
            person.create_recovery_codes()
        if authenticator or (mfa and not (email_verified or phone_verified)):
            person.enrol_authenticator()
        if mfa:
            assert person.switch_mfa(True).status == 200
        if authenticator or mfa:
            person.clock.advance(minutes=5, seconds=1)  # the proof of the factor is not recent any more
        if not signed_in:
            assert person.delete("/account/sessions/current").status == 204
            person.session = ""
        return person


class Tables:
    """What DynamoDB holds, for looking into it and for putting it into states that no endpoint makes."""

    def __init__(self, aws: LocalAws) -> None:
        self._client = aws.client("dynamodb")
        self._prefix = aws.prefix

    def items(self, table: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(TableName=f"{self._prefix}-{table}", ConsistentRead=True)
        return [unmarshal_item(raw) for page in pages for raw in page["Items"]]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.items(table) for table in TABLES}

    def item(self, key: Key) -> dict[str, Any]:
        """The item at that key; KeyError when there is none."""
        raw = self._client.get_item(TableName=self._table(key), Key=self._place(key), ConsistentRead=True)["Item"]
        return unmarshal_item(raw)

    def change(self, key: Key, **attributes: Any) -> None:
        """Set these attributes; the item is made when there is none."""
        names = {f"#{name}": name for name in attributes}
        values = {f":{name}": marshal(value) for name, value in attributes.items()}
        assignments = ", ".join(f"#{name} = :{name}" for name in attributes)
        self._client.update_item(
            TableName=self._table(key),
            Key=self._place(key),
            UpdateExpression=f"SET {assignments}",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def put(self, items: dict[Key, dict[str, Any]]) -> None:
        """Many items at once."""
        pairs = list(items.items())
        for start in range(0, len(pairs), 25):
            requests: dict[str, list[Any]] = {}
            for key, item in pairs[start : start + 25]:
                raw = {**self._place(key), **marshal_item(item)}
                requests.setdefault(self._table(key), []).append({"PutRequest": {"Item": raw}})
            self._client.batch_write_item(RequestItems=requests)

    def remove(self, key: Key, attribute: str) -> None:
        self._client.update_item(
            TableName=self._table(key),
            Key=self._place(key),
            UpdateExpression="REMOVE #name",
            ExpressionAttributeNames={"#name": attribute},
        )

    def delete(self, key: Key) -> None:
        self._client.delete_item(TableName=self._table(key), Key=self._place(key))

    def _table(self, key: Key) -> str:
        return f"{self._prefix}-{key.table}"

    def _place(self, key: Key) -> dict[str, Any]:
        return {name: {"S": value} for name, value in zip(TABLES[key.table], key.values, strict=True)}


class _Overtaken:
    """DynamoDB, with something that happens just before the first `times` transactions."""

    def __init__(self, client: Any, happens: Callable[[], object], times: int) -> None:
        self._client = client
        self._happens = happens
        self._left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **parameters: Any) -> Any:
        if self._left:
            self._left -= 1
            self._happens()
        return self._client.transact_write_items(**parameters)


@contextmanager
def meanwhile(happens: Callable[[], object], times: int = 1) -> Iterator[None]:
    """Something happens between what is read and what is written."""
    with container.override("dynamodb", _Overtaken(aws.client("dynamodb"), happens, times)):
        yield


def switch_project(tables: Tables, clock: Clock, **switches: Any) -> None:
    """Set the project's switches, e.g. `factors={"custom": True}`, and let the app's copy of the old ones age out."""
    tables.change(keys.PROJECT, **switches)
    clock.advance(seconds=6)


def custom_code(tables: Tables, challenge_id: str) -> str:
    """The code of a challenge of the factor `custom`, which the team's own server reads and delivers."""
    return encryption.decrypt(tables.item(keys.challenge(challenge_id))["kept"], challenge_id).decode()


def full_width(digits: str) -> str:
    """The digits in the full-width form that Python's int() takes as well."""
    return "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in digits)


def at_once(count: int, request: Callable[[int], Answer]) -> list[Answer]:
    """The answers to so many requests that start together, each told its number."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Answer:
        barrier.wait(timeout=30)
        return request(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


class Faulty:
    """An AWS client of which these operations, all if none is named, fail in the same way; the others are `real`."""

    def __init__(self, failure: Exception, *operations: str, real: Any = None) -> None:
        self._failure, self._operations, self._real = failure, operations, real

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if self._operations and name not in self._operations:
            operation: Callable[..., Any] = getattr(self._real, name)
            return operation

        def fail(**_: Any) -> None:
            raise self._failure

        return fail


def refusal_of_aws(code: str) -> ClientError:
    """What botocore raises for an answer of AWS with that error code."""
    return ClientError({"Error": {"Code": code, "Message": "of table chalice-mfa-local-users"}}, "Operation")


def refuses(rule: Callable[[Any], Any], value: Any) -> bool:
    """Whether a rule for parameters refuses the value, with a description of what it wants."""
    try:
        rule(value)
    except ValueError as error:
        return bool(str(error))
    return False


def outcomes(answers: list[Answer]) -> Counter[str]:
    """How many answers are a success, and how many an error of each type."""
    return Counter("success" if answer.status < 400 else answer.json["type"] for answer in answers)


def event(
    method: str, resource: str, body: str | bytes | None = None, *, source: str = "127.0.0.1", **headers: str
) -> dict[str, Any]:
    """An event of API Gateway: request `request-1` from the address `source`. `resource` may end in a query string."""
    resource, _, query = resource.partition("?")
    return {
        "resource": resource,
        "path": resource,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "pathParameters": None,
        "stageVariables": None,
        "body": b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
        "requestContext": {
            "httpMethod": method,
            "resourcePath": resource,
            "path": f"/v1{resource}",
            "requestId": "request-1",
            "domainName": "localhost",
            "identity": {"sourceIp": source},
        },
    }


def invoke(method: str, resource: str, body: str | bytes | None = None, **options: str) -> dict[str, Any]:
    """What the app itself answers to such an event."""
    from app import app

    answer: dict[str, Any] = app(event(method, resource, body, **options), None)
    return answer
