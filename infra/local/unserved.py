"""What Appwrite has at a path and this project does not serve, so that the local server can say so."""

import re
from functools import cache

COMPATIBILITY = "chalicelib/COMPATIBILITY.md"

METHODS = {
    r"/avatars/(?!qr$).*": "other avatars than getQR are",
    r"/project/(?!(policies|auth-methods)(/|$)).*": "this method of Project is",
    r"/health/(?!(version|db|time|cache|pubsub|queue/mails)$).*": "these methods of Health are",
}
SERVICES = "databases functions graphql messaging proxy sites storage tablesdb teams tokens"


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    services = {rf"/{name}(/.*)?": f"the service {name} is" for name in SERVICES.split()}
    return [(re.compile(pattern), what) for pattern, what in {**METHODS, **services}.items()]


def sentence(path: str) -> str:
    """What to say of a path below the stage that nothing is served at; empty for one that Appwrite has not either."""
    what = next((what for pattern, what in _patterns() if pattern.fullmatch(path.rstrip("/"))), "")
    return what and f"Appwrite has this, but {what} not served here. {COMPATIBILITY} lists what is."
