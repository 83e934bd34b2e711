"""`python -m infra.deploy.search_index STAGE`: lets users who are older than the table `words` be found by their words.

What `make search-index` runs, also while the app serves: entries are written only if the record is what was read. It
changes nothing where they are there. What was interrupted goes on `--after` the user that it named last.

Releases from before the table, to which a stage may have been rolled back, delete and rename users and leave their
entries. Those are removed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ApiError
from chalicelib.models import User
from chalicelib.storage import dynamo, keys, users, words
from chalicelib.storage.items import unmarshal_item
from chalicelib.storage.keys import LISTED, Key
from chalicelib.storage.writes import Check, Delete, key_attributes, table_name
from infra.deploy.aws import client
from infra.deploy.keys import operator
from infra.deploy.stage import Refused, check, read

AT_ONCE = 8
TRIES = 5
BUSY = "A user changes all the time: run this again."


class _Changed(Exception):
    """The user is no longer what was read."""


def index(after: str = "") -> int:
    """Write the entries of all users, in the order in which the table has them. How many users there were."""
    done = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for found in _pages(after):
            list(pool.map(_index_one, found))
            done += len(found)
            print(f"{done:,} users; if this is interrupted: AFTER={found[-1].id}", flush=True)
    return done


def _pages(after: str) -> Iterator[list[User]]:
    start: dict[str, Any] = {"ExclusiveStartKey": key_attributes(keys.user(after))} if after else {}
    scan = client("dynamodb").get_paginator("scan")
    for page in scan.paginate(TableName=table_name("users"), ConsistentRead=True, **start):
        items = [item for item in map(unmarshal_item, page["Items"]) if item.get("listed") == LISTED]
        if found := [user for user in map(users.user_of, items) if user]:
            yield found


def _index_one(user: User | None) -> None:
    """Unless the user is deleted meanwhile."""
    for _ in range(TRIES):
        if user is None:
            return
        try:
            dynamo.commit(words.when_as_read(Check(keys.user(user.id), _Changed()), user), *words.new(user))
            return
        except _Changed:
            user = users.find(user.id)
    raise RuntimeError(BUSY)


def clear() -> int:
    """Remove the entries of words that nobody has any more. How many there were."""
    removed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for entries in _pages_of_entries():
            ids = list({words.place(entry.values[1]).id for entry in entries})
            found = dict(zip(ids, map(users.user_of, dynamo.read(*map(keys.user, ids))), strict=True))
            kept = {entry for user in found.values() if user for entry in words.entries(user)}
            stale = [entry for entry in entries if entry not in kept]
            list(pool.map(_clear_one, stale, [found[words.place(entry.values[1]).id] for entry in stale]))
            removed += len(stale)
    return removed


def _pages_of_entries() -> Iterator[list[Key]]:
    scan = client("dynamodb").get_paginator("scan")
    for page in scan.paginate(TableName=table_name("words"), ConsistentRead=True, PaginationConfig={"PageSize": 100}):
        items = map(unmarshal_item, page["Items"])
        if entries := [Key("words", (item["head"], item["entry"])) for item in items]:
            yield entries


def _clear_one(entry: Key, user: User | None) -> None:
    """Unless the user has that word again meanwhile."""
    user_id = words.place(entry.values[1]).id
    for _ in range(TRIES):
        if user and entry in words.entries(user):
            return
        check = Check(keys.user(user_id), _Changed())
        try:
            dynamo.commit(words.when_as_read(check, user) if user else check.when_absent("pk"), Delete(entry))
            return
        except _Changed:
            user = users.find(user_id)
    raise RuntimeError(BUSY)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.search_index")
    parser.add_argument("stage")
    parser.add_argument("--after", metavar="ID", default="", help="go on after this user")
    options = parser.parse_args(arguments)
    try:
        stage = read(options.stage)
        check(stage)
        with operator(stage):
            indexed = index(options.after)
            print(f"{clear():,} entries of words that nobody has any more are removed.")
            print(f"{indexed:,} users are found by their words.")
    except client("dynamodb").exceptions.ResourceNotFoundException:
        print(f"Stage {options.stage} is not deployed, or without the table `words`.", file=sys.stderr)
        return 1
    except (Refused, ApiError, RuntimeError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
