"""The only place that builds what comes from outside: settings, AWS clients, clock, randomness.

Everything is built when first asked for and then kept. Tests replace a thing here, by name, with `override`.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chalicelib import config as settings
from chalicelib.config import Config

SERVICES = ["dynamodb", "kms", "sesv2", "sns", "sqs"]
"""Those that are used. botocore would look through its folders of more than 400, twice for a client: 25 ms."""

_built: dict[str, Any] = {}
_lock = threading.RLock()


def get(name: str, build: Callable[[], Any]) -> Any:
    """The thing of that name; `build` makes it the first time, one thread at a time."""
    try:
        return _built[name]
    except KeyError:
        with _lock:
            if name not in _built:
                _built[name] = build()
            return _built[name]


def forget(name: str) -> None:
    """Build the thing of that name anew when it is next asked for."""
    _built.pop(name, None)


@contextmanager
def override(name: str, value: Any) -> Iterator[Any]:
    """For tests: `value` stands in for the thing of that name inside the `with` block."""
    missing = object()
    before = _built.get(name, missing)
    _built[name] = value
    try:
        yield value
    finally:
        if before is missing:
            _built.pop(name, None)
        else:
            _built[name] = before


def reset() -> None:
    """Forget everything built, as a fresh process would."""
    _built.clear()


def config() -> Config:
    """The settings. SettingsError when they are missing or broken."""
    value: Config = get("config", lambda: settings.load(os.environ))
    return value


def client(service: str) -> Any:
    """The client of an AWS service, e.g. `dynamodb`, `kms`, `sesv2`, `sns`: botocore's, or one that is called alike."""
    return get(service, _dynamodb if service == "dynamodb" else lambda: _client(service))


def now() -> int:
    """The time in milliseconds since the epoch."""
    return int(get("clock", lambda: time.time)() * 1000)


def random_bytes(count: int) -> bytes:
    """That many bytes of the system's CSPRNG."""
    value: bytes = get("random", lambda: secrets.token_bytes)(count)
    return value


def random_below(limit: int) -> int:
    """A uniform number from 0 to limit - 1 (64 surplus bits make the bias of the remainder negligible)."""
    return int.from_bytes(random_bytes((limit.bit_length() + 71) // 8), "big") % limit


def pause(seconds: float) -> None:
    """Wait before a write is tried again."""
    get("sleep", lambda: time.sleep)(seconds)


def back_off(attempt: int) -> None:
    """Wait before the second and later tries: full jitter below 10 ms, 20 ms, 40 ms ... (at most 320 ms)."""
    if attempt:
        pause(random_below(1000) / 1000 * 0.01 * 2 ** min(attempt - 1, 5))


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do these at the same time, each in a thread of its own, and give what each returned or raised, in their order."""
    if len(calls) < 2:
        return [_outcome(call) for call in calls]
    others = [get("threads", _threads).submit(_outcome, call) for call in calls[1:]]
    return [_outcome(calls[0]), *(other.result() for other in others)]


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return error


def _threads() -> Any:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(max_workers=16, thread_name_prefix="together")


def _dynamodb() -> Any:
    """Ours on Lambda, and where another endpoint is named, unless MFA_DYNAMODB_CLIENT says `botocore`.

    Elsewhere botocore's: it finds the credentials of a profile or a role, and moto's `mock_aws` can stand in for AWS.
    """
    region = _of_aws("REGION") or _of_aws("DEFAULT_REGION")
    endpoint = _of_aws("ENDPOINT_URL_DYNAMODB") or _of_aws("ENDPOINT_URL")
    if not (region and _of_aws("ACCESS_KEY_ID") and (endpoint or _of_aws("LAMBDA_FUNCTION_NAME"))):
        return _client("dynamodb")
    if config().dynamodb_client == "botocore":
        return _client("dynamodb")
    from chalicelib.dynamodb import DynamoDB

    china = ".cn" if region.startswith("cn-") else ""
    return DynamoDB(endpoint or f"https://dynamodb.{region}.amazonaws.com{china}", region, _credentials)


def _credentials() -> Any:
    """Those in the environment, where Lambda puts them."""
    from chalicelib.dynamodb import Credentials

    return Credentials(_of_aws("ACCESS_KEY_ID"), _of_aws("SECRET_ACCESS_KEY"), _of_aws("SESSION_TOKEN"))


def _of_aws(name: str) -> str:
    return os.environ.get(f"AWS_{name}", "")


def _client(service: str) -> Any:
    from botocore.config import Config as ClientConfig

    options = ClientConfig(
        connect_timeout=2,
        read_timeout=4,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=64,
        parameter_validation=False,
        tcp_keepalive=True,
        user_agent="chalice-mfa",  # botocore's own is put together anew for each call, a tenth of its time
    )
    return get("botocore", _session).create_client(service, config=options)


def _session() -> Any:
    import botocore.session

    session = botocore.session.get_session()
    loader = session.get_component("data_loader")
    loader.list_available_services = lambda type_name: SERVICES
    return session
