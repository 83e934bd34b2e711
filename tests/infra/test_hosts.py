"""Who may call the servers on a developer's machine: names of this machine, and at moto's port no page at all."""

import http.client
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from email.message import Message
from urllib.parse import urlsplit

import pytest

from infra.local.aws import LocalAws
from infra.local.gateway import Gateway
from infra.local.hosts import BadHostError, Hosts
from infra.local.http_server import Answer, HttpServer, listen
from tests.infra.project import Account

OURS = [
    *("localhost", "localhost:{port}", "LOCALHOST:1", "app.localhost", "a.b.localhost:{port}"),
    *("127.0.0.1", "127.0.0.1:{port}", "127.1.2.3", "[::1]", "[::1]:{port}"),
]
FOREIGN = [
    *("evil.test", "evil.test:{port}", "localhost.evil.test", "127.0.0.1.evil.test", "notlocalhost", "localhost."),
    *("192.168.1.5", "0.0.0.0", "128.0.0.1", "10.0.0.1:{port}", "[::2]", "[::]", "127.1", "2130706433", "0x7f.1"),
]
NO_HOST = [
    [],
    [""],
    ["localhost", "localhost"],
    ["localhost", "evil.test"],
    ["localhost, evil.test"],
    ["localhost:80:80"],
    ["localhost:x"],
    ["user@localhost"],
    ["localhost/x"],
    ["[::1"],
    ["::1"],
    ["local host"],
    ["loc\u00e4lhost"],
]
GATEWAYS = ["/v1/event", "/v1/nowhere", "/_local/inbox", "/_local/verify", "/elsewhere"]
SIGNED = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x"
MOTO = ["/", "/_local/inbox", "/moto-api/"]


def exchange(port: int, path: str, hosts: list[str], method: str = "GET", version: str = "1.1") -> tuple[int, bytes]:
    """Status and body; http.client would send a Host header of its own."""
    lines = [
        f"{method} {path} HTTP/{version}",
        *(f"Host: {each.format(port=port)}" for each in hosts),
        "Connection: close",
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return response.status, response.read()


def port_of(aws: LocalAws | Account) -> int:
    return urlsplit(aws.endpoint if isinstance(aws, LocalAws) else aws.environment["AWS_ENDPOINT_URL"]).port or 0


@pytest.mark.parametrize("path", GATEWAYS)
def test_gateway_answers_names_of_this_machine_alone(gateway: Gateway, path: str) -> None:
    assert {exchange(gateway.port, path, [host])[0] for host in OURS} <= {200, 404}
    for host in FOREIGN:
        status, body = exchange(gateway.port, path, [host])
        assert (host, status) == (host, 421)
        assert json.loads(body)["message"].startswith("This server answers to localhost")


@pytest.mark.parametrize("path", GATEWAYS)
def test_request_names_one_host(gateway: Gateway, path: str) -> None:
    """RFC 9112 3.2; where HTTP/1.0 may leave it out, no client of ours does."""
    for hosts in NO_HOST:
        for version in ("1.0", "1.1"):
            assert (hosts, exchange(gateway.port, path, hosts, version=version)[0]) == (hosts, 400)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_method_passes_under_a_foreign_name(gateway: Gateway, aws: LocalAws, method: str) -> None:
    for port, path in ((gateway.port, "/v1/event"), (gateway.port, "/_local/inbox"), (port_of(aws), "/_local/inbox")):
        assert exchange(port, path, ["evil.test"], method)[0] == 421


ABSOLUTE = [
    ("http://localhost:{port}/v1/event", 200),
    ("HTTP://LocalHost/v1/event", 200),
    ("http://[::1]:{port}/v1/event", 200),
    ("http://localhost:/v1/event", 200),
    ("http://localhost/v1/event?http://evil.test/", 200),
    ("http://localhost", 404),
    ("http://localhost?/v1/event", 404),
    ("http://localhost//v1/event", 404),
    ("/http://localhost/v1/event", 404),
    ("*", 404),
    ("http://evil.test/v1/event", 421),
    ("http://evil.test?localhost/v1/event", 421),
    ("http://192.168.1.5/v1/event", 421),
    ("http://user@localhost/v1/event", 400),
    ("http://localhost@evil.test/v1/event", 400),
    ("http://localhost\\@evil.test/v1/event", 400),
    ("http:///v1/event", 400),
    ("http:/v1/event", 400),
    ("http://:80/v1/event", 400),
    ("http://localhost:x/v1/event", 400),
    ("https://localhost/v1/event", 400),
    ("ftp://localhost/v1/event", 400),
    ("localhost/v1/event", 400),
    ("localhost:{port}", 400),
    ("@localhost/v1/event", 400),
    ("?a=b", 400),
]


@pytest.mark.parametrize(("target", "status"), ABSOLUTE)
def test_target_may_be_a_url_of_this_server(gateway: Gateway, target: str, status: int) -> None:
    """RFC 9112 3.2.2; the other forms of section 3.2 beside it."""
    assert exchange(gateway.port, target.format(port=gateway.port), ["localhost"])[0] == status


def test_host_of_the_target_is_the_host_of_the_request(gateway: Gateway) -> None:
    """So whatever Host says, a page's own name does not get in, and the app sees the name that was asked for."""
    status, body = exchange(gateway.port, "http://app.localhost:1/v1/event?a=%20+", ["evil.test"])
    event = json.loads(body)

    assert (status, event["headers"]["Host"]) == (200, "app.localhost:1")
    assert event["requestContext"]["domainName"] == "app.localhost"
    assert (event["path"], event["queryStringParameters"]) == ("/event", {"a": "  "})
    assert exchange(gateway.port, "http://evil.test/v1/event", ["localhost"])[0] == 421
    for hosts in NO_HOST:
        assert (hosts, exchange(gateway.port, "http://localhost/v1/event", hosts)[0]) == (hosts, 400)


def test_moto_takes_a_url_of_its_own_alone(aws: LocalAws) -> None:
    port = port_of(aws)
    assert exchange(port, f"http://localhost:{port}/_local/inbox", ["localhost"]) == (200, b"[]")
    assert exchange(port, "http://evil.test/_local/inbox", ["localhost"])[0] == 421


@pytest.mark.parametrize("path", MOTO)
def test_moto_answers_names_of_this_machine_alone(aws: LocalAws, account: Account, path: str) -> None:
    for port in (port_of(aws), port_of(account)):
        assert {exchange(port, path, [host])[0] for host in OURS}.isdisjoint({400, 421})
        assert {exchange(port, path, [host])[0] for host in FOREIGN} == {421}
        assert {exchange(port, path, hosts)[0] for hosts in NO_HOST} == {400}


PAGES = [
    {"Origin": "http://localhost:3000"},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"},
]


@pytest.mark.parametrize("page", PAGES, ids=str)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_no_page_reads_or_writes_the_tables(aws: LocalAws, account: Account, method: str, page: dict[str, str]) -> None:
    for port in (port_of(aws), port_of(account)):
        for path in (*MOTO, "/?Action=ListTopics"):
            status, headers, _ = ask(port, method, path, page)
            assert status == 403
            assert [name for name in headers if name.startswith("access-control")] == []


def test_answer_of_moto_is_for_no_page(aws: LocalAws, account: Account) -> None:
    listing = {"Authorization": SIGNED, "X-Amz-Target": "DynamoDB_20120810.ListTables"}
    for port in (port_of(aws), port_of(account)):
        status, headers, body = ask(port, "POST", "/", listing, b"{}")
        assert (status, "TableNames" in json.loads(body)) == (200, True)
        assert [name for name in headers if name.startswith("access-control")] == []


def ask(port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, list[str], bytes]:
    """Status, the headers' names, body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, [name.lower() for name in response.headers], response.read()


@contextmanager
def bound_to(address: str, names: Iterable[str] = ()) -> Iterator[int]:
    with HttpServer(lambda call: Answer(200), listen(address), names=names) as server:
        yield server.port


def test_server_that_listens_on_all_addresses_answers_to_addresses_and_no_more_names() -> None:
    with bound_to("0.0.0.0") as port:
        for host in [*OURS, "192.168.1.5", "10.0.0.1:{port}", "[2001:db8::1]:{port}"]:
            assert exchange(port, "/", [host])[0] == 200
        for host in ["evil.test", "localhost.evil.test", "2130706433"]:
            assert exchange(port, "/", [host])[0] == 421


def test_server_answers_to_further_names_in_any_case() -> None:
    with bound_to("127.0.0.1", ["Box.lan"]) as port:
        assert [exchange(port, "/", [host])[0] for host in ("box.lan", "BOX.LAN:8000", "x.box.lan")] == [200, 200, 421]


class Bound(socket.socket):
    """As if it listened on an address that this machine need not have."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def getsockname(self) -> tuple[str, int]:
        return self._address, 8000


def host(name: str) -> Message:
    headers = Message()
    headers["Host"] = name
    return headers


def test_server_answers_to_the_address_that_it_listens_on() -> None:
    with Bound("192.168.1.5") as listening:
        hosts = Hosts([listening])
        assert hosts.admit("/", host("192.168.1.5:8000")) == "/"
        with pytest.raises(BadHostError):
            hosts.admit("/", host("192.168.1.6:8000"))
