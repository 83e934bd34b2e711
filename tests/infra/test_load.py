"""What `make load` makes of what it has seen."""

from __future__ import annotations

import json
import subprocess
import sys
from email.message import Message
from types import SimpleNamespace

import pytest

from infra.bench.visitor import MOST_SIGN_INS, Visitor
from infra.load.record import GROWTH_BOUND, Point, Record, growth, report
from infra.local.http_server import Answer, Call
from tests.support.files import ROOT


def line(megabytes: float, a_minute: float, begin: int = 0, end: int = 300) -> list[Point]:
    """A process that has so much memory in the beginning, and grows by so much a minute."""
    return [Point(second, megabytes + a_minute * (second - begin) / 60) for second in range(begin, end)]


def test_growth_is_that_after_the_first_minute() -> None:
    warm = line(20, 40, end=60) + line(60, 0.25, begin=60)

    assert growth(warm, warm_up=60) == pytest.approx(0.25)
    assert growth(warm, warm_up=0) > 2


@pytest.mark.parametrize(
    ("failures", "a_minute", "status"),
    [([], 0.0, 0), ([], GROWTH_BOUND - 0.01, 0), ([], GROWTH_BOUND + 0.01, 1), (["3 s: GET /account: 503"], 0.0, 1)],
)
def test_failure_or_growth_ends_with_one_and_is_told(
    failures: list[str], a_minute: float, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    record = Record()
    record.latencies = [Point(1, 20.0), Point(2, 30.0)]
    record.memory = {"API 1": line(80, 0.0), "API 2": line(80, a_minute)}
    record.failures = failures

    assert report(record, warm_up=60) == status

    told = capsys.readouterr().out
    assert told.count("MISSED") == status
    assert all(failure in told for failure in failures)
    assert "2 requests, 1.0 a second" in told


def test_windows_have_rate_and_percentiles_and_the_last_is_left_out_if_it_is_not_whole() -> None:
    record = Record()
    record.latencies = [Point(at / 10, float(at)) for at in range(1, 101)] + [Point(12.0, 7.0)]

    windows = record.windows(5)

    assert [(each.end, each.rate) for each in windows] == [(5, 49 / 5), (10, 50 / 5)]
    assert windows[0][2:] == pytest.approx((25.0, 46.6, 48.52))


def test_latency_is_what_the_client_waits() -> None:
    seconds = iter([100.0, 101.0, 101.5])
    record = Record(now=lambda: next(seconds))

    record.timed(lambda call: Answer(200))(Call("GET", "/v1/account", Message(), "198.18.0.1", b""))

    assert record.latencies == [Point(1.5, 500.0)]


def test_visitor_signs_in_once_in_a_step_of_its_authenticator_and_25_times_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, codes = 1_800_000_000, []

    def respond(call: Call) -> Answer:
        if call.method == "PUT":
            codes.append(json.loads(call.body)["otp"])
        return Answer(200, [], json.dumps({"secret": "JBSWY3DPEHPK3PXP" * 2, "$id": "challenge"}).encode())

    monkeypatch.setattr("infra.bench.visitor.time", SimpleNamespace(time=lambda: now))
    visitor = Visitor(respond, 300)
    visitor.enrol()
    ready = []
    for _ in range(30):
        ready.append(visitor.ready)
        if visitor.ready:
            visitor.sign_in()
        ready.append(visitor.ready)
        now += 30

    assert ready == [True, False] * MOST_SIGN_INS + [False, False] * (30 - MOST_SIGN_INS)
    assert len(set(codes)) == len(codes) == 1 + MOST_SIGN_INS
    assert visitor.request("GET", "/account").peer == "198.18.1.44"


def test_run_that_is_too_short_to_be_judged_is_refused() -> None:
    command = [sys.executable, "-m", "infra.load", "build/nowhere", "32", "4"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert "MINUTES=4 is too short" in done.stderr
