"""`python -m infra.lambda_runtime FOLDER`: serves what `make package` wrote into FOLDER, until its input ends.

Prints a line of JSON: `url`, below which are `/v1` and `/_local/inbox`, and `key`, an API key with all scopes. Settings
of the app (MFA_...) in the environment go before those of the stage.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, closing
from email.utils import parseaddr
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.security import api_keys
from chalicelib.storage import api_keys as kept
from chalicelib.storage import data_key
from infra.lambda_runtime.event_source import event_source
from infra.lambda_runtime.execution import Fleet
from infra.lambda_runtime.gateway import ApiGateway
from infra.lambda_runtime.package import Package
from infra.local import inbox
from infra.local.aws import LocalAws
from infra.local.http_server import Answer, Call, HttpServer, listen

ENVIRONMENTS = 4
"""How many requests run at the same time, at most."""


def main(folder: Path) -> None:
    given = {name: value for name, value in os.environ.items() if name.startswith("MFA_")}
    with ExitStack() as stack:
        package = Package(folder, Path(stack.enter_context(TemporaryDirectory())))
        stage = package.settings["MFA_STAGE"]
        aws = stack.enter_context(LocalAws(stage, data_key=False))
        environment = {**_of_aws(aws), **given}
        sender = {**package.settings, **given}["MFA_MAIL_FROM"]
        aws.client("sesv2").create_email_identity(EmailIdentity=parseaddr(sender)[1])
        api = stack.enter_context(closing(Fleet(package.api_function(environment), ENVIRONMENTS)))
        mail = stack.enter_context(closing(Fleet(package.queue_function(environment), 1)))
        stack.enter_context(event_source(aws.client("sqs"), f"{aws.prefix}-mail", mail.invoke))
        gateway = ApiGateway(package.api, api.invoke)
        local = inbox.serve(aws.inbox)

        def respond(call: Call) -> Answer:
            return local(call) if call.path == inbox.PATH else gateway.respond(call)

        server = stack.enter_context(HttpServer(respond, listen()))
        os.environ.update({**package.settings, **environment})
        data_key.make_first()  # the operator's part, as the API key below
        print(json.dumps({"url": f"http://localhost:{server.port}", "key": _key()}), flush=True)
        sys.stdin.buffer.read()


def _of_aws(aws: LocalAws) -> dict[str, str]:
    """Where AWS is. The names of tables and key follow from the stage, as they do when it is deployed."""
    return {name: value for name, value in aws.environment().items() if name.startswith("AWS_")}


def _key() -> str:
    key, value = api_keys.make("tests", api_keys.SCOPES, days=0)
    kept.keep(key)
    return value


if __name__ == "__main__":
    main(Path(sys.argv[1]))
