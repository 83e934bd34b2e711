"""The functions of the account, run by Lambda's own runtime client."""

from __future__ import annotations

import hashlib
import json
import re
import sysconfig
import threading
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from infra.lambda_runtime.event_source import record
from infra.lambda_runtime.execution import Event, Fleet, Function, FunctionError
from infra.lambda_runtime.package import unpack
from infra.local.http_server import Answer, Call, json_answer
from infra.local.moto_patches import put_in

REGION = "us-east-1"
ENVIRONMENTS = 4
"""Processes of a version, at most."""

_PROVISIONED = re.compile(r"/2019-09-30/functions/(?P<function>[^/?]+)/provisioned-concurrency")


class Functions:
    """Each version of a function has processes of its own, which find the account at `endpoint`.

    The packages of the Python that runs this are beside the code, as those of Lambda's runtime are.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._fleets: dict[str, Fleet] = {}
        self._lock = threading.Lock()
        self._work = TemporaryDirectory()
        self._provisioned: dict[str, Any] = {}

        def send_sqs_batch(_: LambdaBackend, function_arn: str, messages: Any, queue_arn: str) -> bool:
            return self._hand_over(messages, queue_arn)

        put_in(LambdaBackend, send_sqs_batch)

    def invoke(self, arn: str, event: Event) -> Any:
        """As `Fleet.invoke`. `arn` may end with an alias or a version."""
        name, _, qualifier = arn.partition(":function:")[2].partition(":")
        return self._fleet(backend().get_function(name, qualifier or None)).invoke(event)

    def respond(self, call: Call) -> Answer | None:
        """Provisioned concurrency, of which moto knows nothing."""
        match = _PROVISIONED.match(call.path)
        if not match:
            return None
        if call.method == "PUT":
            self._provisioned[match["function"]] = json.loads(call.body)
            return json_answer(202, {**self._provisioned[match["function"]], "Status": "IN_PROGRESS"})
        if call.method == "DELETE":
            self._provisioned.pop(match["function"], None)
            return Answer(204)
        if match["function"] not in self._provisioned:
            absent = "ProvisionedConcurrencyConfigNotFoundException"
            return json_answer(404, {"Message": "There is none."}, [("x-amzn-ErrorType", absent)])
        wanted = self._provisioned[match["function"]]["ProvisionedConcurrentExecutions"]
        return json_answer(200, {"RequestedProvisionedConcurrentExecutions": wanted, "Status": "READY"})

    def close(self) -> None:
        for fleet in self._fleets.values():
            fleet.close()
        self._work.cleanup()

    def _fleet(self, function: LambdaFunction) -> Fleet:
        state = json.dumps([function.function_arn, function.code_sha_256, function.environment_vars], sort_keys=True)
        key = hashlib.sha256(state.encode()).hexdigest()
        with self._lock:
            if key not in self._fleets:
                self._fleets[key] = Fleet(self._described(function, Path(self._work.name) / key), ENVIRONMENTS)
            return self._fleets[key]

    def _described(self, function: LambdaFunction, folder: Path) -> Function:
        settings = dict(function.environment_vars)
        account = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": REGION}
        return Function(
            name=str(function.function_name),
            handler=str(function.handler),
            code=unpack(BytesIO(function.code_bytes), folder),
            runtime=Path(sysconfig.get_path("purelib")),
            environment={**settings, **account, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self._endpoint},
            timeout=int(function.timeout),
            memory=int(function.memory_size),
        )

    def _hand_over(self, messages: Any, queue_arn: str) -> bool:
        """The way from a queue to a function, for which moto needs Docker. It asks for each mapping there ever was."""
        mappings = backend().list_event_source_mappings(queue_arn, "")
        records = [
            record(
                {
                    "MessageId": each.id,
                    "ReceiptHandle": each.receipt_handle,
                    "Body": each.body,
                    "MD5OfBody": each.body_md5,
                }
            )
            for each in messages
        ]
        for mapping in mappings if records else ():
            try:
                self.invoke(mapping.function_arn, {"Records": records})
            except FunctionError:
                return False
            return True
        return False


def backend() -> LambdaBackend:
    found: LambdaBackend = lambda_backends[DEFAULT_ACCOUNT_ID][REGION]
    return found
