"""Links in mails."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from chalicelib.timestamps import iso


def link(url: str, user_id: str, secret: str, expire: int) -> str:
    """`url` with `userId`, `secret` and `expire`; what it had of the same name is replaced, the rest stays."""
    ours = {"userId": user_id, "secret": secret, "expire": iso(expire)}
    parts = urlsplit(url)
    theirs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in ours]
    return urlunsplit(parts._replace(query=urlencode([*theirs, *ours.items()])))
