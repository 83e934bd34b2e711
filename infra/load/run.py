"""Clients in threads, the functions in processes as Lambda has them, and a look at their memory every second."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import Any

import botocore.session

from infra.bench.memory import resident_mb
from infra.bench.visitor import Visitor
from infra.lambda_runtime.event_source import event_source, repeated
from infra.lambda_runtime.execution import Event, Fleet
from infra.lambda_runtime.gateway import ApiGateway
from infra.lambda_runtime.package import Package
from infra.load.record import Point, Record
from infra.local.http_server import Respond

ENVIRONMENTS = 4
"""Of the API's function. Those of Lambda are as many as the clients; these share the CPUs of one machine."""
LOOK_SECONDS = 1.0

Over = Callable[[Record], bool]
"""Whether the clients have done enough; asked before each sign-in."""


def run(package: Package, aws: Mapping[str, str], clients: int, over: Over, log: Path) -> Record:
    """So many clients until it is `over`. `aws` is the environment by which to use AWS; the functions log to `log`."""
    with ExitStack() as stack:
        output = stack.enter_context(log.open("w")).fileno()
        api = stack.enter_context(closing(Fleet(package.api_function(aws), ENVIRONMENTS, output)))
        mail = stack.enter_context(closing(Fleet(package.queue_function(aws), 1, output)))
        record = Record()
        queue = f"chalice-mfa-{package.settings['MFA_STAGE']}-mail"
        stack.enter_context(event_source(_sqs(aws), queue, _watched(mail, record)))
        respond = record.timed(ApiGateway(package.api, api.invoke).respond)
        stack.enter_context(_memory_of({"API": api, "mail": mail}, record))
        numbers = itertools.count(1)
        threads = [threading.Thread(target=_sign_in, args=(respond, numbers, over, record)) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return record


def _sign_in(respond: Respond, numbers: Iterator[int], over: Over, record: Record) -> None:
    """One client: its visitors sign in one after the other, and one more signs up when none is ready."""
    visitors: list[Visitor] = []
    while not over(record):
        ready = next((each for each in visitors if each.ready), None)
        with record.watching():
            if ready:
                ready.sign_in()
                record.signed_in()
            else:
                visitor = Visitor(respond, next(numbers))
                visitor.enrol()
                visitors.append(visitor)
                record.signed_up()


def _watched(fleet: Fleet, record: Record) -> Callable[[Event], Any]:
    def invoke(event: Event) -> None:
        with record.watching():
            fleet.invoke(event)

    return invoke


def _memory_of(fleets: dict[str, Fleet], record: Record) -> AbstractContextManager[None]:
    """Looks at each process of the fleets, for as long as the `with` block lasts."""

    def look() -> None:
        with record.watching():
            for name, fleet in fleets.items():
                for number, pid in enumerate(fleet.pids, 1):
                    record.memory[f"{name} {number}"].append(Point(record.seconds, resident_mb(pid)))

    return repeated(look, LOOK_SECONDS)


def _sqs(aws: Mapping[str, str]) -> Any:
    return botocore.session.get_session().create_client(
        "sqs",
        region_name=aws["AWS_REGION"],
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
    )
