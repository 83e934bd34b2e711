"""Our client of DynamoDB against botocore's: the same signature, answers and exceptions, and as much patience."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as some

from chalicelib.runtime import aws, container, dynamodb
from chalicelib.runtime.dynamodb import DynamoDB
from infra.local.http_server import Answer, json_answer, listen
from tests.conftest import START, Stack
from tests.support.scripted import KEY, OK, REGION, Scripted, client, client_of

ITEM = {
    "pk": {"S": "user#ada"},
    "B": {"S": "a name like a type's"},
    "text": {"S": 'Ada "Ä" \u2028'},
    "number": {"N": "12"},
    "bytes": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "names": {"SS": ["a", "b"]},
    "more": {"M": {"list": {"L": [{"B": b"x"}, {"N": "1"}, {"M": {"B": {"B": b"y"}}}]}}},
}


@pytest.fixture
def waits() -> Iterator[list[float]]:
    waited: list[float] = []
    with container.override("sleep", waited.append), container.override("clock", lambda: START):
        yield waited


pytestmark = pytest.mark.usefixtures("waits")


def error(code: str, status: int = 400, **more: Any) -> Answer:
    return json_answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "why", **more})


# The signature


@given(some.binary(max_size=200), some.sampled_from(["", "token/+=="]))
def test_signature_is_botocores(body: bytes, token: str) -> None:
    credentials = KEY._replace(token=token)
    with client("https://dynamodb.eu-central-1.amazonaws.com", credentials) as ours:
        headers = ours._signed("Query", body, credentials)
    authorization = headers.pop("authorization")

    request = botocore.awsrequest.AWSRequest("POST", "https://dynamodb.eu-central-1.amazonaws.com/", headers, body)
    request.context["timestamp"] = headers["x-amz-date"]
    official = botocore.auth.SigV4Auth(botocore.credentials.Credentials(*KEY[:2], token or None), "dynamodb", REGION)
    signature = official.signature(official.string_to_sign(request, official.canonical_request(request)), request)
    assert authorization == (
        f"AWS4-HMAC-SHA256 Credential={official.scope(request)}, "
        f"SignedHeaders={official.signed_headers(official.headers_to_sign(request))}, Signature={signature}"
    )
    assert headers.get("x-amz-security-token", "") == token
    assert headers["x-amz-date"] == f"{datetime.fromtimestamp(START, timezone.utc):%Y%m%dT%H%M%SZ}"


# The same as botocore's client


def walk(client: Any, table: str) -> Iterator[Any]:
    """The answer of each operation, and of each way in which DynamoDB says no."""
    place = {"TableName": table, "Key": {"pk": ITEM["pk"]}}
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    put = {"TableName": table, "Item": ITEM}
    yield client.put_item(**put)
    yield client.batch_get_item(RequestItems={table: {"Keys": [place["Key"]], "ConsistentRead": True}})
    yield client.query(
        TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": ITEM["pk"]}, Limit=1
    )
    add = {"UpdateExpression": "ADD #n :n", "ExpressionAttributeNames": {"#n": "number"}}
    yield client.update_item(**place, **add, ExpressionAttributeValues={":n": {"N": "1"}}, ReturnValues="UPDATED_NEW")
    for operation, parameters in (
        ("put_item", {**put, **absent}),
        ("transact_write_items", {"TransactItems": [{"Delete": place}, {"Put": {**put, "TableName": "none"}}]}),
        ("transact_write_items", {"TransactItems": [{"Put": {**put, **absent}}]}),
        ("query", {"TableName": "none", "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {}}),
    ):
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)(**parameters)
        yield {**refused.value.response, "said": str(refused.value)}
    yield client.transact_write_items(TransactItems=[{"Update": {**place, "UpdateExpression": "REMOVE yes"}}])
    yield client.batch_get_item(RequestItems={table: {"Keys": [place["Key"]]}})
    yield client.delete_item(**place)


def test_answers_and_errors_are_botocores(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stack.aws.environment().items():
        monkeypatch.setenv(name, value)

    def outcomes(client: Any) -> list[dict[str, Any]]:
        stack.aws.reset()
        known = ("Items", "Responses", "Attributes", "Error", "said", "CancellationReasons")
        return [{name: found[name] for name in known if name in found} for found in walk(client, table)]

    table = f"{stack.aws.prefix}-users"
    with closing(aws._dynamodb()) as ours:
        assert isinstance(ours, DynamoDB)
        assert outcomes(ours) == outcomes(stack.aws.client("dynamodb"))


# Patience


@pytest.mark.parametrize(
    "trouble",
    [
        error("ThrottlingException"),
        error("ProvisionedThroughputExceededException"),
        error("RequestLimitExceeded"),
        error("TransactionInProgressException"),
        error("InternalServerError", 500),
        json_answer(503, {}),
        Answer(502, body=b"<html>"),
        Answer(200, body=b"<html>"),
    ],
    ids=lambda trouble: f"{trouble.status}-{trouble.body[:70]}",
)
def test_what_may_pass_is_tried_again_as_the_same_request(trouble: Answer, waits: list[float]) -> None:
    script = Scripted(trouble, trouble, OK)
    with client_of(script) as ours:
        assert ours.transact_write_items(TransactItems=[]) == {"Items": []}

    assert len({call.body for call in script.calls}) == 1
    assert b'"ClientRequestToken":"' in script.calls[0].body
    assert len(script.calls) == 3
    assert all(0 <= wait < limit for wait, limit in zip(waits, (0.01, 0.02), strict=True))


@pytest.mark.parametrize("trouble", [error("ThrottlingException"), error("InternalServerError", 500)])
def test_patience_ends_with_the_third_try(trouble: Answer) -> None:
    script = Scripted(trouble)
    with client_of(script) as ours, pytest.raises(ClientError) as failure:
        ours.query()

    assert len(script.calls) == 3
    assert failure.value.response["Error"]["Message"] == "why"


@pytest.mark.parametrize("code", ["ConditionalCheckFailedException", "TransactionConflictException", "AccessDenied"])
def test_what_will_not_pass_is_asked_once(code: str, waits: list[float]) -> None:
    script = Scripted(error(code))
    with client_of(script) as ours, pytest.raises(ClientError) as failure:
        ours.update_item()

    assert failure.value.response["Error"]["Code"] == code
    assert (len(script.calls), waits) == (1, [])


def test_two_transactions_have_two_tokens() -> None:
    script = Scripted(OK)
    with client_of(script) as ours:
        for _ in range(2):
            ours.transact_write_items(TransactItems=[])

    assert len({call.body for call in script.calls}) == 2


def test_service_that_is_not_there_is_no_answer(waits: list[float]) -> None:
    [free] = listen("127.0.0.1")
    port = free.getsockname()[1]
    free.close()

    with client(f"http://127.0.0.1:{port}") as ours, pytest.raises(EndpointConnectionError):
        ours.query()

    assert len(waits) == dynamodb.TRIES - 1


def test_silence_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamodb, "ANSWER_SECONDS", 0.05)
    [deaf] = listen("127.0.0.1")

    with deaf, client(f"http://127.0.0.1:{deaf.getsockname()[1]}") as ours, pytest.raises(ReadTimeoutError):
        ours.query()
