"""The API, as an import uses it: with the team's key, patiently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.util import Retry, Timeout

from infra.importer.person import Step

TRIES = 8
"""Of a request that finds nobody, or whose answer says to come again; the waits double from half a second on."""
PASSING = (429, 502, 503, 504)
GOES_ON = "The same command goes on from here"
WHOLE = ("general_unknown_origin", "project_not_found", "project_key_expired")
"""Refusals that every other request would get as well."""


class Stopped(Exception):
    """The import cannot go on; the text says why."""


class Answer(NamedTuple):
    """`error` has type and text of a refusal; it is empty for a success.

    `repeated` says that the request was sent more than once: one that got no answer may have been heard.
    """

    status: int
    body: Mapping[str, Any]
    repeated: bool = False

    @property
    def error(self) -> str:
        return f"{self.body.get('type')}: {self.body.get('message')}" if self.status >= 400 else ""


class Client:
    def __init__(self, endpoint: str, project: str, key: str, connections: int) -> None:
        self._endpoint = endpoint.rstrip("/")
        who = {"X-Appwrite-Project": project, "X-Appwrite-Key": key}
        self._headers = {**who, "X-MFA-Notices": "off", "Content-Type": "application/json"}
        retries = Retry(TRIES, backoff_factor=0.25, status_forcelist=PASSING, allowed_methods=None)
        self._pool = urllib3.PoolManager(maxsize=connections, retries=retries, timeout=Timeout(30))

    def send(self, step: Step) -> Answer:
        """Stopped when nobody answers, and for a refusal that has nothing to do with this request."""
        body = json.dumps(step.body) if step.method != "GET" else None
        try:
            reply = self._pool.request(step.method, self._endpoint + step.path, body=body, headers=self._headers)
            found = json.loads(reply.data) if reply.data else {}
        except LocationValueError:
            raise Stopped(f"{self._endpoint} is no endpoint: it is https://<host>/v1") from None
        except (HTTPError, ValueError) as error:
            raise Stopped(f"{self._endpoint} does not answer ({type(error).__name__}). {GOES_ON}") from None
        if found.get("type") == "general_unauthorized_scope":
            raise Stopped("the API key is unknown or lacks a scope: it needs users.read and users.write")
        if found.get("type") in WHOLE or reply.status >= 500:
            raise Stopped(f"{self._endpoint} refuses: {found.get('message')} {GOES_ON}")
        return Answer(reply.status, found, bool(reply.retries and reply.retries.history))

    def close(self) -> None:
        self._pool.clear()
