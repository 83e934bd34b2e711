"""`make smoke` against the real app on moto: it passes on a working deployment and fails on a broken one."""

from __future__ import annotations

import time

import pytest

from chalicelib.runtime import container
from infra.deploy import smoke
from tests.conftest import Stack
from tests.support.api import Api
from tests.support.faults import Faulty, refusal_of_aws


def test_working_deployment_passes(api: Api, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    with container.override("clock", time.time):
        assert smoke.main(stack.endpoint + "/", "demo") == 0

    shown = capsys.readouterr().out
    assert "401 GET    /account user_more_factors_required" in shown
    assert shown.endswith("The deployment works.\n")


def test_unknown_project_fails(api: Api, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(stack.endpoint, "other") == 1

    assert "project_not_found" in capsys.readouterr().err


def test_broken_deployment_fails(api: Api, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    with container.override("dynamodb", Faulty(refusal_of_aws("ThrottlingException"))):
        assert smoke.main(stack.endpoint, "demo") == 1

    assert "FAILED: GET /health/version: expected 200 , got 503" in capsys.readouterr().err


def test_no_deployment_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main("http://127.0.0.1:1/v1", "demo") == 1

    assert "FAILED" in capsys.readouterr().err
