"""Pages of one file: `/_local/verify`, which the links of verification mails may point to while there is no app of
one's own, and the example of such an app.
"""

import base64
import hashlib
import html
import json
import re
from functools import cache
from pathlib import Path

from infra.local.http_server import Answer

_TEMPLATE = Path(__file__).with_name("verify.html")
_EXAMPLE = Path(__file__).with_name("example") / "index.html"
_SDK = re.compile(r'<script src="https:[^>]*>')


@cache
def verify_page(project: str) -> Answer:
    page = _TEMPLATE.read_text(encoding="utf-8").replace("{{project}}", html.escape(project))
    return _page(page)


def example_page(origin: str, project: str, sdk: str) -> tuple[str, Answer]:
    """The file for a server at `origin`, and the page with the SDK from `sdk` in place of the CDN."""
    source = _EXAMPLE.read_text(encoding="utf-8").replace("http://localhost:8000", origin)
    source = source.replace('setProject("demo")', f"setProject({json.dumps(project)})")
    return source, _page(_SDK.sub(f'<script src="{sdk}">', source), scripts="'self' ")


def _page(page: str, scripts: str = "") -> Answer:
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", _policy(page, scripts)),
        ("Referrer-Policy", "no-referrer"),  # the address holds the secret
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ]
    return Answer(200, headers, page.encode())


def _policy(page: str, scripts: str) -> str:
    """Only the page's own script and style, named by their hashes, and calls to the server that it came from."""
    return (
        f"default-src 'none'; script-src {scripts}{_hash(page, 'script')}; style-src {_hash(page, 'style')}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _hash(page: str, tag: str) -> str:
    inline = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
    digest = hashlib.sha256(inline[1].encode() if inline else b"").digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
