"""moto as the app meets it: the deployed stack's tables and key, and conditions that hold when many write at once."""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from infra.local.aws import REGION, LocalAws

CHALLENGES = "chalice-mfa-toy-challenges"
SESSIONS = "chalice-mfa-toy-sessions"


@pytest.fixture
def dynamodb(aws: LocalAws) -> Any:
    return aws.client("dynamodb")


def put(dynamodb: Any, table: str = CHALLENGES, **attributes: str) -> None:
    dynamodb.put_item(TableName=table, Item={name: {"S": value} for name, value in attributes.items()})


def get(dynamodb: Any, table: str = CHALLENGES, **key: str) -> Any:
    return dynamodb.get_item(TableName=table, Key={name: {"S": value} for name, value in key.items()}).get("Item")


def test_tables_are_those_of_the_stack(dynamodb: Any) -> None:
    keys = {
        name: [key["AttributeName"] for key in dynamodb.describe_table(TableName=name)["Table"]["KeySchema"]]
        for name in dynamodb.list_tables()["TableNames"]
        if name.startswith("chalice-mfa-toy-")
    }
    assert keys["chalice-mfa-toy-users"] == ["pk"]
    assert keys[SESSIONS] == ["user_id", "id"]
    assert keys["chalice-mfa-toy-recovery-codes"] == ["user_id", "selector"]
    ttl = dynamodb.describe_time_to_live(TableName=SESSIONS)["TimeToLiveDescription"]
    assert ttl == {"AttributeName": "ttl", "TimeToLiveStatus": "ENABLED"}


def test_data_keys_are_bound_to_their_context(aws: LocalAws) -> None:
    kms = aws.client("kms")
    made = kms.generate_data_key(KeyId="alias/chalice-mfa-toy", KeySpec="AES_256", EncryptionContext={"a": "1"})
    again = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "1"})
    assert again["Plaintext"] == made["Plaintext"]
    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "2"})


def test_environment_names_what_was_made(aws: LocalAws) -> None:
    environment = aws.environment()
    assert environment["AWS_ENDPOINT_URL"] == aws.endpoint
    assert environment["MFA_TABLE_PREFIX"] + "-challenges" == CHALLENGES
    assert environment["MFA_KMS_KEY"] == "alias/chalice-mfa-toy"


def race(count: int, attempt: Any) -> list[Any]:
    """Threads that take turns every microsecond: at the usual 5 ms moto finishes a call before another one starts."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(attempt, range(count)))
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.race
def test_of_64_conditional_writes_one_wins(dynamodb: Any) -> None:
    put(dynamodb, id="c")

    def spend(client: int) -> bool:
        try:
            dynamodb.update_item(
                TableName=CHALLENGES,
                Key={"id": {"S": "c"}},
                UpdateExpression="SET spent = :by",
                ConditionExpression="attribute_not_exists(spent)",
                ExpressionAttributeValues={":by": {"N": str(client)}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    assert race(64, spend).count(True) == 1


@pytest.mark.race
def test_of_64_transactions_one_wins_and_the_others_leave_no_trace(dynamodb: Any) -> None:
    put(dynamodb, id="c")
    put(dynamodb, SESSIONS, user_id="u", id="s", factors="password")

    def complete(client: int) -> bool:
        try:
            dynamodb.transact_write_items(TransactItems=[_factor(client), _consume(), _trace(client)])
        except dynamodb.exceptions.TransactionCanceledException as refused:
            codes = [reason["Code"] for reason in refused.response["CancellationReasons"]]
            assert codes == ["None", "ConditionalCheckFailed", "None"]
            return False
        return True

    results = race(64, complete)
    assert results.count(True) == 1
    winner = str(results.index(True))
    assert get(dynamodb, SESSIONS, user_id="u", id="s")["factors"] == {"S": winner}
    assert get(dynamodb, id="c") is None
    assert [n for n in range(64) if get(dynamodb, SESSIONS, user_id="u", id=f"trace-{n}")] == [int(winner)]


def _factor(client: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": SESSIONS,
            "Key": {"user_id": {"S": "u"}, "id": {"S": "s"}},
            "UpdateExpression": "SET factors = :f",
            "ExpressionAttributeValues": {":f": {"S": str(client)}},
        }
    }


def _consume() -> dict[str, Any]:
    condition = "attribute_exists(id)"
    return {"Delete": {"TableName": CHALLENGES, "Key": {"id": {"S": "c"}}, "ConditionExpression": condition}}


def _trace(client: int) -> dict[str, Any]:
    return {"Put": {"TableName": SESSIONS, "Item": {"user_id": {"S": "u"}, "id": {"S": f"trace-{client}"}}}}


@pytest.mark.race
def test_counts_are_not_lost(dynamodb: Any) -> None:
    def count(_: int) -> None:
        dynamodb.update_item(
            TableName=CHALLENGES,
            Key={"id": {"S": "n"}},
            UpdateExpression="ADD hits :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    race(64, count)
    assert get(dynamodb, id="n")["hits"] == {"N": "64"}


def test_reset_empties_this_stage_only(dynamodb: Any, aws: LocalAws) -> None:
    with LocalAws(stage="other") as other:
        put(dynamodb, id="a")
        put(dynamodb, "chalice-mfa-other-challenges", id="b")
        aws.reset()
        assert get(dynamodb, id="a") is None
        assert get(dynamodb, "chalice-mfa-other-challenges", id="b")
        other.reset()


def test_a_cancelled_transaction_touches_only_what_it_names(dynamodb: Any) -> None:
    """moto itself restores copies of whole tables, which makes every transaction slower with each stored item."""
    put(dynamodb, SESSIONS, user_id="u", id="bystander")
    stored = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[SESSIONS]
    before = list(stored.all_items())
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(TransactItems=[_trace(1), _consume()])
    after = list(dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[SESSIONS].all_items())
    assert [id(item) for item in after] == [id(item) for item in before]


def test_an_item_is_served_in_a_few_milliseconds(dynamodb: Any) -> None:
    put(dynamodb, id="a")
    durations = []
    for _ in range(50):
        started = time.perf_counter()
        get(dynamodb, id="a")
        durations.append(time.perf_counter() - started)
    assert statistics.median(durations) < 0.02  # measured 0.003; Nagle's algorithm alone makes it 0.04
