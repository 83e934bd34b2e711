"""AWS and a toy app behind the gateway, for tests of the development server; and an account to deploy to."""

import hashlib
from collections.abc import Iterator

import pytest
from chalice.app import Chalice, Request, Response

from infra.local.aws import LocalAws
from infra.local.gateway import Gateway
from tests.infra.project import Account, new_account


@pytest.fixture(scope="session")
def toy_aws() -> Iterator[LocalAws]:
    """A stage of its own, since moto's state is shared by the whole test process."""
    with LocalAws(stage="toy") as aws:
        yield aws


@pytest.fixture
def aws(toy_aws: LocalAws) -> LocalAws:
    toy_aws.reset()
    return toy_aws


@pytest.fixture(scope="session")
def gateway(toy_aws: LocalAws) -> Iterator[Gateway]:
    with Gateway(toy_app(), inbox=toy_aws.inbox, project="<demo>") as gateway:
        yield gateway


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """It starts in seconds, so it is one for all tests; each leaves no stack behind."""
    with new_account() as account:
        yield account


def toy_app() -> Chalice:
    app = Chalice("toy", configure_logs=False)
    app.api.binary_types = ["image/png"]

    @app.route("/event", methods=["GET", "POST", "HEAD", "PUT"], content_types=["application/json", "text/plain"])
    def event() -> Response:
        body = current(app).raw_body
        assert isinstance(body, bytes)
        digest = hashlib.sha256(body).hexdigest()
        return Response({**current(app).to_original_event(), "size": len(body), "digest": digest})

    @app.route("/items/{item}/parts/{part}")
    def part(item: str, part: str) -> list[str]:
        return [item, part]

    @app.route("/items/mine/parts/{part}")
    def mine(part: str) -> list[str]:
        return ["fixed", part]

    @app.route("/cookies")
    def cookies() -> Response:
        return Response({}, headers={"Set-Cookie": ["a=1; Path=/", "b=2; Path=/"], "Server": "Toy"})

    @app.route("/picture")
    def picture() -> Response:
        return Response(b"\x89PNG\xff", headers={"Content-Type": "image/png"})

    @app.route("/nothing", methods=["DELETE"])
    def nothing() -> Response:
        return Response("", status_code=204, headers={"Content-Type": "text/html"})

    @app.route("/{proxy+}", methods=["GET"])
    def unknown() -> Response:
        return Response({"unknown": current(app).uri_params}, status_code=404)

    @app.middleware("all")
    def crashing(event: object, get_response: object) -> Response:
        if "crash" in (current(app).query_params or {}):
            return "no Response"  # type: ignore[return-value]  # what a broken middleware would do
        return get_response(event)  # type: ignore[operator, no-any-return]

    return app


def current(app: Chalice) -> Request:
    """Chalice types it as optional; inside a view there always is one."""
    assert app.current_request is not None
    return app.current_request
