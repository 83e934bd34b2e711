"""The child process of the development server: imports the app and serves it on the sockets that the parent
listens on.

It lives until its standard input ends, which happens however the parent ends, so no orphan keeps the port.
"""

import os
import signal
import socket
import sys
import traceback
from importlib import import_module
from typing import Any, cast

from chalice.app import Chalice, Response

from infra.local import jobs
from infra.local.gateway import Gateway
from infra.local.http_server import Call
from infra.local.inbox import forward

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    descriptors = os.environ["LOCAL_SOCKETS"].split(",")
    worker = jobs.Worker(queue=f"{os.environ['MFA_TABLE_PREFIX']}-mail")
    app = load_app(worker.sqs)
    gateway = Gateway(
        app,
        sockets=[socket.socket(fileno=int(each)) for each in descriptors],
        inbox=forward(os.environ["AWS_ENDPOINT_URL"]),
        project=os.environ["MFA_PROJECT"],
        names=filter(None, [os.environ.get("HOST")]),
        before=lambda call: None if _asks_for_a_link(call) else worker.settle(),
        log=True,
    )
    worker.start(app)
    with gateway:
        sys.stdin.buffer.read()
    worker.stop()


def _asks_for_a_link(call: Call) -> bool:
    """The time that this takes must not tell whether the address before has an account, so it waits for no job."""
    return call.method == "POST" and call.path.endswith("/account/recovery")


def load_app(sqs: Any) -> Chalice:
    """The project's app, which puts its jobs by way of `sqs`, or, while its code is broken, one that says so."""
    try:
        app = cast(Chalice, import_module("app").app)
        if "chalicelib.services" in sys.modules:
            sys.modules["chalicelib.services"].get("sqs", lambda: sqs)
        return app
    except BaseException:  # SystemExit from a settings check is a failure to import, too
        traceback.print_exc()
        print("The app does not start; it is tried again at the next change.", file=sys.stderr, flush=True)
        return broken_app()


def broken_app() -> Chalice:
    app = Chalice("broken", configure_logs=False)

    @app.route("/{proxy+}", methods=METHODS)
    def say_so() -> Response:
        message = "The app does not start: see the server's terminal."
        return Response({"message": message, "code": 503, "type": "general_server_error"}, status_code=503)

    return app


if __name__ == "__main__":
    main()
