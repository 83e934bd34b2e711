"""What ours is compared with: a function that only makes a DynamoDB client and one GetItem, and one without that."""

from __future__ import annotations

import os
from typing import Any

import botocore.session

client: Any = botocore.session.get_session().create_client("dynamodb")


def handle(event: Any, context: Any) -> dict[str, Any]:
    client.get_item(TableName=os.environ["TABLE"], Key={"pk": {"S": os.environ["ITEM"]}}, ConsistentRead=True)
    return {"statusCode": 200, "body": "{}"}


def nothing(event: Any, context: Any) -> dict[str, Any]:
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
