"""The script of the pages: one module, and in every language words for all that it may have to say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from chalicelib.api import ROUTES
from chalicelib.api.document import document
from chalicelib.audit.acts import Kind
from chalicelib.languages import FOLDER
from chalicelib.pages import files
from infra.local.events import Routes
from tests.support.api import Api
from tests.support.files import ROOT

SOURCES = {path.stem: path.read_text() for path in (ROOT / "chalicelib" / "pages").glob("*.js")}
WORDS = json.loads((FOLDER / "en" / "pages.json").read_text())
SAID_BY_THE_SERVER = {"language", "noscript"}
OF_THE_LOG = re.compile(r"activity\.\w+\.")
NOT_OF_A_BROWSER = {"project_id_missing", "project_key_expired", "user_jwt_and_cookie_set", "user_jwt_invalid"}
"""Errors of requests with an API key or a JWT, which the pages have none of."""


def calls() -> Iterator[tuple[str, str]]:
    """Method and path of each request that the script makes, with `x` for what it fills in."""
    methods = {"get": "get", "post": "post", "put": "put", "patch": "patch", "remove": "delete"}
    for name, source in SOURCES.items():
        if name != "api":
            for verb, path in re.findall(rf"\b({'|'.join(methods)})\([`\"]([^`\"]+)", source):
                yield methods[verb], "/" + re.sub(r"\$\{.*?\}", "x", path.partition("?")[0])


def refusals() -> set[str]:
    """The types of all errors that these requests may be told."""
    described = document(ROUTES)
    routes, found = Routes(described["paths"]), set()
    for method, path in calls():
        match = routes.match(path)
        assert match, path
        for answer in described["paths"][match.resource][method]["responses"].values():
            name = answer.get("$ref", "").rpartition("/")[2]
            found |= set(filter(None, name.split(".")))
    return found


def test_script_is_one_module_with_every_name_that_it_imports() -> None:
    script = files.script("en").content.decode()

    assert not re.search(r"^\s*(?:import|export)\b", script, re.MULTILINE)
    for taken, module in re.findall(r"const \{([^}]*)\} = \$(\w+);", script):
        [given] = re.findall(rf"^const \${module} = .*?^return \{{ ([^}}]*) \}};$", script, re.MULTILINE | re.DOTALL)
        assert {name.strip() for name in taken.split(",") if name.strip()} <= set(given.split(", ")), module


def test_every_error_that_may_come_has_words(api: Api) -> None:
    assert len(refusals()) > 30

    assert {type_ for type_ in refusals() - NOT_OF_A_BROWSER if f"error.{type_}" not in WORDS} == set()


def test_every_word_that_is_said_is_there_and_every_other_is_said() -> None:
    """A name that is put together stands for all that begin like it."""
    text = "".join(SOURCES.values())
    said = set(re.findall(r"\"((?:[a-z_]+\.)+\w+)\"", text))
    begun = set(re.findall(r"`([a-z_]+\.[a-z_.]*)\$\{", text))

    sections = {name.split(".")[0] for name in WORDS}
    assert {name for name in said - set(WORDS) if name.split(".")[0] in sections} == set()
    assert {name for name in re.findall(r"\bsay\(\s*\"([^\"]+)", text) if name not in WORDS} == set()
    assert begun
    assert {name for name in set(WORDS) - said - SAID_BY_THE_SERVER if not name.startswith(tuple(begun))} == set()


def test_every_act_in_the_log_has_words() -> None:
    assert {kind.value for kind in Kind} == {name.removeprefix("activity.") for name in WORDS if OF_THE_LOG.match(name)}


def test_topics_are_those_of_the_words() -> None:
    """A slip in one would lose what is said there alone."""
    topics = set(re.findall(r'topic: "(\w+)"|, problem, "(\w+)"\)', "".join(SOURCES.values())))
    with_words = {name.split(".")[1] for name in WORDS if re.fullmatch(r"error\.[a-z_]+\.[a-z_]+", name)}

    assert {"".join(each) for each in topics} - with_words == set()
    assert with_words - {"".join(each) for each in topics} == {"general_argument_invalid"}
