"""`make import FROM=firebase FILE=... ENDPOINT=... PROJECT=...`: users of Firebase, Cognito or Auth0 become users here.

The API key, with the scopes users.read and users.write, stands in IMPORT_KEY. The same command again goes on where it
was interrupted, by the journal beside the file.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from infra.importer import sources
from infra.importer.client import Client, Stopped
from infra.importer.journal import BEGUN, DONE, PARTLY, REFUSED, Journal
from infra.importer.person import Person, Step, Unusable

AT_ONCE = 8
"""Users that are imported at the same time."""
BATCH = 32
"""Users after which an interruption is heard."""

Numbered = tuple[int, "Person | Unusable"]


def main(arguments: Sequence[str]) -> int:
    """0 when every row has been dealt with, refused ones too; 1 when it stopped before."""
    given = _parser().parse_args(arguments)
    try:
        with closing(_client(given)) as client:
            rows = list(_each_once(enumerate(_people(given), 1)))
            path = given.file.with_name(f"{given.file.name}.journal")
            with closing(Journal(path, f"{given.project} at {given.endpoint.rstrip('/')}")) as journal:
                _import(client, journal, rows)
    except KeyboardInterrupt:
        return _stopped("interrupted. The same command goes on from here")
    except OSError as error:
        return _stopped(f"{error.filename}: {error.strerror}")
    except (Stopped, Unusable) as reason:
        return _stopped(str(reason))
    _report(given.file, journal)
    return 0


def _stopped(why: str) -> int:
    print(f"Stopped: {why.rstrip('.')}.", file=sys.stderr)
    return 1


def _client(given: argparse.Namespace) -> Client:
    """Stopped where there is no key that reads users."""
    key = os.environ.get("IMPORT_KEY", "")
    if not key:
        raise Stopped("the API key is missing: set IMPORT_KEY")
    client = Client(given.endpoint, given.project, key, AT_ONCE)
    try:
        path = "/users?total=0&queries[0]=%7B%22method%22:%22limit%22,%22values%22:[1]%7D"
        if error := client.send(Step("key", "GET", path, {})).error:
            raise Stopped(f"{given.endpoint} lists no users: {error}")
    except Stopped:
        client.close()
        raise
    return client


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("make import", description=__doc__)
    parser.add_argument("source", choices=sources.SOURCES)
    parser.add_argument("file", type=Path)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--project", required=True)
    parser.add_argument("--hashes", type=Path, help="Firebase's password hash parameters")
    parser.add_argument("--factors", type=Path, help="second factors, a user a line (NDJSON)")
    return parser


def _people(given: argparse.Namespace) -> Iterable[Person | Unusable]:
    """The rows of the export, with what the file of factors has for each."""
    more = sources.factors(given.factors) if given.factors else {}
    people = list(sources.SOURCES[given.source](given.file, given.hashes))
    if strangers := more.keys() - {each.id for each in people if isinstance(each, Person)}:
        raise Unusable(f"{given.factors.name}: {len(strangers)} of its ids are those of no user of {given.file.name}")
    for each in people:
        if isinstance(each, Person) and (found := more.get(each.id)):
            totp, codes = found.get("totp"), found.get("recoveryCodes")
            yield replace(each, totp=totp or each.totp, recovery_codes=codes, mfa=each.mfa or bool(totp))
        else:
            yield each


def _each_once(rows: Iterable[Numbered]) -> Iterator[Numbered]:
    """The rows. An id, an address or a number that several have is the first one's: rows are imported in no order."""
    first: dict[tuple[str, str], int] = {}
    for row, each in rows:
        if isinstance(each, Unusable):
            yield row, each
            continue
        own = {"id": each.new_id, "e-mail address": each.email.strip().lower(), "number": each.phone}
        taken = {what: first.setdefault((what, value), row) for what, value in own.items() if value}
        what, other = next(((what, other) for what, other in taken.items() if other != row), ("", row))
        if what == "number":
            yield row, each.without_phone(f"the number, which is that of row {other}")
        elif what:
            yield row, Unusable(f"the {what} of row {other}: merge them in the export, or leave one out")
        else:
            yield row, each


def _import(client: Client, journal: Journal, rows: Sequence[Numbered]) -> None:
    """All rows that are not over yet, a few at a time, so that an interruption leaves few of them half done.

    Stopped for a journal of other rows, or of another place: those that are over there would be passed over here.
    """
    if journal.is_busy:
        raise Stopped(f"another import is writing {journal.path.name}: wait for its end")
    if journal.is_elsewhere:
        raise Stopped(f"{journal.path.name} is of an import into {journal.noted}: remove it to begin with this one")
    if any(journal.is_of_another(row, each.new_id if isinstance(each, Person) else "") for row, each in rows):
        raise Stopped(f"{journal.path.name} is of another export: remove it to begin with this one")
    left = [(row, each) for row, each in rows if not journal.is_over(row)]
    with (
        ThreadPoolExecutor(AT_ONCE) as threads,
        tqdm(total=len(rows), initial=len(rows) - len(left), unit=" users") as bar,
    ):
        for start in range(0, len(left), BATCH):
            for _ in threads.map(lambda numbered: _bring(client, journal, *numbered), left[start : start + BATCH]):
                bar.update()


def _bring(client: Client, journal: Journal, row: int, person: Person | Unusable) -> None:
    if isinstance(person, Unusable):
        journal.note(row, REFUSED, ("", ""), [str(person)])
        return
    ids = (person.written_id, person.new_id)
    again = journal.states.get(row, {}).get("state") == BEGUN
    journal.note(row, BEGUN, ids, [])
    created = client.send(person.creation)
    there = created.status == 409 and _is_there(client, person)
    if created.error and not (there and (again or created.repeated)):
        known = "a user of this id and address is there already, of an import without this journal or otherwise"
        journal.note(row, REFUSED, ids, [known if there else created.error])
        return
    why = [f"left out: {each}" for each in person.left_out]
    if not (person.email or person.phone):
        why.append("no e-mail address and no verified number: only a token of your server signs this user in")
    for step in person.completion:
        answer = client.send(step)
        if answer.error and not ((again or answer.repeated) and answer.status == 409):  # it had been done before
            why.append(f"{step.what}: {answer.error}")
    journal.note(row, PARTLY if why else DONE, ids, why)


def _is_there(client: Client, person: Person) -> bool:
    """Whether there is a user of that id, with that address."""
    found = client.send(Step("user", "GET", f"/users/{person.new_id}", {}))
    return found.body.get("email") == person.email.strip().lower()


def _report(file: Path, journal: Journal) -> None:
    """What was refused or left out, in a file beside the export, and how many there are of each."""
    report = file.with_name(f"{file.name}.report.csv")
    with report.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["row", "id", "newId", "state", "why"])
        for entry in sorted(journal.states.values(), key=lambda entry: entry["row"]):
            if entry["state"] != DONE:
                rows.writerow([entry["row"], entry["id"], entry["newId"], entry["state"], "; ".join(entry["why"])])
    counts = [f"{journal.count(state)} {state}" for state in (DONE, PARTLY, REFUSED)]
    print(f"{', '.join(counts)}. What was left out or refused, and why: {report.name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
