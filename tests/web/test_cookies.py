"""The two cookies and the fallback header: given, returned, tampered with, taken back."""

from __future__ import annotations

import dataclasses
import json
from base64 import b64decode, b64encode
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

from chalicelib.runtime import container, settings
from chalicelib.sessions import secret
from tests.conftest import Stack
from tests.support.api import Answer, Api, TeamApi, assert_refused
from tests.support.person import People, Person

OUT = (401, "general_unauthorized_scope")
HTTPS = {"X-Forwarded-Proto": "https"}


def sign_in(person: Person, **headers: str) -> Answer:
    answer = person.api.post(
        "/account/sessions/email", {"email": person.email, "password": person.password}, headers=headers
    )
    assert answer.status == 201, answer.text
    return answer


def parsed(answer: Answer) -> list[tuple[str, str, list[str]]]:
    """Name, value and attributes of each cookie of a session, in order; of devices: sign_in/test_devices.py."""
    cookies = []
    for line in answer.all("Set-Cookie"):
        pair, *attributes = line.split("; ")
        name, _, value = pair.partition("=")
        cookies.append((name, value, attributes))
    return [cookie for cookie in cookies if "device" not in cookie[0]]


def value_of(answer: Answer) -> str:
    return unquote(parsed(answer)[0][1])


def fallback(value: Any) -> dict[str, str]:
    return {"X-Fallback-Cookies": json.dumps({"a_session_demo": value})}


def whoami(api: Api, **headers: str) -> Answer:
    return api.get("/account", headers={name.replace("_", "-"): value for name, value in headers.items()})


# Given


def test_both_cookies_are_given_the_main_one_last(people: People) -> None:
    answer = sign_in(people.new(signed_in=False))

    expires = f"Expires={datetime.fromisoformat(answer.json['expire']):%a, %d %b %Y %H:%M:%S GMT}"
    value = parsed(answer)[0][1]
    assert parsed(answer) == [
        ("a_session_demo_legacy", value, [expires, "Path=/", "HttpOnly"]),
        ("a_session_demo", value, [expires, "Path=/", "HttpOnly", "SameSite=None"]),
    ]


def test_value_is_base64_of_user_and_secret_percent_encoded(people: People) -> None:
    person = people.new(signed_in=False)
    answer = sign_in(person)

    content = json.loads(b64decode(value_of(answer), validate=True))
    assert content.keys() == {"id", "secret"}
    assert content["id"] == person.id
    assert parsed(answer)[0][1] == quote(value_of(answer), safe="")
    assert answer.json["secret"] == ""


def test_every_sign_in_makes_a_new_value_whatever_came_along(people: People) -> None:
    person = people.new()
    left_over = person.session
    assert person.delete("/account/sessions/current").status == 204

    answer = sign_in(person, Cookie=f"a_session_demo={quote(left_over)}", **{"X-Appwrite-Session": left_over})

    assert value_of(answer) != left_over
    assert_refused(person.get("/account"), 401, "general_unauthorized_scope")


def test_over_https_cookies_are_secure_and_https_stays(people: People) -> None:
    answer = sign_in(people.new(signed_in=False), **HTTPS)

    assert all("Secure" in attributes for _, _, attributes in parsed(answer))
    assert answer.header("Strict-Transport-Security") == "max-age=10886400"


@pytest.mark.parametrize("protocol", ["", "http", "ftp"])
def test_over_http_they_are_not(people: People, protocol: str) -> None:
    answer = sign_in(people.new(signed_in=False), **{"X-Forwarded-Proto": protocol})

    assert not any("Secure" in attributes for _, _, attributes in parsed(answer))
    assert answer.header("Strict-Transport-Security") is None


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("localhost:8000", []),
        ("127.0.0.1:8000", []),
        ("[::1]:8000", []),
        ("api.example.com:443", ["Domain=.api.example.com"]),
        ("API.Example.com:443", ["Domain=.api.example.com"]),
    ],
)
def test_domain_is_the_hosts_own_and_never_wider(people: People, host: str, domain: list[str]) -> None:
    answer = sign_in(people.new(signed_in=False), Host=host)

    for _, _, attributes in parsed(answer):
        assert [attribute for attribute in attributes if attribute.startswith("Domain")] == domain


def test_cookies_of_a_project_in_capitals_have_small_names(people: People, api: Api) -> None:
    person = people.new(signed_in=False)
    with container.override("config", dataclasses.replace(settings.config(), project="Demo")):
        answer = api.post(
            "/account/sessions/email", {"email": person.email, "password": person.password}, project="Demo"
        )
        value = value_of(answer)

        assert [name for name, _, _ in parsed(answer)] == ["a_session_demo_legacy", "a_session_demo"]
        assert json.loads(answer.header("X-Fallback-Cookies") or "")["a_session_Demo"] == value
        stored = {"X-Fallback-Cookies": answer.header("X-Fallback-Cookies")}
        assert api.get("/account", project="Demo", headers=stored).status == 200


@pytest.mark.parametrize("origin", ["", "http://localhost:3000", "http://127.0.0.1:3000"])
def test_fallback_is_sent_where_page_and_api_share_no_domain(people: People, origin: str) -> None:
    answer = sign_in(people.new(signed_in=False), **({"Origin": origin} if origin else {}))

    assert json.loads(answer.header("X-Fallback-Cookies") or "")["a_session_demo"] == value_of(answer)


@pytest.mark.parametrize(
    ("page", "host", "enough"),
    [
        ("app.example.com", "api.example.com", True),
        ("app.ibm.de", "api.ibm.de", True),
        ("app.github.io", "api.github.io", False),
    ],
)
def test_no_fallback_where_the_cookie_is_enough(people: People, page: str, host: str, enough: bool) -> None:
    person = people.new(signed_in=False)
    with container.override("config", dataclasses.replace(settings.config(), origins=(page,))):
        answer = sign_in(person, Origin=f"https://{page}", Host=f"{host}:443")

    assert (answer.header("X-Fallback-Cookies") is None) is enough
    assert len(parsed(answer)) == 2


# Returned


@pytest.mark.parametrize("name", ["a_session_demo", "a_session_demo_legacy"])
@pytest.mark.parametrize("spelled", [str, quote, lambda value: quote(value, safe="")])
def test_each_cookie_opens_the_session_encoded_or_not(person: Person, api: Api, name: str, spelled: Any) -> None:
    answer = whoami(api, Cookie=f"{name}={spelled(person.session)}")

    assert (answer.status, answer.json["$id"]) == (200, person.id)
    assert answer.header("X-Debug-Fallback") == "false"


@pytest.mark.parametrize("other", ['theme={"a": "b"}', "path=/", "a b=1", "flag", "", "x[]=\u00e9", '$Version="1"'])
def test_cookies_of_other_apps_do_not_hide_it(person: Person, api: Api, other: str) -> None:
    cookies = f"{other}; a_session_demo={quote(person.session)}; {other}"

    assert whoami(api, Cookie=cookies.encode().decode("latin-1")).status == 200


@pytest.mark.parametrize("name", ["a_session_demo", "a_session_demo_legacy"])
@pytest.mark.parametrize("live_at", range(8))
def test_dead_cookie_of_a_parent_domain_does_not_hide_the_live_one(
    people: People, api: Api, name: str, live_at: int
) -> None:
    """A browser that has signed in at `example.com` and at `dev.example.com` sends both to the latter."""
    person, other = people.new(), people.new()
    dead = [person.session, other.session, b64encode(b"{}").decode(), "junk", "", "junk", "deleted"]
    other.delete("/account/sessions/current")
    person.delete("/account/sessions/current")
    values = [*dead[:live_at], person.sign_in(), *dead[live_at:]]

    answer = whoami(api, Cookie="; ".join(f"{name}={quote(value)}" for value in values))

    assert (answer.status, answer.json["$id"]) == (200, person.id)


def test_first_of_two_live_cookies_counts(people: People, api: Api) -> None:
    first, second = people.new(), people.new()
    cookie = "; ".join(f"a_session_demo={quote(each.session)}" for each in (first, second))

    assert whoami(api, Cookie=cookie).json["$id"] == first.id


def test_cookie_of_a_blocked_user_hides_no_live_one(people: People, api: Api, team: TeamApi) -> None:
    blocked, live = people.new(), people.new()
    team.patch(f"/users/{blocked.id}/status", {"status": False})
    only = f"a_session_demo={quote(blocked.session)}"

    assert_refused(whoami(api, Cookie=only), 403, "user_blocked")
    assert whoami(api, Cookie=f"{only}; a_session_demo={quote(live.session)}").json["$id"] == live.id


def test_of_many_cookies_of_one_name_four_are_looked_at(people: People, api: Api) -> None:
    live, dead = people.new(), [people.new(signed_in=False) for _ in range(4)]
    held = [secret.encode(each.id, f"{number:020d}{'0' * 64}") for number, each in enumerate(dead)]
    four = "; ".join(f"a_session_demo={quote(each)}" for each in held)

    assert_refused(whoami(api, Cookie=f"{four}; a_session_demo={quote(live.session)}"), *OUT)


def test_dead_session_of_one_source_is_not_made_up_for_by_another(person: Person, api: Api) -> None:
    """The first source that decodes is who asks: what it must not say is decided by no other."""
    dead = person.session
    person.delete("/account/sessions/current")
    person.sign_in()

    main = f"a_session_demo={quote(dead)}"
    assert_refused(whoami(api, Cookie=f"{main}; a_session_demo_legacy={quote(person.session)}"), *OUT)
    assert_refused(whoami(api, Cookie=main, X_Appwrite_Session=person.session), *OUT)


@pytest.mark.parametrize("split", [0, 1, 2])
def test_cookies_may_come_in_several_lines(stack: Stack, person: Person, split: int) -> None:
    lines = ["theme=dark", f"a_session_demo={quote(person.session)}", "x=1"]
    connection = HTTPConnection(urlsplit(stack.endpoint).netloc, timeout=10)
    connection.putrequest("GET", "/v1/account")
    connection.putheader("X-Appwrite-Project", "demo")
    for line in lines[split:] + lines[:split]:
        connection.putheader("Cookie", line)
    connection.endheaders()

    assert connection.getresponse().status == 200
    connection.close()


def test_value_may_stand_in_quotes(person: Person, api: Api) -> None:
    assert whoami(api, Cookie=f'a_session_demo="{quote(person.session)}"').status == 200


def test_session_header_opens_the_session(person: Person, api: Api) -> None:
    answer = whoami(api, X_Appwrite_Session=person.session)

    assert (answer.status, answer.header("X-Debug-Fallback")) == (200, "false")


def test_fallback_header_opens_the_session(person: Person, api: Api) -> None:
    answer = api.get("/account", headers=fallback(person.session))

    assert (answer.status, answer.header("X-Debug-Fallback")) == (200, "true")


@pytest.mark.parametrize(
    "stored",
    ["", "[]", "null", "1", "{", "[" * 50_000, '{"a_session_other": "x"}', '{"a_session_demo": 1}', "\u00ff"],
)
def test_fallback_of_another_shape_is_nobodys(api: Api, stored: str) -> None:
    answer = api.get("/account", headers={"X-Fallback-Cookies": stored})

    assert_refused(answer, 401, "general_unauthorized_scope")
    assert answer.header("X-Debug-Fallback") == "true"


@pytest.mark.parametrize("place", ["session=", "a_session_demo=", "X-Appwrite-Session=", "secret="])
def test_session_in_the_url_is_not_looked_at(person: Person, api: Api, place: str) -> None:
    assert_refused(api.get(f"/account?{place}{quote(person.session)}"), 401, "general_unauthorized_scope")


# Taken back


@pytest.mark.parametrize("path", ["/account/sessions/current", "/account/sessions"])
def test_sign_out_takes_everything_back(person: Person, path: str) -> None:
    answer = person.delete(path, headers=HTTPS)

    assert answer.status == 204
    assert answer.header("X-Fallback-Cookies") == "[]"
    assert [name for name, _, _ in parsed(answer)] == ["a_session_demo_legacy", "a_session_demo"]
    for _, value, attributes in parsed(answer):
        assert value == "deleted"
        assert parsedate_to_datetime(attributes[0].removeprefix("Expires=")).year == 1970
        assert {"Path=/", "Secure", "HttpOnly"} <= set(attributes)
    assert "SameSite=None" in parsed(answer)[1][2]


def test_sign_out_by_its_own_id_takes_everything_back(person: Person) -> None:
    answer = person.delete(f"/account/sessions/{person.session_id()}")

    assert answer.header("X-Fallback-Cookies") == "[]"
    assert len(answer.all("Set-Cookie")) == 2


def test_end_of_another_session_takes_nothing_back(person: Person) -> None:
    other = person.session_id()
    person.sign_in()

    answer = person.delete(f"/account/sessions/{other}")

    assert answer.status == 204
    assert answer.all("Set-Cookie") == []
    assert answer.header("X-Fallback-Cookies") is None


def test_what_was_taken_back_opens_nothing(person: Person, api: Api) -> None:
    old = person.session
    assert person.delete("/account/sessions/current").status == 204

    assert_refused(whoami(api, Cookie=f"a_session_demo={quote(old)}"), 401, "general_unauthorized_scope")
    assert_refused(whoami(api, Cookie="a_session_demo=deleted"), 401, "general_unauthorized_scope")


def test_answers_that_open_nothing_set_no_cookie(person: Person) -> None:
    wrong = person.api.post("/account/sessions/email", {"email": person.email, "password": "not the password"})

    for answer in (wrong, person.get("/account"), person.get("/account/sessions")):
        assert answer.all("Set-Cookie") == []
        assert answer.header("X-Fallback-Cookies") is None


def test_tampered_value_is_nobodys(person: Person, api: Api) -> None:
    content = json.loads(b64decode(person.session))
    flipped = "0" if content["secret"][-1] != "0" else "1"
    content["secret"] = content["secret"][:-1] + flipped

    answer = whoami(api, Cookie=f"a_session_demo={quote(b64encode(json.dumps(content).encode()).decode())}")

    assert_refused(answer, 401, "general_unauthorized_scope")
