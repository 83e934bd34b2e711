"""The limits of requests in each hour, and the headers that tell a client where it stands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from chalicelib import services
from chalicelib.errors import ApiError
from chalicelib.models import User
from chalicelib.routes.request import ApiRequest
from chalicelib.storage import limits

HOUR = 3600
MINUTE = 60


@dataclass(frozen=True)
class Limit:
    """So many requests in each window, an hour unless it has another number of seconds, for each bucket.

    `bucket` names it from the request and its user; the endpoint's path is part of it, or the name under which several
    endpoints have a `shared` one. `reset_on_success` empties it when the endpoint answers 201. `most` may depend on the
    request.
    """

    most: int | Callable[[ApiRequest], int]
    bucket: Callable[[ApiRequest, User | None], str]
    reset_on_success: bool = False
    window: int = HOUR
    shared: str = ""


def by_address(request: ApiRequest, user: User | None) -> str:
    return f"ip:{request.address}"


def by_user(request: ApiRequest, user: User | None) -> str:
    return f"user:{user.id if user else ''}"


def by_parameter(name: str) -> Callable[[ApiRequest, User | None], str]:
    """The parameter as sent (cut to a length that a key can have), the placeholder itself when it is empty."""

    def bucket(request: ApiRequest, user: User | None) -> str:
        value = request.parameter(name)
        return f"{name}:{value.strip().lower()[:128] if isinstance(value, str) and value else '{param}'}"

    return bucket


def by_address_and_parameter(name: str) -> Callable[[ApiRequest, User | None], str]:
    parameter = by_parameter(name)
    return lambda request, user: f"{by_address(request, user)}|{parameter(request, user)}"


class Usage:
    """What one request has used of its endpoint's limits."""

    def __init__(self, rules: tuple[Limit, ...], method: str, path: str) -> None:
        self._rules = rules
        self._endpoint = f"{method} {path}"
        self._counted: list[tuple[str, Limit]] = []
        self._second = services.now() // 1000
        self.headers: dict[str, str] = {}

    def count(self, request: ApiRequest, user: User | None, exempt: bool) -> None:
        """Count the request in each of its buckets. 429 with `Retry-After` when one is full.

        One that is `exempt` is not counted, but hears of the limits all the same.
        """
        counted = services.config().rate_limits and not exempt
        for rule in self._rules:
            most = rule.most if isinstance(rule.most, int) else rule.most(request)
            bucket = f"{rule.shared or self._endpoint}|{rule.bucket(request, user)}"
            end = self._end(rule)
            try:
                used = limits.count(bucket, end, most) if counted else 1
            except ApiError as error:
                if error.type == "general_rate_limit_exceeded":
                    self._tell(most, 0, end)
                    error.retry_after = end - self._second
                raise
            if counted:
                self._counted.append((bucket, rule))
            self._tell(most, most - used, end)

    def succeeded(self) -> None:
        """Empty the buckets of the rules that a success resets."""
        for bucket, rule in self._counted:
            if rule.reset_on_success:
                with suppress(ApiError):  # what was asked for is done, and must not be told as failed
                    limits.clear(bucket, self._end(rule))

    def _end(self, rule: Limit) -> int:
        """The end of the window that the request falls into, in epoch seconds: windows are aligned to the epoch."""
        return (self._second // rule.window + 1) * rule.window

    def _tell(self, most: int, remaining: int, end: int) -> None:
        """Of several limits, the client hears of the one with the least remaining."""
        if self.headers and int(self.headers["X-RateLimit-Remaining"]) <= remaining:
            return
        self.headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(end),
        }
