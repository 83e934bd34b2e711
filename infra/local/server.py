"""AWS, its data and the inbox in this process, the app in a child that code changes restart.

Settings: PORT, HOST, MFA_PROJECT, MFA_PROJECT_NAME, MFA_KEY and the app's own, among them RATE_LIMITS.
"""

import os
import socket
import sys
from collections.abc import Mapping
from urllib.error import HTTPError

from infra.local.aws import LocalAws
from infra.local.http_server import listen
from infra.local.inbox import LOOPBACK_OPENER
from infra.local.signals import Stop
from infra.local.supervisor import Supervisor

POLL_SECONDS = 0.5

FIXED = {"MFA_STAGE", "MFA_TABLE_PREFIX", "MFA_KMS_KEY", "MFA_MAIL_FROM"}
"""Settings that are this server's own: what it made in moto goes by them."""


def main(stop: Stop) -> int:
    """Serve until a signal; the exit status."""
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or int(port) > 65535:
        return _refuse(f"PORT is {port}: it must be a number up to 65535.")
    try:
        sockets = listen(os.environ.get("HOST", ""), int(port))
    except OSError as error:
        return _refuse(f"Cannot listen on port {port}: {error.strerror}. Choose another with PORT=...")
    with LocalAws() as aws:
        environment = child_environment(os.environ, aws)
        supervisor = Supervisor(sockets, environment)
        supervisor.start()
        try:
            run(supervisor, _base(sockets), environment, stop)
        finally:
            supervisor.stop()
    return 0


def _refuse(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


def child_environment(given: Mapping[str, str], aws: LocalAws) -> dict[str, str]:
    """What the developer set wins over the defaults, except for anything of AWS and where the app finds its
    tables and key.
    """
    ours = aws.environment()
    fixed = {name for name in ours if not name.startswith("MFA_")} | FIXED
    kept = {name: value for name, value in given.items() if name not in fixed and not name.startswith("AWS_")}
    return {**ours, **kept, "PYTHONUNBUFFERED": "1"}


def run(supervisor: Supervisor, base: str, environment: Mapping[str, str], stop: Stop) -> None:
    announced = False
    while not stop.wait(POLL_SECONDS if announced else 0.05):
        if not announced and _answers(base + "/v1/health/version"):
            announced = True
            print(_announcement(base.replace("127.0.0.1", "localhost"), environment), flush=True)
        supervisor.check()


def _base(sockets: list[socket.socket]) -> str:
    host, port = sockets[0].getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _answers(url: str) -> bool:
    """Any answer of the app's counts, except the 503 of an app that does not start."""
    try:
        with LOOPBACK_OPENER.open(url, timeout=3):
            return True
    except HTTPError as refused:
        with refused:
            return refused.code != 503
    except OSError:
        return False


def _announcement(base: str, environment: Mapping[str, str]) -> str:
    return f"""
  Endpoint   {base}/v1
  Project    {environment["MFA_PROJECT"]} ({environment["MFA_PROJECT_NAME"]})
  API key    {environment["MFA_KEY"]}
  Inbox      {base}/_local/inbox   every e-mail and SMS that the app sent
  Verify     {base}/_local/verify  where verification links may point to

Ready. Changed code restarts the app, not the data. Ctrl-C ends.
"""
