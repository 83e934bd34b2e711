"""HTTP only: one file per noun of the URL. `register` is what app.py calls."""

from __future__ import annotations

from chalice.app import Chalice, Response

from chalicelib.routes import (
    account,
    authenticators,
    avatars,
    challenges,
    health,
    logs,
    mfa,
    openapi,
    project,
    recovery,
    recovery_codes,
    sessions,
    tokens,
    unknown,
    user_mfa,
    user_sessions,
    users,
    verifications,
)
from chalicelib.routes.reply import finish, no_content

BLUEPRINTS = (
    account.routes,
    sessions.routes,
    verifications.routes,
    mfa.routes,
    recovery_codes.routes,
    authenticators.routes,
    challenges.routes,
    recovery.routes,
    tokens.routes,
    users.routes,
    user_sessions.routes,
    user_mfa.routes,
    logs.routes,
    project.routes,
    avatars.routes,
    health.routes,
    openapi.routes,
    unknown.routes,
)


def register(app: Chalice) -> None:
    """Put every endpoint and the middleware into the app."""
    app.api.binary_types = ["*/*"]
    app.register_middleware(finish, "http")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for path, methods in app.routes.items():
        if "OPTIONS" not in methods:
            app.route(path, methods=["OPTIONS"], content_types=[])(preflight)


def preflight(**_: str) -> Response:
    """The answer to a browser that asks what it may send; `finish` adds what it wants to know."""
    return no_content()
