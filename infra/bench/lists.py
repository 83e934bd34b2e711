"""`python -m infra.bench.lists`: what lists of users cost, by how many users there are. Prints a table of read units.

It needs DynamoDB Local, in DYNAMODB_ENGINE, and says what that reports.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, NamedTuple

from chalicelib.accounts import lists
from chalicelib.errors import ApiError
from chalicelib.models import User
from chalicelib.runtime import container
from chalicelib.storage import addresses, phones, users
from chalicelib.storage.writes import Put
from chalicelib.web.queries import filtering
from infra.local.aws import LocalAws

SIZES = (10, 10_000, 100_000)
BATCH = 25
"""Items that BatchWriteItem takes."""
AT_ONCE = 8


class Metered:
    """DynamoDB's client, which sums up what its answers say that they cost."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.units, self.calls = 0.0, 0

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = getattr(self._client, operation)(**parameters, ReturnConsumedCapacity="TOTAL")
            told = answer["ConsumedCapacity"]
            self.units += sum(each["CapacityUnits"] for each in (told if isinstance(told, list) else [told]))
            self.calls += 1
            return answer

        return call


class Question(NamedTuple):
    queries: tuple[dict[str, Any], ...] = ()
    search: str = ""
    total: bool = True


def user(number: int) -> User:
    """One of 500 with that given name, of a few with that family name, of a hundredth that is blocked."""
    now = 1_700_000_000_000 + number * 1000
    return User(
        id=f"{number:020x}",
        created=now,
        updated=now,
        accessed=now,
        generation=1,
        name=f"Given{number % 500} Family{number % 20_000}",
        email=f"user{number}@example.test",
        phone=f"+49151{number:08d}" if number % 2 == 0 else "",
        phone_by_team=number % 2 == 0,
        blocked=number % 100 == 50,
        labels=[f"label{number % 1000}"],
    )


def questions(one: User) -> dict[str, Question]:
    """Those of a back office, about a user in the middle."""
    given, family = one.name.split()
    page = Question(total=False)
    blocked = {"method": "equal", "attribute": "status", "values": [False]}
    return {
        "id": Question((_equal("$id", one.id),)),
        "e-mail address": Question((_equal("email", one.email),)),
        "phone number": Question((_equal("phone", one.phone),)),
        "first page": page,
        "page after a cursor in the middle": Question(({"method": "cursorAfter", "values": [one.id]},), total=False),
        "first page, with the total": Question(),
        "search of one word": Question(search=family),
        "search of two words": Question(search=f"{given} {family} "),
        "search of a prefix": Question(search=family[:-1]),
        "search of a word of each address": Question(search="example"),
        "label": Question((_equal("labels", one.labels[0]),)),
        "status": Question((blocked,)),
        "status, a page of 10 without the total": Question((blocked, {"method": "limit", "values": [10]}), total=False),
        "order of names": Question(({"method": "orderAsc", "attribute": "name"},)),
    }


def _equal(attribute: str, value: str) -> dict[str, Any]:
    return {"method": "equal", "attribute": attribute, "values": [value]}


def fill(client: Any, numbers: range) -> None:
    """Put users into the tables, as sign-ups would."""
    items = (item for number in numbers for item in _items(user(number)))
    batches = iter(lambda: list(islice(items, BATCH)), [])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while part := list(islice(batches, 40 * AT_ONCE)):
            list(pool.map(lambda batch: _write(client, batch), part))


def _items(user: User) -> Iterator[dict[str, Any]]:
    taken = Exception()
    writes = [*users.new(user, taken), addresses.claim_email(user.email, user, taken)]
    writes += [phones.claim(user.phone, user.id, taken)] if user.phone else []
    return (write.request() for write in writes if isinstance(write, Put))


def _write(client: Any, batch: list[dict[str, Any]]) -> None:
    requests: dict[str, Any] = {}
    for each in batch:
        requests.setdefault(each["TableName"], []).append({"PutRequest": {"Item": each["Item"]}})
    while requests:
        requests = client.batch_write_item(RequestItems=requests)["UnprocessedItems"]


def cost(client: Any, question: Question) -> str:
    """In read units and calls; of a refusal, too."""
    asked = filtering(lists.KINDS)([json.dumps(each) for each in question.queries])
    metered, refused = Metered(client), ""
    with container.override("dynamodb", metered):
        try:
            lists.page(asked, question.search, question.total)
        except ApiError as error:
            refused = f"{error.status}, "
    return f"{refused}{metered.units:g} ({metered.calls})"


def main() -> int:
    with LocalAws(engine=os.environ["DYNAMODB_ENGINE"]) as aws:
        os.environ.update(aws.environment())
        client = aws.client("dynamodb")
        table: dict[str, list[str]] = {}
        filled = 0
        for size in SIZES:
            fill(client, range(filled, size))
            filled = size
            for name, question in questions(user(size // 2 // 2 * 2)).items():
                table.setdefault(name, []).append(cost(client, question))
    print(f"| Read units (calls) of | {' users | '.join(f'{size:,}' for size in SIZES)} users |")
    print(f"|---|{'---|' * len(SIZES)}")
    for name, cells in table.items():
        print(f"| {name} | {' | '.join(cells)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
