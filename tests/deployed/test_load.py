"""The load run of `make load`, with few clients and on moto."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.bench.aws import aws_of
from infra.lambda_runtime.package import Package
from infra.load.record import Record
from infra.load.run import run
from tests.support.servers import FAST_HASHES

pytestmark = pytest.mark.deployed


def test_clients_sign_in_and_what_they_see_is_noted(package: Path, tmp_path: Path) -> None:
    def over(record: Record) -> bool:
        return record.sign_ins > 3 and "mail 1" in record.memory

    with aws_of("dev") as aws:
        record = run(Package(package, tmp_path), {**aws, **FAST_HASHES}, 3, over, tmp_path / "functions.log")

    assert record.failures == []
    assert record.sign_ups >= 3
    assert len(record.latencies) == 5 * (record.sign_ins + record.sign_ups)
    assert record.memory["API 1"][-1].value > 20
    assert '"route":"PUT /account/mfa/challenges"' in (tmp_path / "functions.log").read_text()


def test_what_fails_is_noted_and_the_run_goes_on(package: Path, tmp_path: Path) -> None:
    def over(record: Record) -> bool:
        return len(record.failures) > 1 or record.seconds > 60

    with aws_of("dev") as aws:
        nowhere = {**aws, "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}
        record = run(Package(package, tmp_path), nowhere, 1, over, tmp_path / "functions.log")

    assert len(record.failures) == 2
    assert all(": POST /account: 503 " in failure for failure in record.failures)
    assert (record.sign_ins, record.sign_ups) == (0, 0)
