"""The project's switches, in the settings table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.errors import fail
from chalicelib.models import Project
from chalicelib.runtime import clock, container
from chalicelib.storage import dynamo, keys
from chalicelib.storage.items import Item, attributes, record
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Put, Update, Write

FRESH = 5_000


@dataclass
class ProjectCache:
    """The project as last read. A change elsewhere is seen within FRESH milliseconds."""

    project: Project
    read_at: int = 0

    def key(self, now: int) -> tuple[Key, ...]:
        """What to read along with the next request: the project's key when the copy is too old, else nothing."""
        return () if 0 <= now - self.read_at < FRESH else (keys.PROJECT,)

    def refresh(self, item: Item | None, now: int) -> Project:
        """Take what was read at `now`, unless something newer is here: a slow reader must not undo a change."""
        if now >= self.read_at:
            self.project, self.read_at = record(Project, item or {}), now
        return self.project


def change(switches: Mapping[str, object], *along: Write, only: Mapping[str, object] | None = None) -> Project:
    """Set switches of the project by path, e.g. `factors.custom`, and let this process see them at once.

    What comes `along` is written with it. With `only`, nothing is done unless these still are as they were read: 503.
    """
    for _ in range(2):
        update = Update(keys.PROJECT, refusal=_Unset()).when_present("id")
        for path, value in switches.items():
            update.set(path, value)
        for path, value in (only or {}).items():
            update.when_same(path, value)
        try:
            dynamo.commit(update, *along)
            break
        except _Unset:
            _begin()
    else:
        raise fail("general_service_unavailable", retry_after=1, reason="the project has changed since it was read")
    (item,) = dynamo.read(keys.PROJECT)
    return project_cache().refresh(item, clock.now())


class _Unset(Exception):
    """The project has no record yet: all switches are as they come."""


def _begin() -> None:
    try:
        dynamo.commit(Put(keys.PROJECT, attributes(Project()), refusal=_Unset()).when_absent("id"))
    except _Unset:
        pass  # another process has just begun it


def current() -> Project:
    """The project as this process knows it, which the request has just looked at."""
    return project_cache().project


def project_cache() -> ProjectCache:
    cache: ProjectCache = container.get("project", lambda: ProjectCache(Project()))
    return cache
