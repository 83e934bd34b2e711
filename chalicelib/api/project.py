"""/project: the switches of the project, for back offices."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import project as json_project
from chalicelib.api.policies import POLICIES, values
from chalicelib.factors import relying_party
from chalicelib.storage import switches, user_count
from chalicelib.web import formats
from chalicelib.web.declaration import argument
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, boolean, exact_choice, loose_boolean
from chalicelib.web.queries import Paging, paging

routes = Routes(__name__)
SINCE: dict[str, formats.Version] = {
    "mfa-factors": (1, 9, 6),
    "deny-corporate-email": (1, 9, 6),
    "password-pwned": (2, 5, 0),
    "password-rotation": (2, 5, 0),
    "passkey": (2, 5, 0),
}
"""SDKs with types that are older (PyPI `appwrite` 20 to 24) raise for a list with a policy that they do not know."""
ANSWERED_BY_ITSELF = ("password-strength",)
"""A change of these answers with the policy, of any other with the project."""


@routes.endpoint("GET", "/project", answer="project", key=True)
def get(call: Call) -> dict[str, Any]:
    return json_project.project(call.project)


@routes.endpoint(
    "GET",
    "/project/policies",
    answer="policyList",
    errors=("general_query_invalid",),
    key=True,
    params={"queries": Parameter(paging, Paging()), "total": Parameter(loose_boolean, True)},
)
def list_policies(call: Call, queries: Paging, total: bool) -> dict[str, Any]:
    version = formats.version(call.request)
    found = [values(name, call.project) for name in POLICIES if version >= SINCE.get(name, ())]
    return json_lists.page("policies", found[queries.offset :][: queries.limit], len(found) if total else 0)


@routes.endpoint(
    "GET",
    "/project/policies/{policyId}",
    answer="policy",
    key=True,
    params={"policyId": Parameter(exact_choice(*POLICIES))},
)
def get_policy(call: Call, policy_id: str) -> dict[str, Any]:
    return values(policy_id, call.project)


FORMERLY = {
    "session-alert": {"enabled": "alerts"},
    "session-limit": {"total": "limit"},
    "user-limit": {"total": "limit"},
    "password-history": {"total": "limit"},
    "membership-privacy": {"userMFA": "mfa"},
}
"""Older names of a policy's parameters."""
CHANGES = {"passkey": relying_party.change, "user-limit": user_count.change}
"""How a policy is set that is more than a switch."""


def _change(call: Call, **given: Any) -> dict[str, Any]:
    """Set what is given of the policy that the path names."""
    policy = call.endpoint.path.rpartition("/")[2]
    fields = {argument(name): field for name, field in POLICIES[policy].items()}
    changed = {fields[name].path: value for name, value in given.items() if value is not None}
    project = CHANGES.get(policy, switches.change)(changed) if changed else call.project
    return values(policy, project) if policy in ANSWERED_BY_ITSELF else json_project.project(project)


for policy, fields in POLICIES.items():
    params = {
        name: Parameter(field.rule, *([field.left_out] if field.optional else []))
        for name, field in fields.items()
        if field.rule
    }
    if params:
        # API Gateway knows these paths by their PATCH, so a GET of them never falls through to {policyId}.
        path = f"/project/policies/{policy}"
        routes.endpoint("GET", path, answer="policy", key=True)(partial(get_policy, policy_id=policy))
        answer = "policy" if policy in ANSWERED_BY_ITSELF else "project"
        routes.endpoint("PATCH", path, answer=answer, key=True, params=params, formerly=FORMERLY.get(policy, {}))(
            _change
        )


@routes.endpoint(
    "PATCH",
    "/project/auth-methods/{methodId}",
    answer="project",
    key=True,
    params={"methodId": Parameter(exact_choice(*json_project.SIGN_IN_METHODS)), "enabled": Parameter(boolean)},
    formerly={"enabled": "status"},
)
def update_auth_method(call: Call, method_id: str, enabled: bool) -> dict[str, Any]:
    return json_project.project(switches.change({f"methods.{method_id}": enabled}))
