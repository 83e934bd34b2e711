"""The policies of the stages by themselves, and the judgment of them that every run of the suite ends with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.runtime import threads
from chalicelib.storage import data_key, dynamo, keys
from infra.deploy.stage import FUNCTIONS, TRACES, Stage, read
from tests.conftest import RECORDING
from tests.conftest import Stack as Running
from tests.rules.permissions import (
    ACCOUNT,
    FOR_TABLES,
    LEADING_KEYS,
    PREFIX,
    PURPOSE,
    Need,
    needs,
    of_lambda,
    statements,
)
from tests.rules.recording import STAGES, Recording, acting, complaints, sending
from tests.support.api import Api
from tests.support.person import Person

TABLE = f"arn:aws:dynamodb:{ACCOUNT}:table"
READ = Need("dynamodb:GetItem", f"{TABLE}/{PREFIX}-users")

Policy = dict[str, Any]
Edit = Callable[[list[Policy]], None]


def stage_with(*policy: Policy, **others: Any) -> Stage:
    """A stage whose functions all have these statements for a policy."""
    return replace(sending("dev"), policies={function: {"Statement": [*policy]} for function in FUNCTIONS}, **others)


def allow(action: str, resource: str, **more: Any) -> Policy:
    return {"Sid": "S", "Effect": "Allow", "Action": action, "Resource": resource, **more}


USERS = allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/chalice-mfa-dev-users")


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", STAGES)
def test_policy_names_actions_and_is_for_its_own_stage_only(name: str, function: str) -> None:
    stage = sending(name)
    for statement in statements(stage.policies[function]):
        assert not any("*" in action for action in statement.actions)
        if statement.effect == "Allow":
            bound = [*statement.resources, *(value for each in statement.conditions for value in each.values)]
            assert any(stage.prefix in each or each == stage.sender for each in bound) or statement.actions == (
                "sns:Publish",
            )


def test_call_that_is_not_granted_is_a_complaint_in_any_run() -> None:
    found = complaints(stage_with(), "mail", {READ}, whole=False)

    assert found == [f"policy-dev-mail.json does not grant dynamodb:GetItem on {TABLE}/chalice-mfa-dev-users"]


def test_another_table_and_a_denied_one_are_not_granted() -> None:
    sessions = allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/chalice-mfa-dev-sessions")
    deny = {**USERS, "Effect": "Deny"}

    assert complaints(stage_with(sessions), "api", {READ}, whole=False)
    assert complaints(stage_with(USERS, deny), "api", {READ}, whole=False)
    assert not complaints(stage_with(USERS), "api", {READ}, whole=False)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_grant_that_nothing_uses_is_a_complaint_of_the_whole_run(function: str) -> None:
    prefix = read("dev").prefix
    lambdas = [allow(need.action, need.resource.replace(PREFIX, prefix)) for need in sorted(of_lambda(function))]
    complete = stage_with(USERS, *lambdas)

    assert complaints(complete, function, {READ}, whole=True) == []
    unused = [f"policy-dev-{function}.json grants what is never used: dynamodb:GetItem on {USERS['Resource']}"]
    assert complaints(complete, function, set(), whole=True) == unused
    assert complaints(complete, function, set(), whole=False) == []


# Conditions, as IAM judges them


ONLY_A = {"StringEquals": {"k": "a"}}
CONDITIONS: list[tuple[dict[str, Any], dict[tuple[str, ...], bool]]] = [
    (ONLY_A, {("a",): True, ("b",): False, (): False}),
    ({"StringEquals": {"k": ["a", "b"]}}, {("a",): True, ("b",): True, ("c",): False, (): False}),
    ({"ForAnyValue:StringEquals": {"k": "a"}}, {("a",): True, ("a", "b"): True, ("b",): False, (): False}),
    ({"ForAllValues:StringEquals": {"k": "a"}}, {("a",): True, ("a", "b"): False, ("b",): False, (): True}),
    ({"ArnLike": {"k": "a:*"}}, {("a:b",): True, ("b:a",): False, ("a:b", "a:c"): False, (): False}),
    ({"Null": {"k": "false"}}, {("a",): True, (): False}),
    ({"Null": {"k": "true"}}, {("a",): False, (): True}),
    ({**ONLY_A, "Null": {"k": "true"}}, {("a",): False, (): False}),
]


@pytest.mark.parametrize(("condition", "outcomes"), CONDITIONS)
def test_condition_must_be_met(condition: dict[str, Any], outcomes: dict[tuple[str, ...], bool]) -> None:
    [statement] = statements({"Statement": [allow("a:B", "*", Condition=condition)]})
    for values, met in outcomes.items():
        context = (("other", ("a",)), *([("k", values)] if values else []))
        assert statement.covers(Need("a:B", "x", context)) is met, values


def test_condition_of_an_unknown_kind_is_refused_rather_than_ignored() -> None:
    with pytest.raises(ValueError, match="not understood"):
        statements({"Statement": [allow("kms:Decrypt", "*", Condition={"StringLike": {"a": "b"}})]})


def test_transaction_needs_the_permission_of_each_write_for_its_item() -> None:
    put = {"Put": {"TableName": "p-settings", "Item": {"id": {"S": "project"}, "x": {"S": "data-key"}}}}
    check = {"ConditionCheck": {"TableName": "p-users", "Key": {"pk": {"S": "user#ada"}}}}

    assert needs("dynamodb", "TransactWriteItems", {"TransactItems": [put, check]}) == {
        Need("dynamodb:PutItem", f"{TABLE}/p-settings", ((LEADING_KEYS, ("project",)),)),
        Need("dynamodb:ConditionCheckItem", f"{TABLE}/p-users", ((LEADING_KEYS, ("user#x",)),)),
    }


def test_batch_needs_the_permission_of_each_table_for_all_its_keys() -> None:
    asked = {
        "p-settings": {"Keys": [{"id": {"S": each}} for each in ("project", "key#1", "key#2", "data-key")]},
        "p-sessions": {"Keys": [{"user_id": {"S": "ada"}, "id": {"S": "project"}}]},
    }

    assert needs("dynamodb", "BatchGetItem", {"RequestItems": asked}) == {
        Need("dynamodb:BatchGetItem", f"{TABLE}/p-settings", ((LEADING_KEYS, ("data-key", "key#x", "project")),)),
        Need("dynamodb:BatchGetItem", f"{TABLE}/p-sessions", ((LEADING_KEYS, ("x",)),)),
    }


def test_query_of_an_index_needs_that_of_the_index_alone() -> None:
    assert needs("dynamodb", "Query", {"TableName": "a", "IndexName": "i"}) == {
        Need("dynamodb:Query", f"{TABLE}/a/index/i")
    }


def test_data_key_is_unwrapped_for_its_purpose_and_its_tables() -> None:
    asked = {"KeyId": "alias/p", "EncryptionContext": {"tables": "p", "purpose": "x"}, "CiphertextBlob": b""}
    context = (("kms:ResourceAliases", ("alias/p",)), (PURPOSE, ("x",)), (FOR_TABLES, ("p",)))

    assert needs("kms", "Decrypt", asked) == {Need("kms:Decrypt", f"arn:aws:kms:{ACCOUNT}:key/k", context)}


# What keeps the keys out of the functions' hands, taken away


def edited(function: str, edit: Edit) -> Stage:
    """Stage dev with a change to the statements of a policy."""
    stage = sending("dev")
    policies = deepcopy(stage.policies)
    edit(policies[function]["Statement"])
    return replace(stage, policies=policies)


def of(sid: str, change: Callable[[Policy], Any]) -> Edit:
    return lambda policy: change(next(each for each in policy if each["Sid"] == sid))


def without(*operators: str) -> Callable[[Policy], Any]:
    return lambda statement: [statement["Condition"].pop(each) for each in operators]


def without_key(operator: str, key: str) -> Callable[[Policy], Any]:
    return lambda statement: statement["Condition"][operator].pop(key)


def granting(action: str, resource: str) -> Edit:
    return lambda policy: policy.append(allow(action, resource))


LEADING = ("ForAllValues:StringEquals", "Null")
SETTINGS = "arn:aws:dynamodb:*:*:table/chalice-mfa-dev-settings"
KEY = f"dynamodb:UpdateItem on {TABLE}/chalice-mfa-dev-settings ({LEADING_KEYS} key#x)"
TAKEN_AWAY: dict[str, tuple[str, Edit, str]] = {
    "which item": ("api", of("Switches", without(*LEADING)), KEY),
    "which item, though there is one": ("api", of("Switches", without(LEADING[0])), KEY),
    "that there is an item": (
        "api",
        of("Switches", without("Null")),
        f"dynamodb:PutItem on {TABLE}/chalice-mfa-dev-settings",
    ),
    "that it is the project": (
        "api",
        of("Switches", lambda each: each["Condition"][LEADING[0]][LEADING_KEYS].append("data-key")),
        f"dynamodb:PutItem on {TABLE}/chalice-mfa-dev-settings ({LEADING_KEYS} data-key)",
    ),
    "that it is written": ("api", of("Settings", lambda each: each.update(Action="dynamodb:UpdateItem")), KEY),
    "the context": ("api", of("DataKeys", without("StringEquals")), "(kms:ResourceAliases alias/chalice-mfa-dev)"),
    "the purpose": ("api", of("DataKeys", without_key("StringEquals", PURPOSE)), f"{PURPOSE} another"),
    "the tables": ("api", of("DataKeys", without_key("StringEquals", FOR_TABLES)), f"{FOR_TABLES} another"),
    "that keys are only unwrapped": (
        "api",
        of("DataKeys", lambda each: each.update(Action=["kms:Decrypt", "kms:GenerateDataKey"])),
        "kms:GenerateDataKey on",
    ),
    "that the API takes no jobs": (
        "api",
        granting("sqs:ReceiveMessage", "arn:aws:sqs:*:*:chalice-mfa-dev-mail"),
        "sqs:ReceiveMessage on",
    ),
    "that mail sets no switches": ("mail", granting("dynamodb:PutItem", SETTINGS), f"({LEADING_KEYS} project)"),
    "that mail unwraps no keys": ("mail", granting("kms:Decrypt", "*"), f"{FOR_TABLES} chalice-mfa-dev)"),
}


@pytest.mark.parametrize("name", TAKEN_AWAY)
def test_what_keeps_keys_from_the_functions_is_missed_when_it_is_taken_away(name: str) -> None:
    function, edit, grant = TAKEN_AWAY[name]
    assert complaints(sending("dev"), function, set(), whole=False) == []

    found = complaints(edited(function, edit), function, set(), whole=False)

    assert [
        line for line in found if f"policy-dev-{function}.json grants what is forbidden: " in line and grant in line
    ]


# Who does what, as the recording has it


def recorded(recording: Recording) -> dict[str, set[str]]:
    """The actions of each function."""
    return {function: {need.action for need in recording.calls(function)} for function in FUNCTIONS}


@pytest.fixture
def recording(stack: Running) -> Iterator[Recording]:
    """The recording of this run, in which nothing is seen but what this test does."""
    with RECORDING.apart():
        yield RECORDING


def test_calls_are_noted_for_the_function_that_makes_them(
    recording: Recording, person: Person, run_jobs: Callable[[], int]
) -> None:
    answer = person.api.post("/account/recovery", {"email": person.email, "url": "http://localhost:3000/reset"})
    assert answer.status == 201
    sent = recorded(recording)
    assert {"sqs:SendMessage", "kms:Decrypt", "dynamodb:PutItem"} <= sent["api"]
    assert sent["mail"] == set()

    assert run_jobs() == 1

    done = recorded(recording)
    assert {"ses:SendRawEmail", "dynamodb:UpdateItem"} <= done["mail"]
    assert "ses:SendRawEmail" not in done["api"]


def test_work_beside_is_that_of_the_function_and_the_operators_is_nobodys(recording: Recording, api: Api) -> None:
    def read_user() -> None:
        dynamo.read(keys.user("nobody"))

    assert data_key.add() == 2
    with acting("mail"):
        threads.together([lambda: None, read_user])
    read_user()

    assert recorded(recording) == {"api": set(), "mail": {"dynamodb:BatchGetItem"}}


@pytest.mark.parametrize(("function", "other"), [("api", "mail"), ("mail", "api")])
def test_policy_of_the_other_function_is_a_complaint(
    recording: Recording, person: Person, run_jobs: Callable[[], int], function: str, other: str
) -> None:
    person.api.post("/account/recovery", {"email": person.email, "url": "http://localhost:3000/reset"})
    run_jobs()
    stage = sending("dev")
    calls = recording.calls(function)
    assert complaints(stage, function, calls, whole=False) == []

    swapped = replace(stage, policies={**stage.policies, function: stage.policies[other]})

    found = complaints(swapped, function, calls, whole=True)
    assert [line for line in found if "does not grant" in line]
    assert [line for line in found if "never used" in line or "forbidden" in line]


def test_sms_is_granted_and_topics_are_not() -> None:
    stage = sending("dev")
    topic = needs("sns", "Publish", {"TopicArn": f"arn:aws:sns:{ACCOUNT}:t"})

    for function in FUNCTIONS:
        assert not complaints(stage, function, needs("sns", "Publish", {"PhoneNumber": "+1"}), whole=False)
        assert complaints(stage, function, topic, whole=False)


def test_traces_are_granted_where_they_are_taken_and_nowhere_else() -> None:
    grant = {**allow("xray:PutTraceSegments", "*"), "Action": list(TRACES)}
    for xray, granted in ((True, True), (False, False), (True, False), (False, True)):
        stage = stage_with(*([grant] if granted else []), xray=xray)

        found = [line for line in complaints(stage, "mail", set(), whole=True) if "xray" in line]

        assert len(found) == (0 if xray == granted else 2)
