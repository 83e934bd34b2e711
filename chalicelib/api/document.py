"""The OpenAPI document, made from the endpoints' own definitions, so that it says what they do.

Loaded when it is first asked for, never at a cold start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

from chalicelib.api.answers.models import CONTENT, MODELS
from chalicelib.api.answers.schema import some
from chalicelib.errors import ERRORS
from chalicelib.schema import schema_of
from chalicelib.web.declaration import Endpoint, Recent, Served
from chalicelib.web.endpoint import Routes
from chalicelib.web.identity import cookie_name
from chalicelib.web.parameters import REQUIRED, Parameter
from chalicelib.web.reply import VERSION

Json = dict[str, Any]

ALWAYS = (
    *("general_argument_invalid", "general_unauthorized_scope", "general_unknown_origin", "project_id_missing"),
    *("project_key_expired", "user_blocked", "user_jwt_invalid", "user_jwt_and_cookie_set"),
    *("general_server_error", "general_service_unavailable"),
)
"""The refusals that every endpoint may answer with."""
RETRY_AFTER = {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 1}}
ABOUT = """\
Sign-in with multi-factor authentication, in the wire format of Appwrite. GET is served as HEAD too, and every path \
answers OPTIONS. Parameters of POST, PUT, PATCH and DELETE may also come as a form; those that are not named here are \
ignored. Header `X-Appwrite-Response-Format` is the version of the API that a client was made for: below 1.9.2 \
parameters of `/project` have older names (`alerts` and `status` for `enabled`), below 1.9.0 answers lack fields that \
are not required here, below 1.5.0 queries are written `limit(25)`. Every user's session, cookie or JWT counts with \
every endpoint that does not ask for an API key."""


@lru_cache(maxsize=1)
def document(routes: tuple[Routes, ...]) -> Json:
    """The description of all these routes."""
    endpoints = [served for each in routes for served in each.served]
    return {
        "openapi": "3.1.0",
        "info": {"title": "chalice-mfa", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/v1"}],
        "paths": _paths(endpoints),
        "components": {
            "schemas": MODELS,
            "responses": _all_refusals(endpoints),
            "securitySchemes": _security_schemes(),
        },
    }


def _paths(endpoints: list[Served]) -> dict[str, Json]:
    """Every operation by path and method. An endpoint's paths after the first are older names of it."""
    paths: dict[str, Json] = defaultdict(dict)
    for served in endpoints:
        for path in served.paths:
            older = {"deprecated": True} if path != served.definition.path else {}
            paths[path][served.method.lower()] = {**older, **_operation(served.method, path, served.definition)}
    return dict(paths)


def _operation(method: str, path: str, endpoint: Endpoint) -> Json:
    in_path = {name: each for name, each in endpoint.params.items() if f"{{{name}}}" in path}
    others = {name: each for name, each in endpoint.params.items() if name not in in_path}
    parameters = [_parameter("path", name, each) for name, each in in_path.items()]
    if method == "GET":
        parameters += [_parameter("query", name, each) for name, each in others.items()]
    return {
        "tags": [path.split("/")[1]],
        "security": _security(endpoint, method),
        "parameters": parameters,
        **(_body(others) if others and method != "GET" else {}),
        "responses": _responses(endpoint),
    }


def _parameter(place: str, name: str, parameter: Parameter) -> Json:
    """One of path or query; a list comes as `name[]=...&name[]=...`."""
    schema = schema_of(parameter.rule)
    return {
        "name": f"{name}[]" if schema["type"] == "array" else name,
        "in": place,
        "required": parameter.default is REQUIRED,
        "schema": {**schema, **_default(parameter)},
    }


def _body(parameters: Mapping[str, Parameter]) -> Json:
    """A JSON object. Null is as good as leaving an optional one out."""
    required = [name for name, each in parameters.items() if each.default is REQUIRED]
    properties = {
        name: schema_of(each.rule)
        if name in required
        else {"anyOf": [schema_of(each.rule), {"type": "null"}], **_default(each)}
        for name, each in parameters.items()
    }
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": bool(required), "content": {"application/json": {"schema": schema}}}}


def _default(parameter: Parameter) -> Json:
    """Where it is a value that a client could send."""
    return {"default": parameter.default} if isinstance(parameter.default, bool | int) else {}


def _security(endpoint: Endpoint, method: str) -> list[Json]:
    """Any of these, each with all that it names; of an API key, the scope."""
    project: Json = {} if endpoint.any_project else {"project": []}
    with_key = [{**project, "key": [scope]} for scope in endpoint.scopes(method)]
    if endpoint.key:
        return with_key
    if not endpoint.signed_in:
        return [project, *with_key]
    carriers = ("session", "cookie") if endpoint.own_session else ("session", "cookie", "jwt")
    return [{**project, carrier: []} for carrier in carriers]


def _security_schemes() -> dict[str, Json]:
    headers = {
        "project": ("X-Appwrite-Project", "The project's id."),
        "key": ("X-Appwrite-Key", "The API key of the team's own servers. It never speaks for a user."),
        "session": ("X-Appwrite-Session", "The secret of a session, for servers that render pages for a user."),
        "jwt": ("X-Appwrite-JWT", "A token of POST /account/jwts, as good as the session that it was made from."),
    }
    schemes = {
        name: {"type": "apiKey", "in": "header", "name": header, "description": description}
        for name, (header, description) in headers.items()
    }
    cookie = {"type": "apiKey", "in": "cookie", "name": cookie_name(), "description": "The session of a browser."}
    return {**schemes, "cookie": cookie}


def _responses(endpoint: Endpoint) -> dict[str, Json]:
    done = {"description": "Done.", **({"content": CONTENT[endpoint.answer]} if endpoint.answer else {})}
    refusals = {
        str(ERRORS[types[0]][0]): {"$ref": f"#/components/responses/{'.'.join(types)}"} for types in _refusals(endpoint)
    }
    return {str(endpoint.status if endpoint.answer else 204): done, **refusals}


def _refusals(endpoint: Endpoint) -> list[list[str]]:
    """The types of its refusals, together those of one status."""
    types = sorted(_errors(endpoint), key=lambda type_: (ERRORS[type_][0], type_))
    return [list(alike) for _, alike in groupby(types, key=lambda type_: ERRORS[type_][0])]


def _all_refusals(endpoints: list[Served]) -> dict[str, Json]:
    """What the refusals of all endpoints look like, by their types."""
    every = [types for served in endpoints for types in _refusals(served.definition)]
    return {".".join(types): _refusal(types) for types in sorted(every)}


def _refusal(types: list[str]) -> Json:
    status = ERRORS[types[0]][0]
    schema = {**some("error"), "properties": {"code": {"const": status}, "type": {"enum": types}}}
    return {
        "description": "\n\n".join(f"`{type_}`: {ERRORS[type_][1]}" for type_ in types),
        "content": {"application/json": {"schema": schema}},
        **({"headers": {"Retry-After": RETRY_AFTER}} if status == 429 else {}),
    }


def _errors(endpoint: Endpoint) -> set[str]:
    """The types of its refusals: by the checks (web/checks.py), for what its path names and is not there, its own."""
    checks = {
        "project_not_found": not endpoint.any_project,
        "user_more_factors_required": not (endpoint.half or endpoint.any_project or endpoint.key),
        "user_password_reset_required": not (
            endpoint.old_password or endpoint.half or endpoint.any_project or endpoint.key
        ),
        "general_rate_limit_exceeded": bool(endpoint.limits) or endpoint.opens_session,
        "user_auth_method_unsupported": bool(endpoint.sign_in_method),
        "user_challenge_required": endpoint.own_session or endpoint.recent is not Recent.NEVER,
        "user_reauthentication_required": endpoint.recent is Recent.SIGN_IN,
        "user_session_already_exists": endpoint.opens_session,
        "user_not_found": "{userId}" in endpoint.path,
        "user_session_not_found": "{sessionId}" in endpoint.path,
    }
    return {*ALWAYS, *endpoint.errors, *(type_ for type_, possible in checks.items() if possible)}
