"""The resources: a file per noun of the URL, with what it takes and answers. `register` is what app.py calls."""

from __future__ import annotations

from chalice.app import Chalice, Response

from chalicelib.api import (
    account,
    answers,
    avatars,
    empty,
    health,
    logs,
    not_served,
    openapi,
    pages,
    places,
    project,
    unknown,
    users,
)
from chalicelib.api.answers import project as json_project
from chalicelib.api.policies import POLICIES
from chalicelib.web import mistakes
from chalicelib.web.reply import finish, no_content

RESOURCES = (
    *account.ROUTES,
    *users.ROUTES,
    logs.routes,
    project.routes,
    avatars.routes,
    health.routes,
    places.routes,
    pages.routes,
    empty.routes,
    not_served.routes,
)
ROUTES = (*RESOURCES, openapi.describing(RESOURCES))
"""Everything that is served."""

NAMES = mistakes.Names(
    answers=answers.ANSWERS,
    sign_in_methods=json_project.SIGN_IN_METHODS,
    below={"/project/policies": POLICIES, "/project/auth-methods": json_project.SIGN_IN_METHODS},
)

# When they are loaded, not when they are registered: so a run of the tests stops before the first of them.
mistakes.check((served for routes in ROUTES for served in routes.served), NAMES)


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
