"""The stand-in for API Gateway: what reaches the app, and what of its answer reaches the client."""

import hashlib
import http.client
import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local.bodies import MAX_BODY
from infra.local.gateway import Gateway
from infra.local.http_server import listen
from infra.local.unserved import sentence
from tests.routes import TABLE


def call(gateway: Gateway, method: str, path: str, body: Any = None, source: str = "", **headers: str) -> Any:
    """A response with its body read, from a connection of its own."""
    address = (source, 0) if source else None
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10, source_address=address)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        return response
    finally:
        connection.close()


def event(gateway: Gateway, method: str = "GET", query: str = "", **more: Any) -> Any:
    response = call(gateway, method, "/v1/event" + query, Accept="*/*", **more)
    assert response.status == 200, response.body
    return json.loads(response.body)


def exchange(gateway: Gateway, sent: bytes) -> bytes:
    """All that the server says to these bytes until it closes the connection, or falls silent."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=2) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def test_event_has_the_fields_of_api_gateway(gateway: Gateway) -> None:
    given = event(gateway, query="?a=1&a=2&b=", User_Agent="toy/1.0", X_Test="yes")
    context = given["requestContext"]
    assert given["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert given["queryStringParameters"] == {"a": "2", "b": ""}
    assert (given["path"], given["resource"], given["httpMethod"]) == ("/event", "/event", "GET")
    assert (context["path"], context["stage"], context["resourcePath"]) == ("/v1/event", "v1", "/event")
    assert context["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "toy/1.0"}
    assert given["headers"]["X-Test"] == "yes"
    assert given["multiValueHeaders"]["X-Test"] == ["yes"]
    assert len(context["requestId"]) == 36
    assert given["body"] is None


def test_source_ip_is_the_peer(gateway: Gateway) -> None:
    given = event(gateway, source="127.1.2.3", X_Forwarded_For="9.9.9.9")
    assert given["requestContext"]["identity"]["sourceIp"] == "127.1.2.3"


def test_ipv6_localhost_is_served_where_there_is_one(gateway: Gateway) -> None:
    addresses = {str(info[4][0]) for info in socket.getaddrinfo("localhost", gateway.port, type=socket.SOCK_STREAM)}
    for address in addresses:
        with socket.create_connection((address, gateway.port), timeout=2):
            pass


def test_repeated_headers_in_any_case_are_one_header(gateway: Gateway) -> None:
    answer = exchange(
        gateway, b"GET /v1/event HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nx-a: 2\r\nConnection: close\r\n\r\n"
    )
    given = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert given["multiValueHeaders"]["X-A"] == ["1", "2"]
    assert given["headers"]["X-A"] == "2"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/items/7/parts/8", ["7", "8"]),
        ("/v1/items/7/parts/8/", ["7", "8"]),
        ("/v1/items/mine/parts/8", ["fixed", "8"]),
        ("/v1/items/a%2Fb/parts/%20", ["a%2Fb", "%20"]),
    ],
)
def test_routes_with_parameters(gateway: Gateway, path: str, expected: list[str]) -> None:
    assert json.loads(call(gateway, "GET", path).body) == expected


@pytest.mark.parametrize(
    ("path", "rest"),
    [("/v1/nowhere", "nowhere"), ("/v1/a/b/c/d", "a/b/c/d")],
)
def test_unknown_paths_reach_the_catch_all(gateway: Gateway, path: str, rest: str) -> None:
    response = call(gateway, "GET", path)
    assert json.loads(response.body) == {"unknown": {"proxy": rest}}
    assert response.status == 404


PAGE = "https://app.example.com"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/event", "/account/sessions/email", "/v1x", "/_local/nothing"])
def test_outside_the_stage_any_page_reads_what_the_endpoint_is(gateway: Gateway, method: str, path: str) -> None:
    response = call(gateway, method, path, Origin=PAGE)
    told = json.loads(response.body)
    assert (response.status, told["code"], told["type"]) == (404, 404, "general_route_not_found")
    assert told["message"] == f"This is outside the API. The endpoint is http://127.0.0.1:{gateway.port}/v1."
    assert response.headers["Access-Control-Allow-Origin"] == PAGE
    assert response.headers["Access-Control-Allow-Credentials"] == "true"


def test_outside_the_stage_preflights_let_the_page_ask(gateway: Gateway) -> None:
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "x-appwrite-project"}
    response = call(gateway, "OPTIONS", "/account", None, "", Origin=PAGE, **asked)
    granted = [response.headers[f"Access-Control-Allow-{name}"] for name in ("Origin", "Methods", "Headers")]
    assert (response.status, granted) == (204, [PAGE, "PATCH", "x-appwrite-project"])


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("GET", "/v1/avatars/flags/de", "other avatars than getQR are"),
        ("POST", "/v1/avatars/flags/de", "other avatars than getQR are"),
        ("GET", "/v1/avatars/photo", "other avatars than getQR are"),
        ("PATCH", "/v1/project/oauth2/github", "this method of Project is"),
        ("GET", "/v1/health/storage", "these methods of Health are"),
        ("GET", "/v1/databases/main/collections/", "the service databases is"),
        ("DELETE", "/v1/teams/one", "the service teams is"),
    ],
)
def test_what_appwrite_has_and_we_do_not_is_said_to_any_page(
    gateway: Gateway, method: str, path: str, what: str
) -> None:
    response = call(gateway, method, path, Origin=PAGE)
    told = json.loads(response.body)
    assert (response.status, told["type"]) == (404, "general_route_not_found")
    assert told["message"] == (
        f"Appwrite has this, but {what} not served here. chalicelib/COMPATIBILITY.md lists what is."
    )
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


def test_nothing_that_is_served_is_called_unserved() -> None:
    paths = {re.sub(r"{\w+\+?}", "x", route.path) for route in TABLE}

    assert {path for path in paths if sentence(path)} == set()


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/event"), ("POST", "/v1/nowhere"), ("GET", "/v1")])
def test_what_the_app_has_no_method_for_is_not_found(gateway: Gateway, method: str, path: str) -> None:
    response = call(gateway, method, path, Origin="http://localhost:3000")
    assert response.status == 404
    assert json.loads(response.body).keys() == {"message", "code", "type", "version"}
    assert response.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


def test_several_cookies_and_the_apps_own_server_header(gateway: Gateway) -> None:
    headers = call(gateway, "GET", "/v1/cookies").headers
    assert headers.get_all("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/"]
    assert headers.get_all("Server") == ["Toy"]


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        ("image/png,*/*", b"\x89PNG\xff"),
        ("image/png;q=1", b"\x89PNG\xff"),
        ("image/avif,image/png", b"iVBOR/8="),  # API Gateway looks at the first type only
    ],
)
def test_binary_answers(gateway: Gateway, accept: str, body: bytes) -> None:
    response = call(gateway, "GET", "/v1/picture", Accept=accept)
    assert (response.status, response.headers["Content-Type"], response.body) == (200, "image/png", body)


def test_with_any_type_as_binary_every_accept_gets_the_bytes(gateway: Gateway) -> None:
    types = gateway._app.api.binary_types
    types.append("*/*")
    try:
        response = call(gateway, "GET", "/v1/picture", Accept="image/avif,image/webp,*/*;q=0.8")
        assert response.body == b"\x89PNG\xff"
    finally:
        types.remove("*/*")


def test_head_has_the_headers_of_get_and_no_body(gateway: Gateway) -> None:
    request = b" /v1/event HTTP/1.1\r\nHost: localhost\r\n"
    answer = exchange(gateway, b"HEAD" + request + b"\r\nHEAD" + request + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: 0" not in answer


def test_204_leaves_the_connection_usable(gateway: Gateway) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)
    for _ in range(3):
        connection.request("DELETE", "/v1/nothing")
        response = connection.getresponse()
        assert (response.status, response.read()) == (204, b"")
        assert response.headers["Content-Type"] == "text/html"
        assert response.headers["Content-Length"] is None
    connection.close()


def test_bodies_reach_the_app_as_text_or_base64(gateway: Gateway) -> None:
    text = event(gateway, "POST", body='{"ä":1}'.encode(), Content_Type="application/json")
    assert (text["body"], text["isBase64Encoded"], text["size"]) == ('{"ä":1}', False, 8)


def test_chunked_body(gateway: Gateway) -> None:
    chunks = iter([b"hello ", b"w" * 5000, b"orld"])
    given = event(gateway, "POST", body=chunks, Content_Type="text/plain")
    assert given["digest"] == hashlib.sha256(b"hello " + b"w" * 5000 + b"orld").hexdigest()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Content-Length: x\r\n\r\n", b"400"),
        (b"Content-Length: -1\r\n\r\n", b"400"),
        (b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"Transfer-Encoding: gzip\r\n\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nabXX", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", b"413"),
        (b"Content-Length: 99999999999999999999999\r\n\r\n", b"413"),
    ],
)
def test_bodies_of_unknowable_length_are_refused(gateway: Gateway, headers: bytes, status: bytes) -> None:
    answer = exchange(gateway, b"POST /v1/event HTTP/1.1\r\nHost: localhost\r\n" + headers)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1") == 1
    assert b"Connection: close" in answer


def test_a_body_over_the_limit_is_refused_with_an_answer(gateway: Gateway) -> None:
    response = call(gateway, "POST", "/v1/event", b"x" * (MAX_BODY + 1))
    assert (response.status, json.loads(response.body)) == (413, {"message": "Request Too Long"})


def test_no_content_length_means_no_body(gateway: Gateway) -> None:
    answer = exchange(gateway, b"POST /v1/event HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["body"] is None


def test_nonsense_instead_of_http_is_refused_as_json(gateway: Gateway) -> None:
    answer = exchange(gateway, b"\x16\x03\x01 <script> nonsense\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"script" not in answer


def test_expect_100_continue(gateway: Gateway) -> None:
    request = b"POST /v1/event HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=2) as connection:
        connection.sendall(request + b"Connection: close\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        assert b"HTTP/1.1 200" in connection.recv(100)


def test_what_escapes_the_app_is_a_502(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    response = call(gateway, "GET", "/v1/event?crash")
    assert (response.status, json.loads(response.body)) == (502, {"message": "Internal server error"})
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.race
def test_parallel_clients_are_not_mixed_up(gateway: Gateway) -> None:
    def talk(client: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
        for turn in range(10):
            body = f"{client}-{turn}".encode() * 50
            connection.request("POST", f"/v1/event?n={client}", body, {"Content-Type": "text/plain"})
            given = json.loads(connection.getresponse().read())
            if (given["digest"], given["queryStringParameters"]["n"]) != (
                hashlib.sha256(body).hexdigest(),
                str(client),
            ):
                return False
        connection.close()
        return True

    with ThreadPoolExecutor(64) as pool:
        assert all(pool.map(talk, range(64)))


def test_a_stopped_gateway_lets_go_of_port_and_connections() -> None:
    from tests.infra.conftest import toy_app

    gateway = Gateway(toy_app()).start()
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)
    connection.request("GET", "/v1/cookies")
    connection.getresponse().read()
    gateway.stop()
    connection.sock.settimeout(2)
    assert connection.sock.recv(1) == b""
    connection.close()
    for listening in listen(port=gateway.port):
        listening.close()


def test_a_taken_port_is_an_error(gateway: Gateway) -> None:
    with pytest.raises(OSError, match="in use"):
        listen(port=gateway.port)


def test_verify_page_names_the_project_and_allows_only_its_own_script(gateway: Gateway) -> None:
    response = call(gateway, "GET", "/_local/verify?userId=u&secret=s")
    page = response.body.decode()
    assert '<meta name="project" content="&lt;demo&gt;">' in page
    assert "https://" not in page
    assert "body.message" not in page  # which is for developers
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Referrer-Policy"] == "no-referrer"
