"""infra/README.md says of parameters, alarms and figures what stands in stack.yaml."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.template import Template, full_template, named, of_type

README = (Path(__file__).parents[2] / "infra" / "README.md").read_text()
PREFIX = "chalice-mfa-dev-"
UNITS = {3600: "hour", 86400: "day"}
STEPS = ("- Look at:", "- Do:", "- Good again:")


def section(heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    text = re.sub(r"^ *```.*?^ *```$", lambda block: block[0].replace("#", ""), README, flags=re.MULTILINE | re.DOTALL)
    below = text.partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{len(level)}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


ALARMS = {
    alarm["Properties"]["AlarmName"].removeprefix(PREFIX): alarm["Properties"]
    for kind in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    for alarm in of_type(kind).values()
}
TELLING = {name: alarm for name, alarm in ALARMS.items() if "AlarmActions" in alarm}
BUDGET = [each["Properties"] for each in of_type("AWS::Budgets::Budget").values()]
SECTIONS = re.findall(r"^### (.+)$", section("## Runbook"), re.MULTILINE)


def meaning(name: str) -> str:
    """The first paragraph of an alarm's section."""
    return " ".join(section(f"### {name}").strip().partition("\n\n")[0].split())


def numbers(text: str) -> set[float]:
    return {float(each.replace(",", "")) for each in re.findall(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])", text)}


def figures(alarm: Template) -> Iterator[float]:
    """The numbers by which an alarm is decided: none for `at all`, and none for a level that is asked for now."""
    if "AlarmRule" in alarm:
        yield from figures(ALARMS["no-traffic-usual"])
        yield from figures(ALARMS["no-traffic-gone"])
        return
    [queries, period] = [alarm.get("Metrics", []), alarm.get("Period")]
    expression = queries[0]["Expression"] if queries else ""
    yield from numbers(expression.replace("100 *", ""))
    yield alarm["Threshold"] if isinstance(alarm["Threshold"], int) else 0
    period = period or queries[1]["MetricStat"]["Period"]
    times = alarm["EvaluationPeriods"]
    yield alarm.get("DatapointsToAlarm", 0)
    if period not in UNITS and alarm.get("Statistic") != "Maximum":
        yield period * times // 60
    elif times > 1:
        yield times


def test_each_alarm_has_a_section_and_each_section_an_alarm() -> None:
    assert sorted(SECTIONS) == sorted([*TELLING, *(["budget"] if BUDGET else [])])


@pytest.mark.parametrize("name", TELLING)
def test_section_begins_with_severity_and_figures_of_its_alarm(name: str) -> None:
    severity = TELLING[name]["AlarmDescription"].partition(":")[0]

    assert meaning(name).startswith(f"`{severity}`. ")
    assert numbers(meaning(name)) - {0} == set(figures(TELLING[name])) - {0, 1} | numbers_of_neighbours(name)


def numbers_of_neighbours(name: str) -> set[float]:
    """Other people's limits that a section may name."""
    return {"bounces": {5.0}, "complaints": {0.1}, "dead-letters": {14.0}}.get(name, set())


@pytest.mark.parametrize("name", TELLING)
def test_section_names_the_parameter_and_the_time_that_decide(name: str) -> None:
    alarm = TELLING[name]
    threshold = alarm.get("Threshold")

    if isinstance(threshold, dict):
        assert f"`{threshold['Ref']}`" in meaning(name)
    elif alarm.get("Period") in UNITS:
        assert UNITS[alarm["Period"]] in meaning(name)


@pytest.mark.parametrize("name", SECTIONS)
def test_section_says_what_to_look_at_what_to_do_and_when_it_is_over(name: str) -> None:
    text = section(f"### {name}")

    places = [text.find(f"\n{step}") for step in STEPS]
    assert -1 < places[0] < places[1] < places[2]
    look = text[places[0] : places[1]]
    assert re.search(r"`(ask|aws|curl) ", look) or re.search(r"as under \[", look)


def test_budget_is_as_described() -> None:
    [budget] = BUDGET
    thresholds = [each["Notification"]["Threshold"] for each in budget["NotificationsWithSubscribers"]]

    assert thresholds == [80, 100]
    assert numbers(meaning("budget")) == {80, 100}


def described_parameters() -> dict[str, str]:
    """Names and defaults in the tables."""
    rows = re.findall(r"^\| (`[^|]*`) \| ([^|]*) ?\| ", section("## Parameters of the stack"), re.MULTILINE)
    found: dict[str, str] = {}
    for names, defaults in rows:
        each = re.findall(r"`(\w+)`", names)
        values = [value.strip() for value in defaults.split(",")] if "," in defaults else [defaults.strip()] * len(each)
        found |= dict(zip(each, values, strict=True))
    return found


def test_parameters_are_described_with_their_defaults() -> None:
    parameters = full_template()["Parameters"]

    assert described_parameters() == {name: str(each["Default"]) for name, each in parameters.items()}


def test_growth_is_told_to_whoever_deploys() -> None:
    """By outputs of the same name; warm tables are the stack's own business."""
    growth = re.findall(r"^\| (.*?) \|", section("## Parameters of the stack").partition("**Growth**")[2], re.MULTILINE)
    names = {name for row in growth for name in re.findall(r"`(\w+)`", row)}
    outputs = full_template()["Outputs"]

    assert {name for name in names if outputs.get(name) != {"Value": {"Ref": name}}} == {
        "WarmReadUnits",
        "WarmWriteUnits",
    }


def monthly_cost_of_alarms() -> float:
    """Of those that are always there: 0.10 USD for each metric, and 0.50 USD for a composite alarm."""
    always = [
        each["Properties"]
        for each in of_type("AWS::CloudWatch::").values()
        if each["Type"].endswith("Alarm") and "Condition" not in each
    ]
    return sum(
        0.50 if "AlarmRule" in alarm else 0.10 * max(1, sum("MetricStat" in each for each in alarm.get("Metrics", [])))
        for alarm in always
    )


def of(path: str) -> Any:
    """What stands at that place of the template."""
    node: Any = named(full_template())
    for each in path.split():
        node = node[int(each) if each.isdigit() else each]
    return node


FIGURES = {
    r"any second of the last (\d+) days": (
        "Resources Users Properties PointInTimeRecoverySpecification RecoveryPeriodInDays"
    ),
    r"KMS wait (\d+) days": "Resources Key Properties PendingWindowInDays Fn::If 1",
    r"and (\d+) days in other stages": "Resources Key Properties PendingWindowInDays Fn::If 2",
    r"every night at (\d+):00 UTC": "Resources BackupPlan Properties BackupPlan BackupPlanRule 0 ScheduleExpression",
    r"an answer that takes (\d+) s": "Resources Canary Properties Code ZipFile",
    r"one address in (five) minutes": "Parameters WafRequestsPerAddress Description",
    r"dead letters, after (five) tries": "Resources MailQueue Properties RedrivePolicy maxReceiveCount",
    r"A mail job failed (five) times": "Resources MailQueue Properties RedrivePolicy maxReceiveCount",
    r"It waits (\d+) days for you": "Resources MailDeadLetters Properties MessageRetentionPeriod",
    r"that every (five) minutes signs in": "Resources CanarySchedule Properties ScheduleExpression",
    r"MailConcurrency` \| 0 \| [^|]*to (\d+):": "Parameters MailConcurrency MaxValue",
}
"""Figures in the text, and where they come from."""
WORDS = {"five": "5"}
DERIVED: dict[str, Callable[[Any], str]] = {
    "Resources MailDeadLetters Properties MessageRetentionPeriod": lambda seconds: f"{seconds // 86400}",
    "Resources BackupPlan Properties BackupPlan BackupPlanRule 0 ScheduleExpression": lambda cron: cron.split()[1],
    "Resources CanarySchedule Properties ScheduleExpression": lambda rate: re.findall(r"\d+", rate)[0],
    "Resources Canary Properties Code ZipFile": lambda code: re.findall(r"timeout=(\d+)", code)[0],
    "Parameters WafRequestsPerAddress Description": lambda text: "5" if "five minutes" in text else text,
}


@pytest.mark.parametrize("sentence", FIGURES)
def test_figure_in_the_text_is_that_of_the_stack(sentence: str) -> None:
    [found] = re.findall(sentence, " ".join(README.split()))
    place = FIGURES[sentence]
    stands = of(place)

    assert WORDS.get(found, found) == str(DERIVED.get(place, str)(stands))


def test_every_table_goes_back_as_far() -> None:
    days = {
        table["Properties"]["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"]
        for table in of_type("AWS::DynamoDB::Table").values()
    }

    assert len(days) == 1


def test_cost_of_alarms_is_theirs() -> None:
    [found] = re.findall(r"alarms ([\d.]+) USD in all", README)

    assert found == f"{monthly_cost_of_alarms():.2f}"
