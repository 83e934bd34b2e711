"""Our client of DynamoDB: to whom it connects, how it keeps connections, and what it takes for no answer."""

from __future__ import annotations

import itertools
import select
import socket
import ssl
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import EndpointConnectionError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.runtime import aws, container, dynamodb, threads
from chalicelib.runtime.settings import Config
from infra.local.http_server import Answer, Call, HttpServer, json_answer, listen
from tests.support.files import ROOT
from tests.support.scripted import OK, Scripted, client, client_of, raw_server, saying

WITH_MOCK_AWS = """
from moto import mock_aws
from chalicelib.runtime import aws, container, threads
with mock_aws():
    print(aws.client("dynamodb").list_tables()["TableNames"])
"""


@pytest.fixture(autouse=True)
def waits() -> Iterator[list[float]]:
    waited: list[float] = []
    with container.override("sleep", waited.append):
        yield waited


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """That of a function of Lambda in eu-central-1, without another endpoint."""
    for name in ("ENDPOINT_URL", "ENDPOINT_URL_DYNAMODB"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    of_lambda = {"REGION": "eu-central-1", "LAMBDA_FUNCTION_NAME": "f", "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s"}
    for name, value in of_lambda.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with container.override("config", Config(stage="dev", project="demo")):
        yield monkeypatch


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
def test_endpoint_on_lambda_is_that_of_the_region(region: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_REGION", region)
    environment.setenv("AWS_DEFAULT_REGION", "elsewhere")

    official = botocore.session.get_session().create_client("dynamodb", region_name=region)

    assert aws._dynamodb()._endpoint == official.meta.endpoint_url


def test_endpoint_that_is_named_goes_before(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("AWS_LAMBDA_FUNCTION_NAME")
    for name, url in (("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_DYNAMODB", "http://one")):
        environment.setenv(name, url)
        assert aws._dynamodb()._endpoint == url


@pytest.mark.parametrize("missing", ["AWS_LAMBDA_FUNCTION_NAME", "AWS_ACCESS_KEY_ID"])
def test_elsewhere_it_is_botocores_client(missing: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    environment.delenv(missing)

    assert aws._dynamodb().meta.service_model.service_name == "dynamodb"


def test_setting_gives_botocores_client_back_on_lambda(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    with container.override("config", Config(stage="dev", project="demo", dynamodb_client="botocore")):
        assert aws._dynamodb().meta.service_model.service_name == "dynamodb"


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
        threads.together([ours.query] * (dynamodb.TRIES + 1))
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


def answer(body: bytes = b"{}", *lines: str, length: bool = True) -> bytes:
    """An answer with these header lines, and the length of its body."""
    head = ["HTTP/1.1 200 OK", *lines, *([f"Content-Length: {len(body)}"] if length else [])]
    return "".join(f"{line}\r\n" for line in head).encode() + b"\r\n" + body


CHUNKED = b"2\r\n{}\r\n0\r\n\r\n"
UNFINISHED = {
    "nothing": b"",
    "end in the status line": b"HTTP/1.1 200",
    "end in the headers": b"HTTP/1.1 200 OK\r\nContent-Length: 2",
    "end in the body": answer(b"{}", "Content-Length: 3", length=False),
    "lines that end with LF": answer().replace(b"\r\n", b"\n"),
}
REFUSED = {
    "another protocol": b"220 smtp.example.com ESMTP\r\n\r\n",
    "HTTP/1.0": answer().replace(b"/1.1", b"/1.0"),
    "HTTP/1.10": answer().replace(b"/1.1", b"/1.10"),
    "status after its name": answer().replace(b"200 OK", b"OK 200"),
    "status with a sign": answer().replace(b"200", b"+200"),
    "status with an underscore": answer().replace(b"200", b"2_00"),
    "status of four digits": answer().replace(b"200", b"0200"),
    "status before the answer": answer().replace(b"200 OK", b"100 Continue"),
    "no length": answer(length=False),
    "chunks": answer(CHUNKED, "Transfer-Encoding: chunked", length=False),
    "chunks and a length": answer(b"{}", "Transfer-Encoding: chunked"),
    "chunks as a length": answer(b"{}", "TRANSFER-ENCODING:identity"),
    "two lengths": answer(b"{}", "Content-Length: 3"),
    "two lengths, the same": answer(b"{}", "content-length: 2"),
    "two lengths in a line": answer(b"{}", "Content-Length: 2, 2", length=False),
    "length with a sign": answer(b"{}", "Content-Length: +2", length=False),
    "length below zero": answer(b"{}", "Content-Length: -1", length=False),
    "length with an underscore": answer(b'{"a":{}}  ', "Content-Length: 1_0", length=False),
    "length in other digits": answer(b"{}", "Content-Length: \u00b2", length=False),
    "length as a word": answer(b"{}", "Content-Length: two", length=False),
    "length of nothing": answer(b"{}", "Content-Length:", length=False),
    "length beyond memory": answer(b"{}", f"Content-Length: {10**15}", length=False),
    "length beyond any number": answer(b"{}", f"Content-Length: {10**30}", length=False),
    "folded length": answer(b"{}", "Content-Length:\r\n 2", length=False),
    "folded header": answer(b"{}", "X-A: b\r\n\tc"),
    "space before the colon": answer(b"{}", "X-A : b"),
    "space before the first header": answer(b"{}", " X-A: b"),
    "header without a colon": answer(b"{}", "X-A"),
    "header without a name": answer(b"{}", ": b"),
    "CR in a header": answer(b"{}", "X-A: b\rContent-Length: 2"),
    "LF in a header": answer(b"{}", "X-A: b\nContent-Length: 2"),
    "NUL in a header": answer(b"{}", "X-A: b\0"),
    "headers without end": answer(b"{}", *["X-A: b"] * 10_000, length=False),
    "wrong checksum": answer(b"{}", f"x-amz-crc32: {zlib.crc32(b'[]')}"),
    "wrong checksum of an error": answer(b"{}", "X-Amz-Crc32: 1").replace(b"200", b"400"),
    "no number as checksum": answer(b"{}", "x-amz-crc32: -"),
    "two checksums": answer(b"{}", *[f"x-amz-crc32: {zlib.crc32(b'{}')}"] * 2),
    "no JSON": answer(b"<html>"),
    "JSON that is no object": answer(b"[]"),
    "error that is no object": answer(b'"no"').replace(b"200", b"400"),
    "deep JSON": answer(b'{"a":' * 100_000),
    "no text": answer(b"\xff"),
    "no bytes": answer(b'{"B":"a"}'),
}


@pytest.mark.parametrize("refused", [*UNFINISHED.values(), *REFUSED.values()], ids=[*UNFINISHED, *REFUSED])
def test_what_is_no_whole_answer_is_none(refused: bytes, waits: list[float]) -> None:
    with saying(refused) as endpoint, client(endpoint) as ours, pytest.raises(EndpointConnectionError):
        ours.query()

    assert len(waits) == dynamodb.TRIES - 1


@pytest.mark.parametrize("refused", REFUSED.values(), ids=REFUSED)
def test_after_what_is_no_answer_another_connection_is_asked(refused: bytes, waits: list[float]) -> None:
    """The first would go on: whoever used it again would be answered there."""
    asked: list[int] = []

    def serve(accepted: socket.socket) -> None:
        mine = len(asked)
        asked.append(0)
        while accepted.recv(65536):
            asked[mine] += 1
            accepted.sendall(answer(b'{"yes":1}') if mine else refused)

    with raw_server(serve) as endpoint, client(endpoint) as ours:
        assert [ours.query(), ours.query()] == [{"yes": 1}] * 2

    assert (asked, len(waits)) == ([1, 2], 1)


ANSWERS = {
    "without a checksum": answer(),
    "with its checksum": answer(b"{}", f"x-amz-crc32: {zlib.crc32(b'{}')}"),
    "without a reason": answer().replace(b"200 OK", b"200"),
    "without spaces": answer(b"{}", "Content-Length:2", length=False),
    "with other headers, twice": answer(b"{}", "Via: a", "Via: b", "Server: \u00e4"),
    "with many headers": answer(b"{}", *["X-A: b"] * 100),
}


@pytest.mark.parametrize("accepted", ANSWERS.values(), ids=ANSWERS)
def test_what_is_an_answer_is_taken(accepted: bytes, waits: list[float]) -> None:
    with saying(accepted) as endpoint, client(endpoint) as ours:
        assert ours.query() == {}

    assert waits == []


def test_answers_that_come_in_pieces_are_whole(waits: list[float]) -> None:
    body = b'{"long":"' + b"x" * 300_000 + b'"}'
    sent = answer(body, f"x-amz-crc32: {zlib.crc32(body)}")
    cuts = [0, 1, 17, len(sent) - len(body) - 2, len(sent) - len(body), 200_000, len(sent)]

    def serve(accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while accepted.recv(65536):
            for start, end in itertools.pairwise(cuts):
                accepted.sendall(sent[start:end])

    with raw_server(serve) as endpoint, client(endpoint) as ours:
        for _ in range(3):
            assert ours.query() == {"long": "x" * 300_000}

    assert waits == []


# What is readable before it is used again


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """Of a server whose name this process trusts."""
    file = certificate("localhost", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class Echo:
    """Tells each caller what it asked, and then what `after` says: with the answer, later, or by hanging up."""

    def __init__(self, after: bytes | None, later: bool) -> None:
        self._after, self._later = after, later
        self.answered = threading.Event()
        self.connections = 0

    def __call__(self, accepted: socket.socket) -> None:
        self.connections += 1
        while request := accepted.recv(65536):
            told = answer(request.partition(b"\r\n\r\n")[2])
            if self._later or not self._after:
                accepted.sendall(told)
                self.answered.wait(timeout=10)
                accepted.sendall(self._after or b"")
            else:
                accepted.sendall(told + self._after)
            if self._after is None:
                return


SURPLUS = {
    "hangs up": (None, True),
    "another answer at once": (answer(b'{"of":"another"}'), False),
    "another answer later": (answer(b'{"of":"another"}'), True),
    "a byte at once": (b"\n", False),
    "a byte later": (b"H", True),
}


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize(("after", "later"), SURPLUS.values(), ids=SURPLUS)
def test_connection_that_is_readable_before_its_next_use_is_thrown_away(
    after: bytes | None, later: bool, encrypted: bool, waits: list[float], request: pytest.FixtureRequest
) -> None:
    echo = Echo(after, later)
    with (
        raw_server(echo, request.getfixturevalue("tls") if encrypted else None) as endpoint,
        client(endpoint) as ours,
    ):
        for number in range(4):
            echo.answered.clear()
            assert ours.query(number=number) == {"number": number}
            kept = [each._socket for each in ours._idle]
            echo.answered.set()
            assert not kept or select.select(kept, [], [], 10)[0] == kept

    assert (echo.connections, waits) == (4, [])


def test_connection_with_tls_is_kept_for_the_next_call(tls: ssl.SSLContext) -> None:
    echo = Echo(b"", False)
    echo.answered.set()
    with raw_server(echo, tls) as endpoint, client(endpoint) as ours:
        for number in range(4):
            assert ours.query(number=number) == {"number": number}

    assert echo.connections == 1


def test_all_that_were_closed_meanwhile_cost_no_try(waits: list[float]) -> None:
    everybody_is_there = threading.Barrier(dynamodb.TRIES + 1)

    def respond(call: Call) -> Answer:
        everybody_is_there.wait(timeout=10)
        return OK

    first = HttpServer(respond, listen("127.0.0.1")).start()
    with client(f"http://127.0.0.1:{first.port}") as ours:
        threads.together([ours.query] * (dynamodb.TRIES + 1))
        first.stop()
        closed = [each._socket for each in ours._idle]
        for each in closed:
            assert select.select([each], [], [], 10)[0]

        with HttpServer(Scripted(OK), listen("127.0.0.1", first.port)):
            assert ours.query() == {"Items": []}

        assert all(each.fileno() == -1 for each in closed)
    assert waits == []


def test_answers_are_never_mixed_up() -> None:
    """Many threads, and a server that says another thing before or after each second answer."""
    refused = itertools.cycle([*UNFINISHED.values(), *REFUSED.values()])
    surplus = itertools.cycle([*UNFINISHED.values(), *REFUSED.values(), answer(b'{"of":"another"}'), b"\n"])
    lock = threading.Lock()

    def serve(accepted: socket.socket) -> None:
        while request := accepted.recv(65536):
            with lock:
                before, after = (b"", next(surplus)) if len(request) % 2 else (next(refused), b"")
            accepted.sendall(before + answer(request.partition(b"\r\n\r\n")[2]) + after)

    with raw_server(serve) as endpoint, client(endpoint) as ours:
        for first in range(0, 160, 8):
            numbers = range(first, first + 8)
            told = threads.together([partial(ours.query, number="x" * number) for number in numbers])
            for number, each in zip(numbers, told, strict=True):
                assert each == {"number": "x" * number} or isinstance(each, EndpointConnectionError)


def test_calls_at_the_same_time_have_a_connection_each() -> None:
    everybody_is_there = threading.Barrier(4)

    def respond(call: Call) -> Answer:
        everybody_is_there.wait(timeout=10)
        return json_answer(200, {"asked": call.headers["X-Amz-Target"]})

    with client_of(respond) as ours:
        answers = threads.together([ours.query, ours.put_item, ours.update_item, ours.delete_item])
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
