"""`make import`: users of Firebase, Cognito and Auth0 sign in here as they did there."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import bcrypt
import pyotp
import pytest
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import ProtocolError

from infra.importer import __main__ as importer
from infra.importer.client import Client, Stopped
from infra.importer.journal import Journal
from infra.importer.person import Person
from infra.importer.sources import auth0, cognito, firebase
from infra.local.inbox import Inbox
from tests.conftest import Jobs, Stack
from tests.infra.exports import COGNITO, FIREBASE, FIREBASE_PASSWORD, HASHES
from tests.support.api import KEY, Api, TeamApi, assert_refused, session_value
from tests.support.clock import Clock
from tests.support.person import RETURN_URL

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AUTH0_PASSWORD = "another battery"

Import = Callable[..., int]


@pytest.fixture
def run(stack: Stack, team: TeamApi, monkeypatch: pytest.MonkeyPatch) -> Import:
    """The command, with the team's key."""
    monkeypatch.setenv("IMPORT_KEY", KEY)
    return lambda *given: importer.main([*map(str, given), "--endpoint", stack.endpoint, "--project", "demo"])


def auth0_row(number: int, **more: Any) -> dict[str, Any]:
    return {"user_id": f"auth0|person{number}", "email": f"person{number}@example.com", **more}


def lines(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def report(export: Path) -> list[dict[str, str]]:
    with export.with_name(f"{export.name}.report.csv").open() as file:
        return list(csv.DictReader(file))


def sign_in(api: Api, email: str, password: str) -> str:
    return session_value(api.post("/account/sessions/email", {"email": email, "password": password}))


def answer_totp(api: Api, session: str, clock: Clock, secret: str = SECRET) -> None:
    """The session lacks a factor, and has it with the code of the app that the user had before."""
    assert_refused(api.get("/account", session=session), 401, "user_more_factors_required")
    challenge = api.post("/account/mfa/challenges", {"factor": "totp"}, session=session).json["$id"]
    code = pyotp.TOTP(secret).at(int(clock()))
    answer = api.put("/account/mfa/challenges", {"challengeId": challenge, "otp": code}, session=session)
    assert answer.json["factors"] == ["password", "totp"]
    assert api.get("/account", session=session).status == 200


def test_users_of_firebase_sign_in(
    run: Import, api: Api, clock: Clock, tmp_path: Path, inbox: Inbox, run_jobs: Jobs
) -> None:
    export, hashes = tmp_path / "users.json", tmp_path / "hashes.txt"
    export.write_text(json.dumps({"users": [FIREBASE]}))
    hashes.write_text(HASHES)
    factors = lines(tmp_path / "factors.ndjson", [{"id": FIREBASE["localId"], "totp": {"secret": SECRET}}])

    assert run("firebase", export, "--hashes", hashes, "--factors", factors) == 0

    run_jobs()
    assert inbox.messages() == []
    session = sign_in(api, "ada@example.com", FIREBASE_PASSWORD)
    answer_totp(api, session, clock)
    account = api.get("/account", session=session).json
    assert (account["$id"], account["name"], account["phone"]) == (FIREBASE["localId"], "Ada", FIREBASE["phoneNumber"])
    assert account["emailVerification"]
    assert account["phoneVerification"]


def test_users_of_auth0_sign_in(run: Import, api: Api, clock: Clock, tmp_path: Path) -> None:
    password = bcrypt.hashpw(AUTH0_PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    factor = [{"totp": {"secret": SECRET}}]
    row = auth0_row(1, email_verified=True, passwordHash=password, user_metadata={"theme": "dark"}, mfa_factors=factor)

    assert run("auth0", lines(tmp_path / "users.ndjson", [row])) == 0

    session = sign_in(api, "person1@example.com", AUTH0_PASSWORD)
    answer_totp(api, session, clock)
    account = api.get("/account", session=session).json
    assert (account["$id"], account["prefs"]) == ("person1", {"theme": "dark"})


def test_users_of_cognito_set_a_password_by_mail(
    run: Import, api: Api, clock: Clock, tmp_path: Path, inbox: Inbox, run_jobs: Jobs
) -> None:
    export = tmp_path / "users.csv"
    export.write_text(COGNITO)
    factors = lines(tmp_path / "factors.ndjson", [{"id": "ada", "totp": {"secret": SECRET}}])

    assert run("cognito", export, "--factors", factors) == 0

    assert [(row["state"], row["why"]) for row in report(export)] == [
        ("partly", "left out: the password, which Cognito does not export")
    ]
    api.post("/account/recovery", {"email": "ada@example.com", "url": RETURN_URL})
    run_jobs()
    secret = inbox.messages()[0].text.split("secret=")[1].split("&")[0]
    body = {"userId": "ada", "secret": secret, "password": AUTH0_PASSWORD}
    assert api.put("/account/recovery", body).status == 200
    answer_totp(api, sign_in(api, "ada@example.com", AUTH0_PASSWORD), clock)


def test_journal_of_another_export_passes_over_nobody(
    run: Import, team: TeamApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = (auth0_row(number) for number in (1, 2, 3))
    export = lines(tmp_path / "users.ndjson", [first, second])
    assert run("auth0", export) == 0

    for rows in ([first, third], [third, first, second], [first, "no user"]):
        assert run("auth0", lines(export, rows)) == 1
        assert "users.ndjson.journal is of another export" in capsys.readouterr().err
    assert run("auth0", lines(export, [first, second, third])) == 0
    assert team.get("/users/person3").status == 200


def test_journal_of_another_deployment_passes_over_nobody(
    run: Import, team: TeamApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An export is tried somewhere before it goes where it is for."""
    export = lines(tmp_path / "users.ndjson", [auth0_row(1)])
    (tmp_path / "users.ndjson.journal").write_text(
        '{"into": "demo at https://try.example.com/v1"}\n{"row": 1, "state": "done", "newId": "person1", "why": []}\n'
    )

    assert run("auth0", export) == 1

    assert "users.ndjson.journal is of an import into demo at https://try.example.com/v1" in capsys.readouterr().err
    (tmp_path / "users.ndjson.journal").unlink()
    assert run("auth0", export) == 0
    assert team.get("/users/person1").status == 200


def test_what_was_refused_is_tried_again(run: Import, team: TeamApi, tmp_path: Path) -> None:
    export = lines(tmp_path / "users.ndjson", [auth0_row(1), auth0_row(2, email="nonsense"), {"name": "Nobody"}])
    assert run("auth0", export) == 0
    assert [row["state"] for row in report(export)] == ["refused", "refused"]

    assert run("auth0", lines(export, [auth0_row(1), auth0_row(2), auth0_row(3)])) == 0

    assert report(export) == []
    assert team.get("/users").json["total"] == 3


def test_answers_that_are_lost_on_the_way_leave_nobody_half_done(
    run: Import, team: TeamApi, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done all the same is sent once more."""
    export = lines(tmp_path / "users.ndjson", [auth0_row(1, name="Ada", mfa_factors=[{"totp": {"secret": SECRET}}])])
    send, lost = HTTPConnectionPool._make_request, set()

    def first_is_lost(self: HTTPConnectionPool, connection: Any, method: str, url: str, **more: Any) -> Any:
        answer = send(self, connection, method, url, **more)
        if method == "POST" and url.startswith("/v1/users") and url not in lost:
            lost.add(url)
            raise ProtocolError("lost")
        return answer

    monkeypatch.setattr(HTTPConnectionPool, "_make_request", first_is_lost)

    assert run("auth0", export) == 0

    assert len(lost) == 2
    assert report(export) == []
    assert team.get("/users/person1").json["mfa"]


def test_import_that_is_interrupted_anywhere_goes_on(
    run: Import, team: TeamApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factor = [{"totp": {"secret": SECRET}}]
    export = lines(tmp_path / "users.ndjson", [auth0_row(n, name=f"P{n}", mfa_factors=factor) for n in range(3)])
    monkeypatch.setattr(importer, "AT_ONCE", 1)
    send, left = Client.send, 0

    def some(self: Client, step: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            send(self, step)  # it arrives, and nobody hears of it
        if left <= 0:
            raise Stopped("no network")
        return send(self, step)

    monkeypatch.setattr(Client, "send", some)
    ended: list[int] = []
    while len(ended) < 20 and 0 not in ended:
        left = len(ended) + 2  # one asks whether the key is good
        ended.append(run("auth0", export))

    assert (len(ended) > 5, ended[-1]) == (True, 0)
    users = team.get("/users").json["users"]
    assert [(user["$id"], user["mfa"]) for user in users] == [(f"person{n}", True) for n in range(3)]
    assert all(team.get(f"/users/person{n}/mfa/factors").json["totp"] for n in range(3))
    assert report(export) == []


def test_what_is_done_is_not_done_again(run: Import, team: TeamApi, tmp_path: Path) -> None:
    export = lines(tmp_path / "users.ndjson", [auth0_row(1)])
    run("auth0", export)
    team.delete("/users/person1")

    assert run("auth0", export) == 0

    assert team.get("/users").json["total"] == 0


def test_rows_that_cannot_be_imported_are_in_the_report_and_stop_nobody(
    run: Import, team: TeamApi, tmp_path: Path
) -> None:
    team.post("/users", {"userId": "taken", "email": "person2@example.com"})
    rows: list[Any] = [
        auth0_row(1),
        auth0_row(2),
        auth0_row(3, custom_password_hash={"algorithm": "pbkdf2", "hash": {"value": "x"}}),
        auth0_row(4, email="nonsense"),
        auth0_row(5, mfa_factors=[{"totp": {"secret": "short"}}]),
        auth0_row(6, password_hash="$2b$31$LhayLxezLhK1LhWvKxCyLOj0j1u.Kj0jZ0pEmm134uzrQlFvQJLF6"),
        ["nonsense"],
        *({"user_id": nobody, "name": "Nobody"} for nobody in (" ", 8, ["auth0|person9"])),
    ]
    export = lines(tmp_path / "users.ndjson", rows)

    assert run("auth0", export) == 0

    found = {int(row["row"]): (row["state"], row["why"].split(":")[0]) for row in report(export)}
    assert found == {
        2: ("refused", "user_already_exists"),
        3: ("partly", "left out"),
        4: ("refused", "general_argument_invalid"),
        5: ("partly", "authenticator"),
        6: ("refused", "general_argument_invalid"),
        7: ("refused", "not the form of an export"),
        **dict.fromkeys((8, 9, 10), ("refused", "a user without an id")),
    }
    assert {user["$id"] for user in team.get("/users").json["users"]} == {"taken", "person1", "person3", "person5"}


def test_form_of_the_bulk_import_of_auth0_is_a_list(run: Import, team: TeamApi, tmp_path: Path) -> None:
    export = tmp_path / "users.json"
    row = auth0_row(1, given_name="Ada", family_name="Lovelace")
    export.write_text(json.dumps([row, auth0_row(2)], indent=2))

    assert run("auth0", export) == 0

    assert team.get("/users/person1").json["name"] == "Ada Lovelace"
    assert team.get("/users/person2").status == 200


@pytest.mark.parametrize(
    "custom",
    [
        {"algorithm": "md5", "hash": {"value": "ab" * 16}, "password": {"encoding": "utf16le"}},
        {"algorithm": "scrypt", "hash": {"value": "ab" * 32}, "salt": {"value": "x"}},
        {"algorithm": "sha256", "hash": {"value": "not base64", "encoding": "base64"}},
        {"hash": {}},
        "nonsense",
    ],
)
def test_user_whose_hash_nobody_could_match_comes_without_it(tmp_path: Path, custom: Any) -> None:
    """A hash of something else than the password in UTF-8 would refuse its owner for ever."""
    [person] = auth0(lines(tmp_path / "users.ndjson", [auth0_row(1, custom_password_hash=custom)]))

    assert isinstance(person, Person)
    assert person.password is None
    assert person.left_out[0].startswith("the password: ")


def test_report_says_what_signs_users_in_no_longer(run: Import, tmp_path: Path) -> None:
    google = {"providerId": "google.com", "rawId": "1"}
    firebase_users = [
        {**FIREBASE, "passwordHash": "", "providerUserInfo": [google, {"providerId": "phone"}]},
        {"localId": "anonymous1", "providerUserInfo": [], "customAttributes": '{"admin":true}'},
    ]
    (tmp_path / "users.json").write_text(json.dumps({"users": firebase_users}))
    identities = [{"provider": "auth0"}, {"provider": "github"}]
    export = lines(tmp_path / "users.ndjson", [auth0_row(1, identities=identities, app_metadata={"role": "admin"})])

    assert run("firebase", tmp_path / "users.json") == 0
    assert run("auth0", export) == 0

    nobody = "no e-mail address and no verified number: only a token of your server signs this user in"
    assert [row["why"] for row in report(tmp_path / "users.json")] == [
        "left out: sign-in by google.com",
        f"left out: custom claims; {nobody}",
    ]
    assert [row["why"] for row in report(export)] == ["left out: app_metadata; left out: sign-in by github"]


def unverified_at_cognito(folder: Path) -> Iterator[Any]:
    header, row = COGNITO.splitlines()
    (folder / "users.csv").write_text(f"{header}\n{row.replace(',,', ',+4915112345678,')}\n")
    return cognito(folder / "users.csv")


def unverified_at_auth0(folder: Path) -> Iterator[Any]:
    return auth0(lines(folder / "users.ndjson", [auth0_row(1, phone_number="+4915112345678")]))


@pytest.mark.parametrize("export", [unverified_at_cognito, unverified_at_auth0])
def test_number_that_was_not_verified_is_left_out(tmp_path: Path, export: Callable[[Path], Iterator[Any]]) -> None:
    """Whoever typed it would have its owner, who signs in by it, in an account of his."""
    [person] = export(tmp_path)

    assert person.phone == ""
    assert "the phone number, which was not verified" in person.left_out


def test_number_that_gets_codes_does_not_verify_another(tmp_path: Path) -> None:
    factors = [{"phone": {"value": "+4915187654321"}}]
    row = auth0_row(1, phone_number="+4915112345678", mfa_factors=factors)
    people = auth0(lines(tmp_path / "users.ndjson", [row, {**row, "phone_verified": True}]))

    assert [getattr(person, "phone", None) for person in people] == ["+4915187654321", "+4915112345678"]


def test_user_of_firebase_whose_hash_cannot_be_read_comes_without_the_password(
    run: Import, team: TeamApi, tmp_path: Path
) -> None:
    (tmp_path / "hashes.txt").write_text(HASHES)
    export = tmp_path / "users.json"
    export.write_text(json.dumps({"users": [{**FIREBASE, "salt": "!!"}]}))

    assert run("firebase", export, "--hashes", tmp_path / "hashes.txt") == 0

    assert team.get(f"/users/{FIREBASE['localId']}").json["password"] is None
    [row] = report(export)
    assert (row["id"], row["why"]) == (FIREBASE["localId"], "left out: the password: a hash or salt is not in base64")


def test_neither_journal_nor_report_has_an_address_or_a_secret(run: Import, tmp_path: Path) -> None:
    row = auth0_row(1, phone_number="+4915112345678", mfa_factors=[{"totp": {"secret": SECRET}}, {}])
    export = lines(tmp_path / "users.ndjson", [row, {**row, "user_id": "auth0|other"}])

    run("auth0", export)

    written = [path.read_text() for path in tmp_path.iterdir() if path != export]
    assert len(written) == 2
    for text in written:
        assert "example.com" not in text
        assert "4915112345678" not in text
        assert SECRET not in text


def test_id_that_is_an_address_or_number_is_in_neither(run: Import, tmp_path: Path) -> None:
    export = tmp_path / "users.csv"
    export.write_text("cognito:username,name\nada@example.com,Ada\n+4915112345678,Bob\n,Nobody\n")

    run("cognito", export)

    assert [(row["id"], bool(row["newId"])) for row in report(export)] == [("", True), ("", True), ("", False)]
    written = "".join(path.read_text() for path in tmp_path.iterdir() if path != export)
    assert "example.com" not in written
    assert "4915112345678" not in written


@pytest.mark.parametrize(
    ("user_id", "expected"),
    [
        ("auth0|5f7c8ec7c33c6c004bbafe82", "5f7c8ec7c33c6c004bbafe82"),
        ("waad|_leading", "a0478efb268d5bb4641e"),
        ("email|" + "x" * 37, "df75df547b1a77c51574"),
    ],
)
def test_ids_stay_where_they_can(tmp_path: Path, user_id: str, expected: str) -> None:
    [person] = auth0(lines(tmp_path / "users.ndjson", [auth0_row(1, user_id=user_id)]))

    assert not isinstance(person, ValueError)
    assert person.new_id == expected


def test_key_that_is_not_accepted_stops_it(
    run: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IMPORT_KEY", "nonsense")
    export = lines(tmp_path / "users.ndjson", [auth0_row(1)])

    assert run("auth0", export) == 1

    assert "Stopped: the API key is unknown or lacks a scope" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [export]


@pytest.mark.parametrize(
    ("source", "name", "text", "hashes", "reason"),
    [
        (firebase, "users.json", "[]", "", "has no list `users`"),
        (firebase, "users.json", '{"users": [{"localId": "a', "", "users.json is not whole, or not JSON"),
        (firebase, "users.json", "a,b@example.com,false", "", "users.json is not whole, or not JSON"),
        (auth0, "users.json", '[{"user_id": "a"},', "", "users.json begins as a list of users and is not whole"),
        (auth0, "users.json.gz", "\x1f\udc8b\x08", "", "users.json.gz is no text in UTF-8: unpack it"),
        (cognito, "users.csv", "\udcff\udcfec", "", "users.csv is no text in UTF-8"),
        (firebase, "users.json", '{"users": []}', HASHES.replace("14", "12"), "rounds 8 and mem_cost 14"),
        (cognito, "users.csv", "name,email\n", "", "no column cognito:username"),
    ],
)
def test_file_that_is_no_export_is_refused_in_words(
    run: Import,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    source: Callable[..., Any],
    name: str,
    text: str,
    hashes: str,
    reason: str,
) -> None:
    export, parameters = tmp_path / name, tmp_path / "hashes.txt"
    export.write_text(text, encoding="utf-8", errors="surrogateescape")
    parameters.write_text(hashes)

    assert run(source.__name__, export, *(["--hashes", parameters] if hashes else [])) == 1

    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"id": "auth0|person2"}\n', "1 of its ids are those of no user of users.ndjson"),
        ('{"id": "auth0|person1"}\n{"id"', "line 2 is not an object of JSON with an id"),
        ('{"totp": {}}\n', "line 1 is not an object of JSON with an id"),
        ('["auth0|person1"]\n', "line 1 is not an object of JSON with an id"),
    ],
)
def test_second_factors_that_would_reach_nobody_stop_it(
    run: Import, team: TeamApi, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    (tmp_path / "factors.ndjson").write_text(text)
    export = lines(tmp_path / "users.ndjson", [auth0_row(1)])

    assert run("auth0", export, "--factors", tmp_path / "factors.ndjson") == 1

    assert f"factors.ndjson: {reason}" in capsys.readouterr().err
    assert team.get("/users").json["total"] == 0


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        (lambda stack: stack.endpoint.removesuffix("/v1"), "lists no users"),
        (lambda stack: "example.com:x/v1", "is no endpoint"),
    ],
)
def test_endpoint_that_is_none_stops_it(
    stack: Stack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    endpoint: Callable[[Stack], str],
    reason: str,
) -> None:
    monkeypatch.setenv("IMPORT_KEY", KEY)
    export = lines(tmp_path / "users.ndjson", [auth0_row(1)])

    assert importer.main(["auth0", str(export), "--endpoint", endpoint(stack), "--project", "demo"]) == 1

    assert reason in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [export]


@pytest.mark.parametrize("turn", range(3))
def test_of_rows_with_one_id_or_address_the_first_is_imported(
    run: Import, team: TeamApi, tmp_path: Path, turn: int
) -> None:
    factor = [{"totp": {"secret": SECRET}}]
    rows = [
        auth0_row(1, email_verified=True, mfa_factors=factor),
        {"user_id": "google-oauth2|person1", "email": "other@example.com"},
        {"user_id": "auth0|person2", "email": "Person1@example.com"},
    ]
    export = lines(tmp_path / "users.ndjson", rows)

    assert run("auth0", export) == 0

    [user] = team.get("/users").json["users"]
    assert (user["$id"], user["email"], user["mfa"]) == ("person1", "person1@example.com", True)
    assert [(row["row"], row["why"].split(":")[0]) for row in report(export)] == [
        ("2", "the id of row 1"),
        ("3", "the e-mail address of row 1"),
    ]


def test_number_of_two_rows_is_the_firsts(run: Import, team: TeamApi, tmp_path: Path) -> None:
    number = {"phone_number": "+4915112345678", "phone_verified": True}
    export = lines(tmp_path / "users.ndjson", [auth0_row(1, **number), auth0_row(2, **number)])

    assert run("auth0", export) == 0

    assert [user["phone"] for user in team.get("/users").json["users"]] == ["+4915112345678", ""]
    assert [row["why"] for row in report(export)] == ["left out: the number, which is that of row 1"]


def test_second_import_of_a_file_waits_for_the_first(
    run: Import, team: TeamApi, stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = lines(tmp_path / "users.ndjson", [auth0_row(1)])
    held = Journal(tmp_path / "users.ndjson.journal", f"demo at {stack.endpoint}")

    assert run("auth0", export) == 1

    assert "another import is writing users.ndjson.journal" in capsys.readouterr().err
    assert team.get("/users").json["total"] == 0
    held.close()
    assert run("auth0", export) == 0


def test_user_who_is_there_already_is_told_from_a_strangers(run: Import, tmp_path: Path) -> None:
    export = lines(tmp_path / "users.ndjson", [auth0_row(1)])
    run("auth0", export)
    (tmp_path / "users.ndjson.journal").unlink()

    run("auth0", export)

    assert [row["why"] for row in report(export)] == [
        "a user of this id and address is there already, of an import without this journal or otherwise"
    ]
