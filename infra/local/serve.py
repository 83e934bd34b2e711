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
from typing import cast

from chalice.app import Chalice, Response

from infra.local import jobs
from infra.local.gateway import Gateway
from infra.local.inbox import forward

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    descriptors = os.environ["LOCAL_SOCKETS"].split(",")
    app = load_app()
    gateway = Gateway(
        app,
        sockets=[socket.socket(fileno=int(each)) for each in descriptors],
        inbox=forward(os.environ["AWS_ENDPOINT_URL"]),
        project=os.environ["MFA_PROJECT"],
        log=True,
    )
    with gateway, jobs.worker(app, queue=f"{os.environ['MFA_TABLE_PREFIX']}-mail"):
        sys.stdin.buffer.read()


def load_app() -> Chalice:
    """The project's app, or, while its code is broken, one that says so to every request."""
    try:
        return cast(Chalice, import_module("app").app)
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
