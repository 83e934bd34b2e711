"""/project: the switches of the project, for back offices."""

from __future__ import annotations

from functools import partial
from typing import Any

from chalicelib.api.answers import lists as json_lists
from chalicelib.api.answers import project as json_project
from chalicelib.factors.registry import SWITCHED
from chalicelib.storage import switches
from chalicelib.web import formats
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, boolean, exact_choice, loose_boolean
from chalicelib.web.queries import Paging, paging

routes = Routes(__name__)
POLICIES = (
    "password-dictionary",
    "password-history",
    "password-strength",
    "password-personal-data",
    "session-alert",
    "session-duration",
    "session-invalidation",
    "session-limit",
    "user-limit",
    "membership-privacy",
    "mfa-factors",
)
SINCE: dict[str, formats.Version] = {"mfa-factors": (1, 9, 6)}
"""SDKs with types that are older (PyPI `appwrite` 20 to 22) raise for a list with a policy that they do not know."""


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
    found = [each for name, each in json_project.policies(call.project).items() if version >= SINCE.get(name, ())]
    return json_lists.page("policies", found[queries.offset :][: queries.limit], len(found) if total else 0)


@routes.endpoint(
    "GET",
    "/project/policies/{policyId}",
    answer="policy",
    key=True,
    params={"policyId": Parameter(exact_choice(*POLICIES))},
)
def get_policy(call: Call, policy_id: str) -> dict[str, Any]:
    return json_project.policies(call.project)[policy_id]


for switch in ("mfa-factors", "session-alert", "session-invalidation"):
    # API Gateway knows these paths by their PATCH, so a GET of them never falls through to {policyId}.
    routes.endpoint("GET", f"/project/policies/{switch}", answer="policy", key=True)(
        partial(get_policy, policy_id=switch)
    )


@routes.endpoint(
    "PATCH",
    "/project/policies/mfa-factors",
    answer="project",
    key=True,
    params={factor.name: Parameter(boolean, None) for factor in SWITCHED},
)
def update_mfa_factors(call: Call, **given: bool | None) -> dict[str, Any]:
    changed = {f"factors.{name}": value for name, value in given.items() if value is not None}
    return json_project.project(switches.change(changed) if changed else call.project)


@routes.endpoint(
    "PATCH",
    "/project/policies/session-invalidation",
    answer="project",
    key=True,
    params={"enabled": Parameter(boolean)},
)
def update_session_invalidation(call: Call, enabled: bool) -> dict[str, Any]:
    return json_project.project(switches.change({"session_invalidation": enabled}))


@routes.endpoint(
    "PATCH",
    "/project/policies/session-alert",
    answer="project",
    key=True,
    params={"enabled": Parameter(boolean)},
    formerly={"enabled": "alerts"},
)
def update_session_alert(call: Call, enabled: bool) -> dict[str, Any]:
    """Whether owners are told of a sign-in on a device that has not signed in before."""
    return json_project.project(switches.change({"session_alert": enabled}))


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
