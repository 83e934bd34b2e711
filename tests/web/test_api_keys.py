"""The API keys of a deployment: several at once, with scopes and an end, kept as hashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.api import ROUTES
from chalicelib.models import ApiKey
from chalicelib.runtime import aws, container, settings
from chalicelib.security import api_keys
from chalicelib.storage import api_keys as kept
from tests.conftest import Stack
from tests.support.api import Api, assert_refused
from tests.support.clock import Clock
from tests.support.faults import Faulty, refusal_of_aws
from tests.support.person import Person
from tests.support.tables import Tables

ALL = api_keys.SCOPES
REFUSED = (401, "general_unauthorized_scope")


@pytest.fixture
def deployed(api: Api) -> Api:
    """The same, without the key of the local server."""
    container._built["config"] = replace(settings.config(), key="")
    return api


def make(scopes: tuple[str, ...] = ALL, days: int = 0) -> tuple[ApiKey, str]:
    key, value = api_keys.make("backend", scopes, days)
    kept.keep(key)
    return key, value


@pytest.fixture
def revoke(stack: Stack) -> Callable[[str], None]:
    """What the operator does, with rights of his own and not those of the app."""

    def revoked(key_id: str) -> None:
        with container.override("dynamodb", stack.aws.client("dynamodb")):
            kept.revoke(key_id)

    return revoked


def test_each_of_several_keys_opens(deployed: Api) -> None:
    for _ in range(2):
        _, value = make()
        assert deployed.get("/users", key=value).status == 200


def test_values_that_are_no_key_do_not(deployed: Api) -> None:
    key, value = make()
    other, _ = make()
    spoiled = value[:-1] + ("0" if value[-1] != "0" else "1")
    for wrong in (
        spoiled,
        value[:-1],
        value + "0",
        value.upper(),
        value.replace(key.id, other.id),
        key.id,
        "standard_",
    ):
        assert_refused(deployed.get("/users", key=wrong), *REFUSED)


def test_key_ends_with_its_days(deployed: Api, clock: Clock) -> None:
    _, value = make(days=1)
    clock.advance(days=1, seconds=-5)
    assert deployed.get("/users", key=value).status == 200

    clock.advance(seconds=10)

    assert_refused(deployed.get("/users", key=value), 401, "project_key_expired")


def test_key_that_has_ended_opens_nothing_and_says_so_to_its_holder_alone(
    deployed: Api, person: Person, clock: Clock
) -> None:
    _, value = make(days=1)
    clock.advance(days=1)
    spoiled = value[:-1] + ("0" if value[-1] != "0" else "1")
    credentials = {"email": person.email, "password": person.password}
    elsewhere = {"Origin": "https://elsewhere.example"}

    for path, options in (("/account", {"session": person.session}), ("/project", {}), ("/health/version", {})):
        assert_refused(deployed.get(path, key=value, **options), 401, "project_key_expired")
    assert_refused(deployed.post("/account/sessions/email", credentials, key=value), 401, "project_key_expired")
    assert_refused(deployed.get("/users", key=spoiled), *REFUSED)
    assert_refused(deployed.get("/users", key=value, headers=elsewhere), 403, "general_unknown_origin")
    assert_refused(deployed.get("/users", key=value, project="other"), 404, "project_not_found")
    assert_refused(deployed.get("/users", key=value, headers={"X-Appwrite-JWT": "none"}), 401, "user_jwt_invalid")


def test_revoked_key_is_none(deployed: Api, revoke: Callable[[str], None]) -> None:
    key, value = make()
    assert deployed.get("/users", key=value).status == 200

    revoke(key.id)

    assert_refused(deployed.get("/users", key=value), *REFUSED)
    with pytest.raises(KeyError):
        revoke(key.id)


def test_other_processes_hear_of_a_revocation_within_five_seconds(
    deployed: Api, clock: Clock, revoke: Callable[[str], None]
) -> None:
    key, value = make()
    assert deployed.get("/users", key=value).status == 200
    known = dict(container.get("api-keys", dict))
    revoke(key.id)
    container.get("api-keys", dict).update(known)  # as another process still has it

    clock.advance(seconds=5)

    assert_refused(deployed.get("/users", key=value), *REFUSED)


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("users.read", "GET", "/users"),
        ("users.write", "POST", "/users"),
        ("project.read", "GET", "/project"),
        ("project.write", "PATCH", "/project/policies/session-alert"),
    ],
)
def test_key_needs_the_scope(deployed: Api, scope: str, method: str, path: str) -> None:
    body = {"userId": "ada", "enabled": True}
    _, without = make(tuple(each for each in ALL if each != scope))
    refused = deployed.call(method, path, body, key=without)
    assert_refused(refused, *REFUSED)
    assert scope in refused.json["message"]

    _, only = make((scope,))

    assert deployed.call(method, path, body, key=only).status in (200, 201)


SERVED = [each for routes in ROUTES for each in routes.served]
"""What the app serves, so that a new endpoint is in the tables below by itself."""
FOR_KEYS = [(each.method, each.definition.path) for each in SERVED if each.definition.key]
FOR_EVERY_KEY = [route for route in FOR_KEYS if route[1].split("/")[1] == "health"]
"""Health is for every key, whatever its scopes."""


@pytest.mark.parametrize(("method", "path"), FOR_EVERY_KEY)
def test_health_is_for_every_key_and_for_no_guest(deployed: Api, method: str, path: str) -> None:
    _, any_key = make(("users.read",))

    assert_refused(deployed.call(method, path), *REFUSED)
    assert deployed.call(method, path, key=any_key).status in (200, 501)


@pytest.mark.parametrize(("method", "path"), [route for route in FOR_KEYS if route not in FOR_EVERY_KEY])
def test_endpoint_for_keys_wants_a_scope_of_its_service(deployed: Api, method: str, path: str) -> None:
    service = path.split("/")[1]
    others = tuple(scope for scope in ALL if not scope.startswith((f"{service}.", "sessions.")))
    _, without = make(others)

    refused = deployed.call(method, path.replace("{", "").replace("}", ""), key=without)

    assert_refused(refused, *REFUSED)
    assert f"the scope {service}." in refused.json["message"]


def open_to_guests() -> list[tuple[str, str]]:
    """Every route that asks neither for a key nor for a user."""
    guests = [each for each in SERVED if not each.definition.key and not each.definition.signed_in]
    return [(each.method, path) for each in guests for path in each.paths]


HARMLESS = [
    *(("GET", path) for path in ("/avatars/qr", "/ping", "/health/version", "/openapi.json")),
    *(("GET", path) for path in ("/pages/{page}", "/pages/static/{file}")),
    *(("GET", path) for path in sorted(path for _, path in open_to_guests() if path.split("/")[1] == "locale")),
]
"""Open to everybody, where a key has no more rights than a guest and needs no scope."""
SIGN_IN = [route for route in open_to_guests() if route not in HARMLESS]


INVALID = (400, "general_argument_invalid")
NOT_SERVED = (501, "general_not_implemented")
WITHOUT_PARAMETERS: dict[str, tuple[int, str | None]] = {
    "POST /account/sessions/anonymous": (201, None),
    "POST /account/sessions/id-token": NOT_SERVED,
    "POST /account/tokens/passkey": (501, "user_auth_method_unsupported"),
}
"""What is answered where nothing has to be said."""


def test_guests_have_the_account_and_what_is_harmless() -> None:
    assert {path.split("/")[1] for _, path in SIGN_IN} == {"account"}
    assert set(HARMLESS) < set(open_to_guests())


@pytest.mark.parametrize(("method", "path"), SIGN_IN)
def test_key_signs_nobody_in_without_the_scope(deployed: Api, tables: Tables, method: str, path: str) -> None:
    """It is refused before the limits, however often it asks."""
    _, without = make(tuple(scope for scope in ALL if scope != "sessions.write"))

    for _ in range(12):
        refused = deployed.call(method, path, {}, key=without)
        assert_refused(refused, *REFUSED)
        assert "sessions.write" in refused.json["message"]
        assert refused.header("X-RateLimit-Limit") is None

    assert tables.items("limits") == []


@pytest.mark.parametrize(("method", "path"), SIGN_IN)
def test_guest_needs_no_scope_and_a_key_that_one_alone(deployed: Api, method: str, path: str) -> None:
    _, only = make(("sessions.write",))

    for caller in ("", only):
        answer = deployed.call(method, path, {}, key=caller)
        assert (answer.status, answer.json.get("type")) == WITHOUT_PARAMETERS.get(f"{method} {path}", INVALID)


@pytest.mark.parametrize(("method", "path"), HARMLESS)
def test_key_without_a_scope_is_a_guest_where_nobody_needs_one(deployed: Api, method: str, path: str) -> None:
    _, other = make(("project.read",))

    path = path.format(page="sign-in", file="style-0000000000000000.css")
    assert deployed.call(method, f"{path}?text=x", key=other).status == 200


@pytest.mark.parametrize(
    ("method", "path", "verb"),
    [
        ("POST", "/users/{id}/sessions", "write"),
        ("GET", "/users/{id}/sessions", "read"),
        ("DELETE", "/users/{id}/sessions/none", "write"),
        ("DELETE", "/users/{id}/sessions", "write"),
    ],
)
def test_sessions_of_a_user_want_the_scope_of_users_or_of_sessions(
    deployed: Api, person: Person, method: str, path: str, verb: str
) -> None:
    place, needed = path.format(id=person.id), (f"users.{verb}", f"sessions.{verb}")
    _, without = make(tuple(scope for scope in ALL if scope not in needed))
    refused = deployed.call(method, place, key=without)
    assert_refused(refused, *REFUSED)
    assert " or ".join(needed) in refused.json["message"]

    for scope in needed:
        _, only = make((scope,))
        assert deployed.call(method, place, key=only).status in (200, 201, 204, 404)


def test_scope_of_sessions_opens_nothing_else_of_a_user(deployed: Api, person: Person) -> None:
    _, sessions_only = make(("sessions.read", "sessions.write"))

    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/jwts"), ("GET", "/logs"), ("GET", "/mfa/factors")):
        assert_refused(deployed.call(method, f"/users/{person.id}{path}", key=sessions_only), *REFUSED)


def test_what_is_kept_opens_nothing(deployed: Api, tables: Tables) -> None:
    _, value = make()

    [item] = [item for item in tables.items("settings") if item["id"].startswith("key#")]

    secret = value.removeprefix("standard_")[20:]
    assert secret not in str(item)
    assert len(secret) == 64
    assert bytes.fromhex(secret) != item["digest"]


def test_local_key_is_none_in_a_deployment(deployed: Api) -> None:
    assert_refused(deployed.get("/users", key="local-api-key"), *REFUSED)


def test_without_the_table_nobody_has_a_key(deployed: Api) -> None:
    _, value = make()
    with container.override("dynamodb", Faulty(refusal_of_aws("InternalServerError"))):
        assert_refused(deployed.get("/users", key=value), 503, "general_service_unavailable")


def test_known_key_costs_no_read(deployed: Api, person: Person) -> None:
    _, value = make()
    deployed.get(f"/users/{person.id}", key=value)

    class CountingReads:
        reads = 0

        def __getattr__(self, name: str) -> object:
            CountingReads.reads += name == "batch_get_item"
            return getattr(dynamodb, name)

    dynamodb = aws.client("dynamodb")
    with container.override("dynamodb", CountingReads()):
        deployed.get(f"/users/{person.id}", key=value)

    assert CountingReads.reads == 1
