"""The resources: a file per noun of the URL, with what it takes and answers. `register` is what app.py calls."""

from __future__ import annotations

from chalice.app import Chalice, Response

from chalicelib.api import account, avatars, health, logs, openapi, project, unknown, users
from chalicelib.web.reply import finish, no_content

RESOURCES = (
    *account.ROUTES,
    *users.ROUTES,
    logs.routes,
    project.routes,
    avatars.routes,
    health.routes,
)
ROUTES = (*RESOURCES, openapi.describing(RESOURCES))
"""Everything that is served."""


def register(app: Chalice) -> None:
    """Put every endpoint and the middleware into the app."""
    app.api.binary_types = ["*/*"]
    app.register_middleware(finish, "http")
    for blueprint in (*ROUTES, unknown.routes):
        app.register_blueprint(blueprint)
    for path, methods in app.routes.items():
        if "OPTIONS" not in methods:
            app.route(path, methods=["OPTIONS"], content_types=[])(preflight)


def preflight(**_: str) -> Response:
    """The answer to a browser that asks what it may send; `finish` adds what it wants to know."""
    return no_content()
