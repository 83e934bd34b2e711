"""A client of the API, and what its answers are held against."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from select import select
from typing import Any
from urllib.parse import urlsplit

from tests.support import documented
from tests.support.leaks import WATCH, carried, parsed

KEY = "local-api-key"


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


class Connections:
    """Those that the main thread keeps for its next request: to open one takes as long as half of the answers.

    A request of another thread, or from an address of its own, has a connection of its own.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int | None], http.client.HTTPConnection] = {}

    @contextmanager
    def to(self, host: str, port: int | None, source: tuple[str, int] | None) -> Iterator[http.client.HTTPConnection]:
        keep = source is None and threading.current_thread() is threading.main_thread()
        connection = self._kept.pop((host, port), None) if keep else None
        if connection and connection.sock and select([connection.sock], [], [], 0)[0]:
            connection.close()  # the server has closed it; the next request opens it again
        connection = connection or http.client.HTTPConnection(host, port, timeout=60, source_address=source)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if keep:
            self._kept[host, port] = connection
        else:
            connection.close()

    def close(self) -> None:
        while self._kept:
            self._kept.popitem()[1].close()


CONNECTIONS = Connections()


class Api:
    """A client of the API, which may be used from many threads.

    AssertionError for an answer that the OpenAPI document does not have, and for a 429 that does not say until when.
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
        with CONNECTIONS.to(self._host, self._port, self._source) as connection:
            connection.request(method, self._base + path, content, {**sent, **(headers or {})})
            response = connection.getresponse()
            answer = Answer(response.status, response.getheaders(), response.read())
        WATCH.saw(parsed(content), parsed(answer.content), session, *carried(answer.headers))
        assert_documented(method, path, answer)
        assert answer.status != 429 or int(answer.header("Retry-After") or 0) > 0, "no 429 without the time to wait"
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


def at_once(count: int, request: Callable[[int], Answer]) -> list[Answer]:
    """The answers to so many requests that start together, each told its number."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Answer:
        barrier.wait(timeout=30)
        return request(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def outcome(answer: Answer) -> int | tuple[int, str]:
    """The status, and of an error its type."""
    return answer.status if answer.status < 400 else (answer.status, answer.json["type"])


def outcomes(answers: list[Answer]) -> Counter[str]:
    """How many answers are a success, and how many an error of each type."""
    return Counter("success" if answer.status < 400 else answer.json["type"] for answer in answers)
