"""CodeDeploy for functions: it moves an alias to a version, at once or in two steps, and back when an alarm rings.

moto has CodeDeploy's records without their effect. Of the stack this reads the parameter `TrafficShift`, and takes each
alarm of the application's name for one of the group.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any, NamedTuple

from moto.cloudformation.models import cloudformation_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from infra.local.account.functions import REGION, backend
from infra.local.http_server import Answer, Call, json_answer

TARGET = "CodeDeploy_20141006."
CANARY = 0.1
"""The part of the traffic in the first of two steps."""


class Move(NamedTuple):
    application: str
    function: dict[str, str]
    ends: float
    """When the rest of the traffic follows, of `time.monotonic()`."""
    watched: bool


class CodeDeploy:
    def __init__(self) -> None:
        self._moves: dict[str, Move] = {}
        self._ended: dict[str, dict[str, Any]] = {}

    def respond(self, call: Call) -> Answer | None:
        target = call.headers.get("X-Amz-Target", "")
        if not target.startswith(TARGET):
            return None
        for id_ in list(self._moves):
            self._advance(id_)
        operation = re.sub("(?<!^)(?=[A-Z])", "_", target.removeprefix(TARGET)).lower()
        return json_answer(200, getattr(self, f"_{operation}")(json.loads(call.body)))

    def _create_deployment(self, body: dict[str, Any]) -> dict[str, Any]:
        [resource] = json.loads(body["revision"]["appSpecContent"]["content"])["Resources"]
        function = resource["api"]["Properties"]
        ignored = body.get("overrideAlarmConfiguration", {}).get("enabled") is False
        application = body["applicationName"]
        minutes = _minutes(application)
        if minutes:
            _move(function, function["CurrentVersion"], {function["TargetVersion"]: CANARY})
        id_ = self._begin(Move(application, function, time.monotonic() + 60 * minutes, not ignored))
        self._advance(id_)
        return {"deploymentId": id_}

    def _get_deployment(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"deploymentInfo": self._ended.get(body["deploymentId"], {"status": "InProgress"})}

    def _list_deployments(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "deployments": [id_ for id_, move in self._moves.items() if move.application == body["applicationName"]]
        }

    def _stop_deployment(self, body: dict[str, Any]) -> dict[str, Any]:
        self._stop(body["deploymentId"], "stopped by its user")
        return {"status": "Succeeded"}

    def _begin(self, move: Move) -> str:
        id_ = f"d-{uuid.uuid4().hex[:9].upper()}"
        self._moves[id_] = move
        return id_

    def _advance(self, id_: str) -> None:
        move = self._moves[id_]
        if move.watched and _rings(move.application):
            self._stop(id_, "an alarm rang")
        elif time.monotonic() >= move.ends:
            _move(move.function, move.function["TargetVersion"], {})
            self._ended[id_] = {"status": "Succeeded"}
            del self._moves[id_]

    def _stop(self, id_: str, reason: str) -> None:
        """The way back is a deployment of its own, which ends later than this one."""
        move = self._moves.pop(id_)
        back = {**move.function, "TargetVersion": move.function["CurrentVersion"]}
        rollback = {"rollbackDeploymentId": self._begin(Move(move.application, back, time.monotonic(), watched=False))}
        self._ended[id_] = {"status": "Stopped", "errorInformation": {"message": reason}, "rollbackInfo": rollback}


def _move(function: dict[str, str], version: str, weights: dict[str, float]) -> None:
    backend().update_alias(
        function["Alias"], function["Name"], version, "", json.loads(json.dumps({"AdditionalVersionWeights": weights}))
    )


def _minutes(application: str) -> int:
    stacks = cloudformation_backends[DEFAULT_ACCOUNT_ID][REGION].stacks.values()
    steps = [stack.parameters.get("TrafficShift", "") for stack in stacks if stack.name == application]
    minutes = re.search(r"(\d+)Minutes?$", "".join(steps))
    return int(minutes[1]) if minutes else 0


def _rings(application: str) -> bool:
    alarms = cloudwatch_backends[DEFAULT_ACCOUNT_ID][REGION].alarms.values()
    return any(alarm.name.startswith(f"{application}-") and alarm.state_value == "ALARM" for alarm in alarms)
