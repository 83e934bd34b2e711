"""Methods of the SDKs that are not served: 501 that names the method, where an SDK would see a 404."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

from chalicelib.errors import fail
from chalicelib.web.endpoint import Call, Routes
from chalicelib.web.parameters import Parameter, identifier

routes = Routes(__name__)
CONSENTS, TOKENS = "/account/consents", "/account/consents/{consentId}/tokens"


class Method(NamedTuple):
    """A method of an SDK, by verb and path."""

    name: str
    verb: str
    path: str


FOR_GUESTS = (
    Method("account.createOAuth2Session", "GET", "/account/sessions/oauth2/{provider}"),
    Method("account.createOAuth2Token", "GET", "/account/tokens/oauth2/{provider}"),
    Method("account.createIdTokenSession", "POST", "/account/sessions/id-token"),
)
FOR_USERS = (
    Method("account.listConsents", "GET", CONSENTS),
    Method("account.getConsent", "GET", f"{CONSENTS}/{{consentId}}"),
    Method("account.deleteConsent", "DELETE", f"{CONSENTS}/{{consentId}}"),
    Method("account.listConsentTokens", "GET", TOKENS),
    Method("account.getConsentToken", "GET", f"{TOKENS}/{{tokenId}}"),
    Method("account.deleteConsentToken", "DELETE", f"{TOKENS}/{{tokenId}}"),
    Method("account.createPushTarget", "POST", "/account/targets/push"),
    Method("account.updatePushTarget", "PUT", "/account/targets/{targetId}/push"),
    Method("account.deletePushTarget", "DELETE", "/account/targets/{targetId}/push"),
)
FOR_KEYS = (
    Method("users.updateImpersonator", "PATCH", "/users/{userId}/impersonator"),
    Method("health.getCache", "GET", "/health/cache"),
    Method("health.getPubSub", "GET", "/health/pubsub"),
)


def _refuse(method: Method, **who: Any) -> None:
    """Answer 501 to whoever may call the method."""
    named = (part[1:-1] for part in method.path.split("/") if part.startswith("{"))
    params = {name: Parameter(identifier) for name in named}

    @routes.endpoint(method.verb, method.path, errors=("general_not_implemented",), params=params, **who)
    def answer(call: Call, **_: str) -> NoReturn:
        text = f"{method.name} is not served here."
        raise fail("general_not_implemented", text, reason="a method that nothing here serves")


for each in FOR_GUESTS:
    _refuse(each)
for each in FOR_USERS:
    _refuse(each, signed_in=True)
for each in FOR_KEYS:
    _refuse(each, key=True)
