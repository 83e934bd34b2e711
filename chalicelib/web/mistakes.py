"""Mistakes in what endpoints declare. The app does not start with one: it says in a sentence which it is, and where."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from chalicelib.errors import ERRORS
from chalicelib.web.declaration import Endpoint, Served, argument


class Misdeclared(Exception):
    """An endpoint declares what cannot be."""


class Names(NamedTuple):
    """What there is besides the framework: models of answers, methods to sign in, and what paths may name."""

    answers: Collection[str]
    sign_in_methods: Collection[str]
    below: Mapping[str, Collection[str]]
    """What may stand below a path, apart from a placeholder."""


def check(endpoints: Iterable[Served], names: Names) -> None:
    """Misdeclared for the first mistake in any of them."""
    for served in endpoints:
        for mistake in _mistakes(served, names):
            raise Misdeclared(f"{served.method} {served.definition.path} {mistake}.")


def _mistakes(served: Served, names: Names) -> Iterator[str]:
    yield from _unknown_names(served.definition, names)
    yield from _of_function(served)
    yield from _of_parameters(served.definition)
    for path in served.paths:
        yield from _of_path(path, served.definition, names)


def _unknown_names(endpoint: Endpoint, names: Names) -> Iterator[str]:
    if endpoint.answer and endpoint.answer not in names.answers:
        yield f"answers with the model '{endpoint.answer}', which does not exist"
    for type_ in endpoint.errors:
        if type_ not in ERRORS:
            yield f"refuses with the error '{type_}', which does not exist"
    if endpoint.sign_in_method and endpoint.sign_in_method not in names.sign_in_methods:
        yield f"is switched by the sign-in method '{endpoint.sign_in_method}', which the project does not have"


def _of_function(served: Served) -> Iterator[str]:
    """The function takes the Call and every declared parameter, and nothing else."""
    taken, takes_all = _arguments(served.handler)
    declared = {argument(name): name for name in served.definition.params}
    if taken[:1] != ["call"]:
        yield "has a function whose first argument is not 'call'"
    for each in taken[1:]:
        if each not in declared:
            yield f"has a function that takes '{each}', which is no declared parameter"
    for each, name in declared.items():
        if each not in taken and not takes_all:
            yield f"declares the parameter '{name}', which its function does not take"


def _of_parameters(endpoint: Endpoint) -> Iterator[str]:
    for name, parameter in endpoint.params.items():
        if not hasattr(parameter.rule, "schema"):
            yield f"has a rule for the parameter '{name}' that does not say what it takes (schema.py)"
    for name in endpoint.formerly:
        if name not in endpoint.params:
            yield f"has an older name for '{name}', which is no declared parameter"
    for name in endpoint.reads:
        if name in endpoint.params or name in map(argument, endpoint.params):
            yield f"reads '{name}', which is the name of a parameter as well"


def _of_path(path: str, endpoint: Endpoint, names: Names) -> Iterator[str]:
    for part in path.split("/"):
        if part.startswith("{") and part[1:-1] not in endpoint.params:
            yield f"has '{part}' in the path {path} and no rule for such a parameter"
    for folder, known in names.below.items():
        name = path.removeprefix(f"{folder}/")
        if name not in (path, *known) and not name.startswith("{"):
            yield f"is about '{name}', which is none of those below {folder}"


def _arguments(handler: Any) -> tuple[list[str], bool]:
    """The names that a function takes, and whether it takes all others too (`**given`).

    Read from its code: `inspect.signature` of all endpoints would make a cold start half a millisecond longer.
    """
    bound: set[str] = set()
    while isinstance(handler, partial):
        bound |= set(handler.keywords)
        handler = handler.func
    code = handler.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [name for name in names if name not in bound], bool(code.co_flags & inspect.CO_VARKEYWORDS)
