"""`python -m infra.deploy.keys STAGE`: the keys of a deployment. What `make keys`, `data-key` and `rotate` run.

Without more it lists the API keys; `--create NAME` makes one and prints its value, this once; `--revoke ID` ends one.
`--first` makes the first data key, unless there is one; `--rotate` makes a new one, under which TOTP secrets, codes and
JSON Web Tokens are once every process knows it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ApiError
from chalicelib.models import ApiKey
from chalicelib.runtime import container
from chalicelib.security import api_keys
from chalicelib.storage import api_keys as kept
from chalicelib.storage import data_key
from chalicelib.storage.items import record, unmarshal_item
from chalicelib.storage.writes import table_name
from infra.deploy.aws import client
from infra.deploy.stage import Refused, Stage, check, read


@contextmanager
def operator(stage: Stage) -> Iterator[None]:
    """In the `with` block the app's own code works on the stage's deployment, with the rights of whoever runs this."""
    os.environ.update(stage.environment)
    with container.override("dynamodb", client("dynamodb")):  # from a profile or a role
        yield


def make_first(stage: Stage) -> None:
    """The stage's first data key, unless it has one: the functions, which may not make it, answer 503 until then."""
    with operator(stage):
        made = data_key.make_first()
    print("The first data key is made." if made else "There is a data key.", flush=True)


def listed() -> list[ApiKey]:
    """All keys of the deployment, oldest first. Reads the whole table of settings, which is small."""
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=table_name("settings"))
    items = [unmarshal_item(raw) for page in pages for raw in page["Items"]]
    found = [record(ApiKey, {**item, "id": item["id"][4:]}) for item in items if item["id"].startswith("key#")]
    return sorted(found, key=lambda key: key.created)


def main(arguments: list[str]) -> int:
    options = _parsed(arguments)
    try:
        stage = read(options.stage)
        check(stage)
        if options.first:
            make_first(stage)
        else:
            with operator(stage):
                _do(options)
    except KeyError:
        print(f"There is no key {options.revoke}.", file=sys.stderr)
        return 1
    except client("dynamodb").exceptions.ResourceNotFoundException:
        print(f"Stage {options.stage} is not deployed: it has no tables here.", file=sys.stderr)
        return 1
    except (Refused, ApiError, RuntimeError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _do(options: Any) -> None:
    if options.create:
        _create(options)
    elif options.rotate:
        minutes = data_key.SPREAD // 60_000
        print(f"Data key {data_key.add()} seals in {minutes} minutes; what the older ones sealed stays readable.")
    elif options.revoke:
        kept.revoke(options.revoke)
        print(f"Key {options.revoke} is revoked; running functions take it for five seconds more.")
    else:
        print("\n".join(map(_line, listed())) or "There is no key.")


def _create(options: Any) -> None:
    scopes = tuple(scope.strip() for scope in options.scopes.split(",") if scope.strip())
    if options.days < 0:
        raise Refused("DAYS must be 1 or more; without it a key is good until it is revoked.")
    unknown = set(scopes) - set(api_keys.SCOPES)
    if unknown or not scopes:
        raise Refused(f"Scopes are {', '.join(api_keys.SCOPES)}, with commas between them.")
    key, value = api_keys.make(options.create, scopes, options.days)
    kept.keep(key)
    print(f"{_line(key)}\n{value}\nIt is not shown again.")


def _line(key: ApiKey) -> str:
    until = f"{datetime.fromtimestamp(key.expire // 1000, timezone.utc):%Y-%m-%d}" if key.expire else "revoked"
    return f"{key.id}  until {until}  {','.join(key.scopes)}  {key.name}"


def _parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.keys")
    parser.add_argument("stage")
    parser.add_argument("--create", metavar="NAME", default="")
    parser.add_argument("--scopes", default=",".join(api_keys.SCOPES))
    parser.add_argument("--days", type=int, default=0, help="0: until it is revoked")
    parser.add_argument("--revoke", metavar="ID", default="")
    parser.add_argument("--first", action="store_true", help="make the first data key, unless there is one")
    parser.add_argument("--rotate", action="store_true", help="make a new data key")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
