"""The policies of the stages by themselves, and the judgment of them that every run of the suite ends with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.deploy.stage import TRACES, Stage, read
from tests.rules.permissions import ACCOUNT, OF_LAMBDA, PREFIX, Need, needs, statements
from tests.rules.recording import STAGES, complaints

TABLE = f"arn:aws:dynamodb:{ACCOUNT}:table"
READ = Need("dynamodb:GetItem", f"{TABLE}/{PREFIX}-users")


def stage_with(*policy: dict[str, Any]) -> Stage:
    return replace(read("dev"), policy={"Statement": list(policy)})


def allow(action: str, resource: str, **more: Any) -> dict[str, Any]:
    return {"Sid": "S", "Effect": "Allow", "Action": action, "Resource": resource, **more}


USERS = allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/chalice-mfa-dev-users")


def test_policies_of_the_stages_differ_in_the_stage_only() -> None:
    dev, prod = (str(read(name).policy).replace(read(name).prefix, PREFIX) for name in STAGES)

    assert dev == prod


@pytest.mark.parametrize("name", STAGES)
def test_policy_names_actions_and_is_for_its_own_stage_only(name: str) -> None:
    stage = read(name)
    for statement in statements(stage.policy):
        assert not any("*" in action for action in statement.actions)
        if statement.effect == "Allow":
            bound = [*statement.resources, *(value for _, value in statement.conditions)]
            assert any(stage.prefix in each or each == stage.sender for each in bound) or statement.actions == (
                "sns:Publish",
            )


def test_call_that_is_not_granted_is_a_complaint_in_any_run() -> None:
    found = complaints(stage_with(), {READ}, whole=False)

    assert found == [f"policy-dev.json does not grant dynamodb:GetItem on {TABLE}/chalice-mfa-dev-users"]


def test_another_table_and_a_denied_one_are_not_granted() -> None:
    sessions = allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/chalice-mfa-dev-sessions")
    deny = {**USERS, "Effect": "Deny"}

    assert complaints(stage_with(sessions), {READ}, whole=False)
    assert complaints(stage_with(USERS, deny), {READ}, whole=False)
    assert not complaints(stage_with(USERS), {READ}, whole=False)


def test_grant_that_nothing_uses_is_a_complaint_of_the_whole_run() -> None:
    stage = replace(read("dev"), policy={"Statement": [USERS]})
    lambdas = [allow(need.action, need.resource.replace(PREFIX, stage.prefix)) for need in sorted(OF_LAMBDA)]
    complete = stage_with(USERS, *lambdas)

    assert complaints(complete, {READ}, whole=True) == []
    unused = ["policy-dev.json grants what is never used: dynamodb:GetItem on " + USERS["Resource"]]
    assert complaints(complete, set(), whole=True) == unused
    assert complaints(complete, set(), whole=False) == []


def test_condition_must_be_met() -> None:
    key = allow("kms:Decrypt", "*", Condition={"StringEquals": {"kms:ResourceAliases": "alias/chalice-mfa-dev"}})
    ours, other = (
        needs("kms", "Decrypt", {"KeyId": f"alias/{name}", "CiphertextBlob": b""}) for name in (PREFIX, "other")
    )

    assert complaints(stage_with(key), ours, whole=False) == []
    assert len(complaints(stage_with(key), other, whole=False)) == 1


def test_condition_of_an_unknown_kind_is_refused_rather_than_ignored() -> None:
    with pytest.raises(ValueError, match="not understood"):
        statements({"Statement": [allow("kms:Decrypt", "*", Condition={"StringLike": {"a": "b"}})]})


def test_transaction_needs_the_permission_of_each_write() -> None:
    parameters = {"TransactItems": [{"Put": {"TableName": "a"}}, {"ConditionCheck": {"TableName": "b"}}]}

    assert needs("dynamodb", "TransactWriteItems", parameters) == {
        Need("dynamodb:PutItem", f"{TABLE}/a"),
        Need("dynamodb:ConditionCheckItem", f"{TABLE}/b"),
    }


def test_query_of_an_index_needs_that_of_the_index_alone() -> None:
    assert needs("dynamodb", "Query", {"TableName": "a", "IndexName": "i"}) == {
        Need("dynamodb:Query", f"{TABLE}/a/index/i")
    }


def test_sms_is_granted_and_topics_are_not() -> None:
    stage = read("dev")

    assert not complaints(stage, needs("sns", "Publish", {"PhoneNumber": "+1"}), whole=False)
    topic = needs("sns", "Publish", {"TopicArn": f"arn:aws:sns:{ACCOUNT}:t"})
    assert complaints(stage, topic, whole=False)


def test_traces_are_granted_where_they_are_taken_and_nowhere_else() -> None:
    grant = {**allow("xray:PutTraceSegments", "*"), "Action": list(TRACES)}
    for xray, granted in ((True, True), (False, False), (True, False), (False, True)):
        stage = replace(stage_with(*([grant] if granted else [])), xray=xray)

        found = [line for line in complaints(stage, set(), whole=True) if "xray" in line]

        assert len(found) == (0 if xray == granted else 2)
