"""Several processes that serve the app on one DynamoDB, as Lambda does: each has its own import, clients and caches."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from chalicelib.runtime import aws, container
from chalicelib.runtime.settings import Config
from tests.races.crowd import SPAWN, Gate, ReadsFirst, SharedClock
from tests.support.api import Answer, Api

PROCESSES = 4


class Fleet:
    """The processes, for as long as the `with` block lasts. They share the clock, the gate and what AWS holds."""

    def __init__(self, environment: dict[str, str], clock: SharedClock, gate: Gate, count: int = PROCESSES) -> None:
        self._count = count
        self._arguments = (environment, clock, gate)
        self._processes: list[BaseProcess] = []
        self._orders: list[Connection] = []
        self.endpoints: list[str] = []

    def __enter__(self) -> Fleet:
        for _ in range(self._count):
            here, there = SPAWN.Pipe()
            process = SPAWN.Process(target=_serve, args=(*self._arguments, there), daemon=True)
            process.start()
            there.close()  # so that the end of the process is the end of the pipe
            self._processes.append(process)
            self._orders.append(here)
        self.endpoints = [str(orders.recv()) for orders in self._orders]
        return self

    def __exit__(self, *_: object) -> None:
        for orders, process in zip(self._orders, self._processes, strict=True):
            orders.close()
            process.join(timeout=20)

    def configure(self, config: Config) -> None:
        """Every process begins afresh with these settings: nothing is cached, no key, no project."""
        for orders in self._orders:
            orders.send(config)
        for orders in self._orders:
            orders.recv()


class FleetApi(Api):
    """A client whose requests go to one process after the other."""

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(fleet.endpoints[0])
        self._turns = cycle([Api(endpoint) for endpoint in fleet.endpoints])

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return next(self._turns).call(method, path, body, **options)


def _serve(environment: dict[str, str], clock: SharedClock, gate: Gate, orders: Connection) -> None:
    """A process of the fleet: it says where it listens, and takes new settings until the pipe ends."""
    os.environ.update(environment)
    from app import app
    from infra.local.gateway import Gateway

    with Gateway(app) as gateway, suppress(EOFError):
        orders.send(gateway.endpoint)
        config: Config = orders.recv()
        while True:
            container.reset()
            config = _run(config, clock, gate, orders)


def _run(config: Config, clock: SharedClock, gate: Gate, orders: Connection) -> Config:
    """Requests are served with these settings until the next ones come."""
    dynamodb = ReadsFirst(aws.client("dynamodb"), gate)
    replaced = {"config": config, "clock": clock, "dynamodb": dynamodb}
    with ExitStack() as overrides:
        for name, value in replaced.items():
            overrides.enter_context(container.override(name, value))
        orders.send("ready")
        following: Config = orders.recv()
        return following
