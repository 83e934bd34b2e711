"""The QR picture over HTTP: real bytes for every kind of client."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.api import Answer, Api, assert_refused
from tests.support.person import People
from tests.test_qr import OTPAUTH, pixels, read


def qr(api: Api, *, accept: str = "*/*", method: str = "GET", **parameters: Any) -> Answer:
    """The picture as an SDK's URL or an `<img>` asks for it: the project in the query, no header of ours."""
    query = urlencode({"text": OTPAUTH, "project": "demo", **parameters})
    return api.call(method, f"/avatars/qr?{query}", project=None, headers={"Accept": accept})


@pytest.mark.parametrize(
    "accept",
    [
        "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
        "image/png",
        "*/*",
        "application/json",
        "text/html",
        "",
    ],
)
def test_any_client_gets_the_picture(api: Api, accept: str) -> None:
    answer = qr(api, accept=accept)

    assert (answer.status, answer.header("Content-Type")) == (200, "image/png")
    assert read(pixels(answer.content)) == OTPAUTH


def test_picture_of_a_secret_is_never_kept(api: Api) -> None:
    answer = qr(api)

    assert answer.header("Cache-Control") == "no-cache, no-store, must-revalidate"
    assert answer.header("X-Content-Type-Options") == "nosniff"


def test_head_has_the_type_and_no_body(api: Api) -> None:
    answer = qr(api, method="HEAD")

    assert (answer.status, answer.header("Content-Type"), answer.content) == (200, "image/png", b"")


@pytest.mark.parametrize(("size", "margin"), [(400, 1), (1000, 10), (1, 0), (237, 4)])
def test_size_and_margin_are_obeyed(api: Api, size: int, margin: int) -> None:
    rows = pixels(qr(api, text="HELLO", size=size, margin=margin).content)

    assert len(rows) == max(size, 21 + 2 * margin)
    assert read(rows) == "HELLO"


def test_default_is_400_pixels(api: Api) -> None:
    assert len(pixels(qr(api).content)) == 400


@pytest.mark.parametrize("download", ["1", "true", "TRUE"])
def test_download_names_the_file(api: Api, download: str) -> None:
    answer = qr(api, download=download)

    assert answer.header("Content-Disposition") == 'attachment; filename="qr.png"'
    assert read(pixels(answer.content)) == OTPAUTH


@pytest.mark.parametrize("parameters", [{}, {"download": "0"}, {"download": "false"}, {"impersonateuserid": ""}])
def test_picture_is_shown_unless_a_download_is_asked_for(api: Api, parameters: dict[str, str]) -> None:
    answer = qr(api, **parameters)

    assert (answer.status, answer.header("Content-Disposition")) == (200, None)


@pytest.mark.parametrize(
    "parameters",
    [
        {"text": ""},
        {"text": "x" * 513},
        {"text": "a\0b"},
        {"size": "0"},
        {"size": "1001"},
        {"size": "-1"},
        {"size": "4e2"},
        {"size": ""},
        {"size": "\uff14\uff10\uff10"},
        {"size": "9" * 5000},
        {"margin": "11"},
        {"margin": "-1"},
        {"margin": "1.5"},
        {"download": "yes"},
        {"download": ""},
    ],
)
def test_bad_parameter_is_refused(api: Api, parameters: dict[str, str]) -> None:
    assert_refused(qr(api, **parameters), 400, "general_argument_invalid")


def test_text_is_needed(api: Api) -> None:
    answer = api.get("/avatars/qr?project=demo")

    assert_refused(answer, 400, "general_argument_invalid")
    assert answer.json["message"] == 'Param "text" is not optional.'


def test_text_of_512_characters_of_any_script_fits(api: Api) -> None:
    text = "\u6f22" * 512

    assert read(pixels(qr(api, text=text, size=1000).content)) == text


@pytest.mark.parametrize("project", ["", "other"])
def test_other_project_has_no_pictures(api: Api, project: str) -> None:
    assert_refused(qr(api, project=project), 404, "project_not_found")


def test_keys_and_users_may_ask(api: Api, people: People) -> None:
    path = "/avatars/qr?text=x"

    assert api.get(path, key="local-api-key").status == 200
    assert people.new().get(path).status == 200
