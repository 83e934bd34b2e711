"""What a way to sign in is to the rest of the system. A new one is a file in sign_in/ and a line in its registry.

How it is done stands there, above accounts; whether MFA can be passed depends on what it declares, and is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from chalicelib.factors.registry import FACTORS
from chalicelib.models import Project, User


class Way:
    """A way to sign in, which proves the first factor. Subclasses override what they need."""

    provider: ClassVar[str]
    """What the API calls it, in the session."""
    factor: ClassVar[str]
    """What it proves: the name that a session begins with."""
    second: ClassVar[str] = ""
    """A second factor that it proves at once, so that MFA asks for no other; empty for none."""
    channel: ClassVar[str] = ""
    """Through what its secret was sent: `email`, `phone`, or nothing."""
    method: ClassVar[str] = ""
    """The project's sign-in method that switches it; none for what only the team's server can do."""
    alerts: ClassVar[bool] = False
    """Whether the owner hears of a new device even where the project tells of none."""
    rests_on: ClassVar[tuple[str, ...]] = ()
    """The fields of the user's record that decide whether it is open."""

    def is_open(self, user: User) -> bool:
        """Whether the user can sign in by it without the team's help."""
        return False

    def allowed_in(self, project: Project) -> bool:
        """Whether the project has it switched on; a method is on until it is switched off."""
        return not self.method or project.allows_method(self.method)

    def provider_uid(self, user: User) -> str:
        """What the session says of whom the provider knows, if anything."""
        return ""


_served: list[Way] = []


def serve(ways: Sequence[Way]) -> None:
    """These are all the ways in. sign_in/registry.py says so once, when it is loaded.

    ValueError for a way through a channel that begins a session with another name than the second factor of the same
    channel: it would be a second factor beside itself.
    """
    for way in ways:
        same = {factor.name for factor in FACTORS if factor.channel == way.channel} if way.channel else {way.factor}
        if way.factor not in same:
            raise ValueError(f"{type(way).__name__}.factor must be {' or '.join(same)}, as it comes by {way.channel}")
    _served[:] = ways


def every() -> Sequence[Way]:
    """All the ways in. LookupError before they are known: without them, anything could lock a user out."""
    if not _served:
        raise LookupError("chalicelib.sign_in.registry is not loaded")
    return _served
