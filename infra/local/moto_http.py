"""moto over HTTP: for SDKs, and for no page in a browser, which could read the tables or write to them."""

import base64
import json
import re
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server import werkzeug_app
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from infra.local.http_server import Answer, Call, Respond, json_answer
from infra.local.wsgi import serve_wsgi

_OF_PAGES = ("cross-site", "same-site")
"""Values of Sec-Fetch-Site for a request of another page; a browser sends it for an image too, which has no Origin."""

ITEM_ACTIONS = frozenset(
    ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem")
)
"""What an app asks of DynamoDB while it serves requests."""

_DYNAMODB = "DynamoDB_20120810"
_SCOPE = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/]+/[0-9]+/(?P<region>[a-z0-9-]+)/dynamodb/")


def moto() -> Respond:
    werkzeug_app.DISABLE_GLOBAL_CORS = True  # type: ignore[attr-defined]  # else any page may read any answer
    others = serve_wsgi(DomainDispatcherApplication(create_backend_app))

    def respond(call: Call) -> Answer:
        version, _, action = call.headers.get("X-Amz-Target", "").partition(".")
        signed = _SCOPE.match(call.headers.get("Authorization", ""))
        if signed and version == _DYNAMODB and action in ITEM_ACTIONS:
            return _ItemHandler(signed["region"], action, call).answer()
        return others(call)

    return respond


class _ItemHandler(DynamoHandler):
    """moto's DynamoDB without the way there, which finds out service, region and action from any request of AWS and
    takes twice as long as most actions do.
    """

    def __init__(self, region: str, action: str, call: Call) -> None:
        super().__init__()
        self.region, self.current_account = region, DEFAULT_ACCOUNT_ID
        self.headers, self.response_headers = call.headers, {"Content-Type": "application/x-amz-json-1.0"}
        self.params = json.loads(call.body, object_hook=_attribute_value)
        self._action = action

    def _get_action(self) -> str:
        return self._action

    def serialized(self, action_result: Any) -> Any:
        """Items are JSON as they come; moto walks each answer against its model first, which is half of its time."""
        if not isinstance(action_result.result, dict):  # an error
            return super().serialized(action_result)
        return 200, self.response_headers, json.dumps(action_result.result, default=_json_of)

    def answer(self) -> Answer:
        status, headers, body = self.call_action()
        return Answer(int(status), list(headers.items()), body.encode())


def _attribute_value(value: dict[str, Any]) -> dict[str, Any]:
    """Binary comes in base64. Only an attribute's value has a text by the name of B, or a list by that of BS."""
    match value:
        case {"B": str(binary)}:
            return {"B": base64.b64decode(binary)}
        case {"BS": list(binaries)}:
            return {"BS": [base64.b64decode(each) for each in binaries]}
    return value


def _json_of(value: bytes | DynamoType) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.to_json()


def without_pages(respond: Respond) -> Respond:
    """Refuses what comes from a page: no SDK sends these headers."""

    def respond_to_sdks(call: Call) -> Answer:
        if "Origin" in call.headers or call.headers.get("Sec-Fetch-Site") in _OF_PAGES:
            return json_answer(403, {"message": "Pages may not call AWS."})
        return respond(call)

    return respond_to_sdks
