"""moto over HTTP: for SDKs, and for no page in a browser, which could read the tables or write to them."""

from moto.moto_server import werkzeug_app
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from infra.local.http_server import Answer, Call, Respond, json_answer
from infra.local.wsgi import serve_wsgi

_OF_PAGES = ("cross-site", "same-site")
"""Values of Sec-Fetch-Site for a request of another page; a browser sends it for an image too, which has no Origin."""


def moto() -> Respond:
    werkzeug_app.DISABLE_GLOBAL_CORS = True  # type: ignore[attr-defined]  # else any page may read any answer
    return serve_wsgi(DomainDispatcherApplication(create_backend_app))


def without_pages(respond: Respond) -> Respond:
    """Refuses what comes from a page: no SDK sends these headers."""

    def respond_to_sdks(call: Call) -> Answer:
        if "Origin" in call.headers or call.headers.get("Sec-Fetch-Site") in _OF_PAGES:
            return json_answer(403, {"message": "Pages may not call AWS."})
        return respond(call)

    return respond_to_sdks
