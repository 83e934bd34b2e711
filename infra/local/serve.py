"""The child process of the development server: imports the app and serves it on the sockets that the parent
listens on.

It lives until its standard input ends, which happens however the parent ends, so no orphan keeps the port: not even
one whose app hangs while it is imported.
"""

import os
import socket
import sys
import threading
import time
import traceback
from importlib import import_module
from typing import Any, cast

from chalice.app import Chalice, Response

from infra.local import jobs
from infra.local.clock import Clock
from infra.local.console import Console
from infra.local.gateway import Gateway
from infra.local.http_server import Call
from infra.local.inbox import forward
from infra.local.request_log import RequestLog

PATIENCE = 2.0
"""Seconds in which this process ends by itself once its parent has, or wants it to."""

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def main() -> None:
    over = threading.Event()
    threading.Thread(target=_end_with_input, args=(over,), daemon=True, name="end").start()
    descriptors = os.environ["LOCAL_SOCKETS"].split(",")
    worker = jobs.Worker(queue=f"{os.environ['MFA_TABLE_PREFIX']}-mail")
    clock = Clock(int(os.environ["LOCAL_CLOCK"]))
    loaded = load_app()
    put_in(worker.sqs, clock)
    app = loaded or broken_app()
    gateway = Gateway(
        app,
        sockets=[socket.socket(fileno=int(each)) for each in descriptors],
        inbox=forward(os.environ["AWS_ENDPOINT_URL"]),
        console=Console(os.environ, clock, moved=lambda: put_in(worker.sqs, clock)),
        project=os.environ["MFA_PROJECT"],
        names=filter(None, [os.environ.get("HOST")]),
        before=lambda call: None if _asks_for_a_link(call) else worker.settle(),
        log=RequestLog().line,
    )
    worker.start(app)
    with gateway:
        if loaded is not None:
            os.write(int(os.environ["LOCAL_SERVES"]), b".")
        over.wait()
    worker.stop()


def _end_with_input(over: threading.Event) -> None:
    sys.stdin.buffer.read()
    over.set()
    time.sleep(PATIENCE)
    os._exit(1)


def _asks_for_a_link(call: Call) -> bool:
    """The time that this takes must not tell whether the address before has an account, so it waits for no job."""
    return call.method == "POST" and call.path.endswith("/account/recovery")


def put_in(sqs: Any, clock: Clock) -> None:
    """The app puts its jobs by way of `sqs` and goes by `clock`, and has nothing in memory from another time."""
    container = sys.modules.get("chalicelib.runtime.container")
    if container is not None:
        container.reset()
        container.get("sqs", lambda: sqs)
        container.get("clock", lambda: clock)


def load_app() -> Chalice | None:
    """The project's app; none while its code is broken."""
    try:
        return cast(Chalice, import_module("app").app)
    except BaseException:  # SystemExit from a settings check is a failure to import, too
        traceback.print_exc()
        print("The app does not start; it is tried again at the next change.", file=sys.stderr, flush=True)
        return None


def broken_app() -> Chalice:
    app = Chalice("broken", configure_logs=False)

    @app.route("/{proxy+}", methods=METHODS)
    def say_so() -> Response:
        message = "The app does not start: see the server's terminal."
        return Response({"message": message, "code": 503, "type": "general_server_error"}, status_code=503)

    return app


if __name__ == "__main__":
    main()
