"""The development server's line for each request, of a refused one with the reason that the answer does not give."""

import json
import logging
import sys
import threading

from infra.local.http_server import Answer, Call

MOST_OF_PATH = 200


class RequestLog(logging.Handler):
    """The app logs a refusal before it answers, in the same thread; the line about it is written after the answer."""

    def __init__(self) -> None:
        super().__init__()
        self._refusal = threading.local()
        self._printing = threading.Lock()
        requests = logging.getLogger("chalicelib.requests")
        requests.setLevel(logging.INFO)
        requests.propagate = False  # else the app's line stands there, too
        requests.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        fields = vars(record)["fields"]
        self._refusal.text = ": ".join(filter(None, (fields["type"], fields.get("reason"))))

    def line(self, call: Call, answer: Answer, milliseconds: float) -> None:
        """Without the query string, where verification links carry their secret; of what the console asks for every few
        seconds, nothing.
        """
        if call.path.startswith("/_local/") and answer.status < 400:
            return
        refusal = vars(self._refusal).pop("text", "") or _of_gateway(answer)
        path = call.path if len(call.path) <= MOST_OF_PATH else f"{call.path[:MOST_OF_PATH]}..."
        line = f"{call.method} {path} {answer.status} {milliseconds:.0f} ms {refusal}".rstrip()
        with self._printing:
            sys.stdout.write(line.encode("unicode_escape").decode() + "\n")  # it is one, whatever the path has
            sys.stdout.flush()


def _of_gateway(answer: Answer) -> str:
    """What the gateway says where no function was asked: its answer has all there is to say."""
    if answer.status != 404 or not answer.body.startswith(b"{"):
        return ""
    body = json.loads(answer.body)
    return f"{body['type']}: {body['message']}"
