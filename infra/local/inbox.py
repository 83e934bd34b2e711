"""What the app sent, by e-mail and SMS: `GET /_local/inbox`, and a mail as its reader shows it.

Filled by watching moto's SES and SNS (see aws.py), so that the app sends exactly as it does on AWS.
"""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from itertools import count
from typing import Literal
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from infra.local.http_server import Answer, Call, Respond, json_answer

PATH = "/_local/inbox"

_CODE = re.compile(r"(?<![\w/=&%-])\d{6}(?![\w/=&%-])", re.ASCII)
"""Six digits that stand alone; those in a link (an id, a date) are no code."""

LOOPBACK_OPENER = build_opener(ProxyHandler({}))
"""For calls within this machine, which a proxy named by HTTP_PROXY must not see."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


Channel = Literal["email", "sms"]


@dataclass(frozen=True)
class Entry:
    """One delivered message, in the names of its JSON. `subject`, `html` and `toName` are empty for an SMS. An `id` is
    given once in the life of an inbox.
    """

    id: int
    channel: Channel
    to: str
    toName: str  # noqa: N815
    subject: str
    text: str
    html: str
    code: str
    sentAt: str  # noqa: N815


class Inbox:
    """Every message since the last `clear()`, dated by `clock`. Threads may add while others read."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._entries: list[Entry] = []
        self._clock = clock
        self._ids = count(1)
        self._lock = threading.Lock()

    def add_mail(self, recipients: list[str], raw: str) -> None:
        """One entry for each envelope recipient of a MIME message, or for each in its To header when there is
        no envelope.
        """
        mail = message_from_bytes(raw.encode(), policy=policy.default)
        named = _mailboxes(_raw_header(mail, "To"))
        names = {address.lower(): name for name, address in named}
        subject, text, html = str(mail["Subject"] or ""), _part(mail, "plain"), _part(mail, "html")
        for name, address in _mailboxes(", ".join(recipients)) or named:
            self._add("email", address, names.get(address.lower()) or name, subject, text, html)

    def add_sms(self, number: str, text: str) -> None:
        self._add("sms", number, "", "", text, "")

    def _add(self, channel: Channel, to: str, name: str, subject: str, text: str, html: str) -> None:
        with self._lock:
            sent_at = datetime.fromtimestamp(self._clock(), timezone.utc).isoformat(timespec="milliseconds")
            entry = Entry(next(self._ids), channel, to, name, subject, text, html, _code_in(text), sent_at)
            self._entries.append(entry)

    def messages(self, to: str | None = None) -> list[Entry]:
        """Newest first; with `to`, those to that address or number, in any case and with what stands between digits."""
        with self._lock:
            entries = self._entries[::-1]
        if to is None:
            return entries
        wanted = "".join(to.split()).lower()
        if wanted.startswith("+"):
            wanted = "+" + "".join(re.findall("[0-9]", wanted))
        return [entry for entry in entries if entry.to.lower() == wanted]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def _raw_header(mail: EmailMessage, name: str) -> str:
    """A header as it was sent, in one line. What is no ASCII is UTF-8 (RFC 6532)."""
    raw = "".join(value for each, value in mail.raw_items() if each.lower() == name.lower())
    return raw.replace("\r\n", "").encode(errors="surrogateescape").decode(errors="replace")


def _mailboxes(header: str) -> list[tuple[str, str]]:
    """The display name and the address of each mailbox in a header.

    Encoded words are decoded and the blanks between two of them ignored (RFC 2047 6.2); in quotes there are none
    (section 5). The standard library's Address keeps those blanks, and decodes what is in quotes.
    """
    hidden = _QUOTED.sub(lambda quoted: quoted[0].replace("=?", "=\0?"), header)
    return [(_decoded(name).replace("\0", ""), address) for name, address in getaddresses([hidden]) if address]


def _decoded(text: str) -> str:
    """`text` with its encoded words decoded; as it is where one cannot be."""
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError):
        return text


def _part(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body(preferencelist=(subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _code_in(text: str) -> str:
    found = _CODE.search(text)
    return found.group() if found else ""


def has(path: str) -> bool:
    """Whether the inbox answers there."""
    return path == PATH or path.startswith(f"{PATH}/")


def serve(inbox: Inbox) -> Respond:
    """`GET /_local/inbox?to=&limit=`, `DELETE /_local/inbox`, and `GET /_local/inbox/<id>` for a mail's HTML."""

    def respond(call: Call) -> Answer:
        if call.method == "OPTIONS":
            return Answer(204, cors(call))
        if call.method == "DELETE" and call.path == PATH:
            inbox.clear()
            return Answer(204, cors(call))
        if call.method not in ("GET", "HEAD"):
            return json_answer(405, {"message": "Method Not Allowed"}, [("Allow", "GET, DELETE"), *cors(call)])
        if call.path != PATH:
            return _mail_page(inbox, call.path.removeprefix(f"{PATH}/"))
        query = parse_qs(call.query.replace("+", "%2B"))  # a number as it is written
        most = query.get("limit", [""])[0]
        messages = inbox.messages(query.get("to", [None])[0])
        entries = [asdict(entry) for entry in messages[: int(most) if most.isdecimal() else None]]
        return json_answer(200, entries, [("Cache-Control", "no-store"), *cors(call)])

    return respond


def _mail_page(inbox: Inbox, given: str) -> Answer:
    """Whatever is in it, it runs no script and fetches nothing. Its links open beside it."""
    html = next((entry.html for entry in inbox.messages() if str(entry.id) == given), "")
    if not html:
        return json_answer(404, {"message": "No such mail is in the inbox."})
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", _MAIL_POLICY),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ]
    return Answer(200, headers, html.replace("<head>", '<head><base target="_blank">', 1).encode())


_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def forward(base: str) -> Respond:
    """The same, answered by the process that owns the inbox and takes no calls of pages. `base` is where that listens,
    without a path.
    """

    def respond(call: Call) -> Answer:
        if call.method == "OPTIONS":
            return Answer(204, cors(call))
        request = Request(base + call.target, method=call.method)  # noqa: S310  # our own http:// address
        try:
            reply = LOOPBACK_OPENER.open(request, timeout=10)
        except HTTPError as refused:
            reply = refused
        with reply:
            kept = [(name, value) for name, value in reply.headers.items() if name.lower() in _FORWARDED]
            return Answer(reply.status, [*kept, *cors(call)], reply.read())

    return respond


_FORWARDED = (
    *("content-type", "cache-control", "allow"),
    *("content-security-policy", "referrer-policy", "x-content-type-options"),
)


def cors(call: Call) -> list[tuple[str, str]]:
    """Pages on this machine may read the inbox from their scripts; a page from the net that a developer has
    open may not.
    """
    origin = call.headers.get("Origin", "")
    if not _is_loopback(origin):
        return [("Vary", "Origin")]
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", "GET, DELETE"),
        ("Access-Control-Allow-Headers", "*"),
        ("Vary", "Origin"),
    ]


def _is_loopback(origin: str) -> bool:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return False
    return host in _LOOPBACK or host.endswith(".localhost")
