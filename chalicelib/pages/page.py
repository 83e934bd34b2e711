"""One document for all pages: it says what the server alone knows, and the script does the rest."""

from __future__ import annotations

import html
import json
from string import Template
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from chalicelib.languages import LANGUAGES, direction
from chalicelib.models import Project
from chalicelib.pages import files
from chalicelib.pages.weights import by_weight
from chalicelib.runtime import settings
from chalicelib.security import origins

NAMES = ("sign-in", "sign-up", "recovery", "verify", "settings")
WAYS = {
    "password": "email-password",
    "emailCode": "email-otp",
    "magicLink": "magic-url",
    "phone": "phone",
    "passkey": "passkey",
}
"""The project's methods, by what the script calls them."""
KINDS = ("uppercase", "lowercase", "number", "symbols")
"""Of characters that a project may ask for in a password."""


class Visitor(NamedTuple):
    """Who looks at a page. `back` is where to go when done, `visited` whether a session may be there already, `below`
    whether relative links begin below the page, since its address ends in a slash.
    """

    host: str
    """Under which the pages are reached."""
    back: str
    visited: bool
    below: bool = False


def page(name: str, project: Project, language: str, visitor: Visitor) -> str:
    config = settings.config()
    known = {
        "name": name,
        "project": config.project,
        "brand": config.project_name,
        "language": language,
        "languages": {each: files.words(each)["language"] for each in LANGUAGES},
        "ways": {way: project.allows_method(method) for way, method in WAYS.items()},
        "passkeys": _takes_passkeys(project, visitor.host),
        "links": origins.allows_host(visitor.host),
        "password": _rules_of_passwords(project),
        "cooldown": config.send_cooldown_seconds if config.rate_limits else 0,
        "logo": config.brand_logo,
        "support": config.support,
        "visited": visitor.visited,
        **_judged(visitor.back),
    }
    words = files.words(language)
    values = {
        "name": name,
        "language": language,
        "direction": direction(language),
        "known": json.dumps(known, ensure_ascii=False),
        "brand": config.project_name,
        "noscript": words["noscript"],
        "static": "../static" if visitor.below else "static",
        "style": files.style().name,
        "script": files.script(language).name,
    }
    return Template(files.template()).substitute({key: html.escape(value) for key, value in values.items()})


def policy() -> str:
    """Content-Security-Policy: nothing from elsewhere but the brand's logo, and nothing that a script makes of text."""
    logo = urlsplit(settings.config().brand_logo)
    path = logo.path.replace(";", "%3B").replace(",", "%2C")  # which would end a directive and a policy (CSP3 2.3.1)
    elsewhere = f" {logo.scheme}://{logo.netloc}{path}" if logo.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        f"img-src 'self' data: blob:{elsewhere}; base-uri 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def language(asked: str, accepted: str) -> str:
    """The language that the visitor chose, else the first of the browser's (RFC 9110 12.5.4) that there is."""
    wanted = [asked, *by_weight(accepted)]
    bases = (each.lower().partition("-")[0] for each in wanted)
    return next((base for base in bases if base in LANGUAGES), LANGUAGES[0])


def _judged(back: str) -> dict[str, Any]:
    """Where the visitor may go when done, or that it is no place of this project's."""
    if not back:
        return {}
    try:
        return {"back": origins.redirect(back)}
    except ValueError:
        return {"stranger": True}


def _rules_of_passwords(project: Project) -> dict[str, Any]:
    """What is asked of a new one, as far as it can be said before."""
    return {"least": project.password_min, "kinds": [kind for kind in KINDS if getattr(project, f"password_{kind}")]}


def _takes_passkeys(project: Project, host: str) -> bool:
    """Whether a browser lets pages of this host use the project's, and the API believes them."""
    domain = project.passkey_rp_id
    return bool(domain) and f".{host}".endswith(f".{domain}") and origins.allows_host(host)
