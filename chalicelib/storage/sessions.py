"""Sessions: kept with their user's roster, ended by removal or by the user's generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.errors import fail
from chalicelib.models import Session, User
from chalicelib.runtime import clock
from chalicelib.storage import dynamo, keys, users
from chalicelib.storage.dynamo import Range
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.writes import Delete, Put, Update, Write

MOST_READ = 5000
"""If all of them are alive their JSON fits an answer of Lambda, which has at most 6 MB."""

_ENDED = "the session has ended meanwhile"


def session_of(item: Item | None) -> Session | None:
    """The session that an item of the table holds."""
    return record(Session, item) if item else None


def of_user(user: User) -> list[Session]:
    """The user's sessions of the present generation, oldest first; expired ones may be among them.

    What ended with older generations stays until TTL. Of all that the newest MOST_READ are looked at, and whatever is
    on the roster.
    """
    found = [record(Session, item) for item in dynamo.query(Range("sessions", user.id), MOST_READ)]
    if len(found) == MOST_READ and user.sessions:
        found += filter(None, several(user, list(user.sessions)))
    present = {session.id: session for session in found if session.generation == user.generation}
    return [present[name] for name in sorted(present)]


def find(user: User, session_id: str) -> Session | None:
    (item,) = dynamo.read(keys.session(user.id, session_id))
    session = session_of(item)
    return session if session and session.generation == user.generation else None


def several(user: User, session_ids: list[str]) -> list[Session | None]:
    """The user's sessions of these ids, None for one that is gone; at most a hundred."""
    return [session_of(item) for item in dynamo.read(*(keys.session(user.id, each) for each in session_ids))]


def open_session(
    session: Session, user: User, update: Update, evicted: list[Delete], room: int, along: Sequence[Write]
) -> None:
    """Keep a new session, put it on the roster and end the `evicted` ones, with an `update` of the user and what else
    comes `along`.

    The update's refusal is raised when the sessions' generation or the roster moved since the user was read, or when
    the roster has `room` or more without an eviction.
    """
    update.when("generation", "=", user.generation).set("accessed", session.created)
    update.set(f"sessions.{session.id}", len(session.factors))
    _take_off_roster(update, user, [each.key.values[1] for each in evicted])
    if not evicted:
        update.when_smaller("sessions", room)
    dynamo.commit(new(session), update, *evicted, *along)


def keep(session: Session, event: Put) -> None:
    """Keep a new session that is on no roster."""
    dynamo.commit(new(session), event)


def new(session: Session) -> Put:
    return Put(keys.session(session.user_id, session.id), attributes(session)).when_absent("id")


def deletions(user: User, session_ids: list[str]) -> list[Delete]:
    return [Delete(keys.session(user.id, session_id)) for session_id in session_ids]


def deletions_unless_challenged(user: User, session_ids: list[str], now: int, stale: Exception) -> list[Delete]:
    """`stale` is raised when one of them is in the midst of a challenge after all."""
    deletions = (Delete(keys.session(user.id, session_id), stale) for session_id in session_ids)
    return [deletion.when_absent_or("challenged", "<=", now) for deletion in deletions]


def going_on(session: Session, ended: Exception | None = None) -> Update:
    """Only if the session has not ended: 401 `general_unauthorized_scope`, or what else that means."""
    refusal = ended or fail("general_unauthorized_scope", reason=_ENDED)
    update = Update(keys.session(session.user_id, session.id), refusal)
    return update.when("generation", "=", session.generation)


def challenged(session: Session, until: int) -> Update:
    """The session is in the midst of a challenge until then. 401 `general_unauthorized_scope` when it has ended."""
    return going_on(session).set("challenged", until)


def keep_alive(session: Session, generation: int) -> Update:
    """A live session goes on, in the user's present generation and with the factors that it has passed by now."""
    update = Update(keys.session(session.user_id, session.id), fail("general_unauthorized_scope", reason=_ENDED))
    update.when("generation", "=", session.generation).set("generation", generation)
    update.set("factors", session.factors).set("mfa_updated", session.mfa_updated)
    return update.set("updated", clock.now())


def end_others(update: Update, user: User, session: Session | None, wanted: bool) -> list[Update]:
    """Let only `session` live on, or none, if that is `wanted`: one more generation, which that session must carry.

    Returns what goes with the update of the user in one transaction.
    """
    if not wanted:
        return []
    generation = user.generation + 1
    roster = {session.id: len(session.factors)} if session and session.id in user.sessions else {}
    update.when("generation", "=", user.generation).set("generation", generation).set("sessions", roster)
    return [keep_alive(session, generation)] if session else []


def keep_with_factors(update: Update, user: User, session: Session) -> list[Update]:
    """The session goes on with its factors, on the roster too. Returns what goes with the update of the user."""
    update_roster(update, user, session, session.factors)
    return [keep_alive(session, session.generation)]


def record_challenge(session: Session, factors: list[str], now: int, stale: Exception) -> Update:
    """The session has passed a challenge now. `stale` is raised when it ended or passed another since it was read."""
    update = Update(keys.session(session.user_id, session.id), stale).when("generation", "=", session.generation)
    update.when("factors", "=", session.factors)
    return update.set("factors", factors).set("mfa_updated", now).set("updated", now)


def after_challenge(session: Session, factors: list[str], now: int) -> Session:
    """The session as `record_challenge` leaves it."""
    return replace(session, factors=factors, mfa_updated=now, updated=now)


def with_factors(session: Session, names: list[str]) -> list[str]:
    """The session's factors and these, each once, in order of arrival."""
    return list(dict.fromkeys([*session.factors, *names]))


def update_roster(update: Update, user: User, session: Session, factors: list[str]) -> None:
    """Write the number of factors passed to the roster, if the session is on it."""
    if session.id in user.sessions:
        update.when_present(f"sessions.{session.id}").set(f"sessions.{session.id}", len(factors))


def extend(session: Session, event: Put) -> None:
    """Keep the expiry that the session has from now on. 404 `user_session_not_found` when it has ended since."""
    update = Update(keys.session(session.user_id, session.id), fail("user_session_not_found", reason=_ENDED))
    update.when("generation", "=", session.generation)
    update.set("expire", session.expire).set("ttl", session.ttl).set("updated", session.updated)
    dynamo.commit(update, event)


def end(user: User, session_id: str, event: Put) -> None:
    """End one session. 404 `user_session_not_found` when the user has none of that id."""
    gone = fail("user_session_not_found", reason="no such session: ended or never there")
    if not session_id.isalnum():  # none of ours, and a dot would split the path below
        raise gone
    dynamo.commit(
        Delete(keys.session(user.id, session_id), gone).when("generation", "=", user.generation),
        Update(keys.user(user.id)).when_present("pk").remove(f"sessions.{session_id}"),
        event,
    )


def end_several(user: User, session_ids: list[str], stale: Exception) -> None:
    """End sessions that are on the roster. `stale` is raised when that has moved since the user was read."""
    update = users.update(user, stale).when("generation", "=", user.generation)
    _take_off_roster(update, user, session_ids)
    dynamo.commit(update, *deletions(user, session_ids))


def _take_off_roster(update: Update, user: User, session_ids: list[str]) -> None:
    """Only if none of them has become complete meanwhile, or ended."""
    for session_id in session_ids:
        place = f"sessions.{session_id}"
        update.when(place, "=", user.sessions[session_id]).remove(place)


def end_all(user: User, event: Put) -> None:
    dynamo.commit(users.dated_update(user).add("generation", 1).set("sessions", {}), event)
