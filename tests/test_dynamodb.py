"""Our client of DynamoDB against botocore's: the same signature, answers and exceptions, and as much patience."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as some

from chalicelib import dynamodb, services
from chalicelib.dynamodb import Credentials, DynamoDB
from infra.local.http_server import Answer, Call, HttpServer, json_answer, listen
from tests.conftest import START, Stack

Respond = Callable[[Call], Answer]

REGION = "eu-central-1"
KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")
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
    with services.override("sleep", waited.append), services.override("clock", lambda: START):
        yield waited


pytestmark = pytest.mark.usefixtures("waits")


@contextmanager
def client(endpoint: str, credentials: Credentials = KEY) -> Iterator[DynamoDB]:
    made = DynamoDB(endpoint, REGION, lambda: credentials)
    yield made
    made.close()


@contextmanager
def client_of(respond: Respond) -> Iterator[DynamoDB]:
    with HttpServer(respond, listen("127.0.0.1")) as server, client(f"http://127.0.0.1:{server.port}") as made:
        yield made


class Scripted:
    """A DynamoDB that gives these answers in turn, the last one for ever, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Answer:
        self.calls.append(call)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def error(code: str, status: int = 400, **more: Any) -> Answer:
    return json_answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "why", **more})


OK = json_answer(200, {"Items": []})


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


def test_answers_and_errors_are_botocores(stack: Stack) -> None:
    def outcomes(client: Any) -> list[dict[str, Any]]:
        stack.aws.reset()
        known = ("Items", "Responses", "Attributes", "Error", "said", "CancellationReasons")
        return [{name: found[name] for name in known if name in found} for found in walk(client, table)]

    table = f"{stack.aws.prefix}-users"
    with closing(services._dynamodb()) as ours:
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


# Connections


def test_connection_is_kept_for_the_next_call() -> None:
    with client_of(Scripted(OK)) as ours:
        ours.query()
        [kept] = ours._idle
        port = kept._socket.getsockname()[1]
        ours.query()

        assert [each._socket.getsockname()[1] for each in ours._idle] == [port]


def test_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    first = HttpServer(Scripted(OK), listen("127.0.0.1")).start()
    with client(f"http://127.0.0.1:{first.port}") as ours:
        ours.query()
        first.stop()

        with HttpServer(Scripted(OK), listen("127.0.0.1", first.port)):
            assert ours.query() == {"Items": []}


@contextmanager
def saying(answer: bytes) -> Iterator[str]:
    """A server that says this to whoever comes, and hangs up."""
    [listening] = listen("127.0.0.1")

    def serve() -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listening.accept()
                with accepted:
                    accepted.recv(65536)
                    accepted.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    with listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"


@pytest.mark.parametrize("answer", [HEAD + b"\r\n{}", HEAD + b"Connection: Close\r\n\r\n{}"])
def test_connection_that_the_server_ends_is_not_used_again(answer: bytes) -> None:
    with saying(answer) as endpoint, client(endpoint) as ours:
        for _ in range(3):
            assert ours.query() == {}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"220 smtp.example.com ESMTP\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n{}",
        b"HTTP/1.1 OK 200\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2",
    ],
)
def test_what_is_no_whole_answer_is_none(answer: bytes, waits: list[float]) -> None:
    with saying(answer) as endpoint, client(endpoint) as ours, pytest.raises(EndpointConnectionError):
        ours.query()

    assert len(waits) == dynamodb.TRIES - 1


def test_calls_at_the_same_time_have_a_connection_each() -> None:
    everybody_is_there = threading.Barrier(4)

    def respond(call: Call) -> Answer:
        everybody_is_there.wait(timeout=10)
        return json_answer(200, {"asked": call.headers["X-Amz-Target"]})

    with client_of(respond) as ours:
        answers = services.together([ours.query, ours.put_item, ours.update_item, ours.delete_item])
        assert len(ours._idle) == 4

    operations = ["Query", "PutItem", "UpdateItem", "DeleteItem"]
    assert answers == [{"asked": f"DynamoDB_20120810.{operation}"} for operation in operations]


def certificate(name: str, folder: Path) -> Path:
    """A certificate that says so of itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


@pytest.mark.parametrize(
    ("named", "trusted", "answers"), [("localhost", True, 1), ("localhost", False, 0), ("aws", True, 0)]
)
def test_server_must_prove_its_name(
    named: str, trusted: bool, answers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(named, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file if trusted else certificate("other", tmp_path)))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    sockets = [context.wrap_socket(each, server_side=True) for each in listen("127.0.0.1")]
    script = Scripted(OK)

    with HttpServer(script, sockets) as server, client(f"https://localhost:{server.port}") as ours:
        if answers:
            assert ours.query() == {"Items": []}
        else:
            with pytest.raises(EndpointConnectionError):
                ours.query()

    assert len(script.calls) == answers
