"""Our client of DynamoDB: to whom it connects, how it keeps connections, and what it takes for no answer."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib import dynamodb, services
from infra.local.http_server import Answer, Call, HttpServer, json_answer, listen
from tests.scripted import OK, Scripted, client, client_of, saying

ROOT = Path(__file__).parents[1]

WITH_MOCK_AWS = """
from moto import mock_aws
from chalicelib import services
with mock_aws():
    print(services.client("dynamodb").list_tables()["TableNames"])
"""


@pytest.fixture(autouse=True)
def waits() -> Iterator[list[float]]:
    waited: list[float] = []
    with services.override("sleep", waited.append):
        yield waited


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """That of a function of Lambda in eu-central-1, without another endpoint."""
    for name in ("ENDPOINT_URL", "ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    of_lambda = {"REGION": "eu-central-1", "LAMBDA_FUNCTION_NAME": "f", "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s"}
    for name, value in of_lambda.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return monkeypatch


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_endpoint_on_lambda_is_that_of_the_region(region: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_REGION", region)
    environment.setenv("AWS_DEFAULT_REGION", "elsewhere")

    official = botocore.session.get_session().create_client("dynamodb", region_name=region)

    assert services._dynamodb()._endpoint == official.meta.endpoint_url


def test_endpoint_that_is_named_goes_before(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("AWS_LAMBDA_FUNCTION_NAME")
    for name, url in (("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_DYNAMODB", "http://one")):
        environment.setenv(name, url)
        assert services._dynamodb()._endpoint == url


@pytest.mark.parametrize("missing", ["AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID"])
def test_elsewhere_it_is_botocores_client(missing: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    environment.delenv(missing)

    assert services._dynamodb().meta.service_model.service_name == "dynamodb"


def test_moto_can_stand_in_for_aws_outside_of_lambda(environment: pytest.MonkeyPatch) -> None:
    """In a process of its own, since moto's state is that of the process."""
    environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    environment.delenv("AWS_LAMBDA_FUNCTION_NAME")

    done = subprocess.run([sys.executable, "-c", WITH_MOCK_AWS], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


def test_connection_is_kept_for_the_next_call() -> None:
    with client_of(Scripted(OK)) as ours:
        ours.query()
        [kept] = ours._idle
        port = kept._socket.getsockname()[1]
        ours.query()

        assert [each._socket.getsockname()[1] for each in ours._idle] == [port]


def test_connections_that_were_closed_meanwhile_are_made_anew() -> None:
    """More of them than there are tries: the first that fails speaks for all."""
    everybody_is_there = threading.Barrier(dynamodb.TRIES + 1)

    def respond(call: Call) -> Answer:
        everybody_is_there.wait(timeout=10)
        return OK

    first = HttpServer(respond, listen("127.0.0.1")).start()
    with client(f"http://127.0.0.1:{first.port}") as ours:
        services.together([ours.query] * (dynamodb.TRIES + 1))
        assert len(ours._idle) == dynamodb.TRIES + 1
        first.stop()

        with HttpServer(Scripted(OK), listen("127.0.0.1", first.port)):
            assert ours.query() == {"Items": []}


def test_connection_that_the_server_says_to_end_is_not_used_again(waits: list[float]) -> None:
    with (
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\n{}") as endpoint,
        client(endpoint) as ours,
    ):
        for _ in range(3):
            assert ours.query() == {}

    assert waits == []


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
    ("named", "host", "trusted", "answers"),
    [
        ("localhost", "localhost", True, 1),
        ("localhost", "localhost", False, 0),
        ("localhost", "127.0.0.1", True, 0),
        ("aws", "localhost", True, 0),
    ],
)
def test_server_must_prove_its_name(
    named: str, host: str, trusted: bool, answers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(named, tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file if trusted else certificate("other", tmp_path)))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    sockets = [context.wrap_socket(each, server_side=True) for each in listen("127.0.0.1")]
    script = Scripted(OK)

    with HttpServer(script, sockets) as server, client(f"https://{host}:{server.port}") as ours:
        if answers:
            assert ours.query() == {"Items": []}
        else:
            with pytest.raises(EndpointConnectionError):
                ours.query()

    assert len(script.calls) == answers
