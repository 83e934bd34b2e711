"""AWS, its data and the inbox in this process, the app in a child that code changes restart.

Settings: PORT, HOST, MFA_PROJECT, MFA_PROJECT_NAME, MFA_KEY and the app's own, among them RATE_LIMITS.
"""

import errno
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing

from infra.local.aws import LocalAws
from infra.local.clock import Clock
from infra.local.http_server import listen
from infra.local.signals import Stop
from infra.local.supervisor import Supervisor

POLL_SECONDS = 0.5

FIXED = {"MFA_STAGE", "MFA_TABLE_PREFIX", "MFA_KMS_KEY", "MFA_MAIL_FROM"}
"""Settings that are this server's own: what it made in moto goes by them."""


def main(stop: Stop) -> int:
    """Serve until a signal; the exit status."""
    clock = Clock()
    aws = LocalAws(clock=clock)
    host, port = os.environ.get("HOST", ""), os.environ.get("PORT") or "8000"
    mistakes, notes = _judged(app_settings(os.environ, aws.settings()))
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        mistakes.append(f"PORT is {port}: it must be a number up to 65535.")
    if mistakes:
        return _refuse(*mistakes)
    try:
        sockets = listen(host, int(port))
    except (OSError, UnicodeError) as error:
        return _refuse(_why_not(error, host, port))
    print("".join(f"Note: {note}\n" for note in notes), end="", flush=True)
    with closing(clock), aws:
        aws.allow_passkeys()
        base = _base(sockets)
        page = f"{base}/v1/pages/settings" if "//localhost:" in base else ""  # http is for loopback only
        environment = app_settings(os.environ, {**aws.environment(), "MFA_SETTINGS_PAGE": page})
        supervisor = Supervisor(sockets, clock, environment)
        supervisor.start()
        try:
            run(supervisor, base, environment, stop)
        finally:
            supervisor.stop()
    return 0


def _judged(environment: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Mistakes in the settings, and notes. Where the code that judges them is broken, the app's process says so, and
    is tried again at the next change.
    """
    try:
        from infra import settings
    except Exception:
        return [], []
    mistakes = settings.mistakes(environment)
    return mistakes, [] if mistakes else settings.notes(environment)


def _why_not(error: OSError | UnicodeError, host: str, port: str) -> str:
    if isinstance(error, OSError) and not isinstance(error, socket.gaierror) and error.errno != errno.EADDRNOTAVAIL:
        return f"Cannot listen on port {port}: {error.strerror}. Choose another with PORT=..."
    return f"HOST is {host}: it must be a name or an address of this machine, without scheme and port."


def _refuse(*reasons: str) -> int:
    for reason in reasons:
        print(reason, file=sys.stderr)
    return 1


def app_settings(given: Mapping[str, str], ours: Mapping[str, str]) -> dict[str, str]:
    """The app's environment: what the developer set wins over the defaults, except for anything of AWS and where the
    app finds its tables and key.
    """
    fixed = {name for name in ours if not name.startswith("MFA_")} | FIXED
    kept = {name: value for name, value in given.items() if name not in fixed and not name.startswith("AWS_")}
    return {**ours, **kept, "PYTHONUNBUFFERED": "1"}


def run(supervisor: Supervisor, base: str, environment: Mapping[str, str], stop: Stop) -> None:
    announced = False
    while not stop.wait(POLL_SECONDS if announced else 0.05):
        if not announced and supervisor.serves():
            announced = True
            print(_announcement(base, environment), flush=True)
        supervisor.check()


def _base(sockets: list[socket.socket]) -> str:
    host, port = sockets[0].getsockname()[:2]
    if host in ("0.0.0.0", "127.0.0.1", "::"):  # noqa: S104  # compared, not bound
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _announcement(base: str, environment: Mapping[str, str]) -> str:
    return f"""
  Console    {base}     the inbox, users, a clock to move, snippets, the API
  Endpoint   {base}/v1
  Project    {environment["MFA_PROJECT"]} ({environment["MFA_PROJECT_NAME"]})
  API key    {environment["MFA_KEY"]}
  Inbox      {base}/_local/inbox   every e-mail and SMS that the app sent
  Verify     {base}/_local/verify  where verification links may point to

Ready. Changed code restarts the app, not the data. Ctrl-C ends.
"""
