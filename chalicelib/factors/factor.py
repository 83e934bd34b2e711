"""What a second factor is to the rest of the system. A new one is a file beside this one and a line in registry.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, ClassVar

from chalicelib.audit.acts import Kind
from chalicelib.models import Challenge, Project, User
from chalicelib.storage.items import Item
from chalicelib.storage.keys import Key
from chalicelib.storage.writes import Update, Write


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What beginning a challenge gives: `shown` is for the client, `sealed_answer` for the server only.

    `send` is called once the challenge is stored.
    """

    shown: Mapping[str, Any] = field(default_factory=dict)
    sealed_answer: bytes = b""
    send: Callable[[], None] | None = None


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A right answer, with the writes that make it single-use.

    `spend` adds to the update of the user's record, `writes` are other items of the same transaction.
    """

    spend: Callable[[Update], Update]
    writes: tuple[Write, ...] = ()


class Refusal(Enum):
    """Why an answer is not accepted: only one that is WRONG, or FALSE, counts as an attempt."""

    WRONG = auto()
    FALSE = auto()
    """wrong as nobody errs: the challenge takes no other"""
    SPENT = auto()


class Switch(Enum):
    """Whether the project's policy `mfa-factors` has a switch for the factor, and where it stands until it is set."""

    NONE = auto()
    """no switch: the factor is on"""
    ON = auto()
    OFF = auto()


class Factor:
    """A way to prove who one is besides the first factor. Subclasses override what they need."""

    name: ClassVar[str]
    """What the API calls it, in its lists, its policy and its schemas."""
    switch: ClassVar[Switch] = Switch.OFF
    proof: ClassVar[str] = ""
    """The path of the flag in the user's record that says that the user has this factor, e.g. `email_verified`; empty
    where having it does not make the gate demand a second one (recovery codes, custom)."""
    lasts: ClassVar[bool] = True
    """Whether a user who has it has it for good, so that MFA may rest on it alone."""
    channel: ClassVar[str] = ""
    """Through what its codes are sent: `email`, `phone`, or nothing."""
    by_team: ClassVar[bool] = False
    """Whether the team's server reads its codes, with an API key, and delivers them."""
    rests_on: ClassVar[tuple[str, ...]] = ()
    """The fields of the user's record that decide whether a user has it, where it lasts."""
    shows: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """What `begin` shows to the client: the JSON schema of each field, by its name."""
    refusals: ClassVar[tuple[str, ...]] = ()
    """The types of the errors that `begin`, and what it sends, may raise."""
    passing: ClassVar[Kind] = Kind.CHALLENGE_PASSED
    """What a right answer is to the user's log."""
    spent: ClassVar[str] = "code already used"
    """What an answer that was right and is spent is to the log of requests."""

    def enrolled(self, user: User) -> bool:
        """Whether the user can answer with this factor now."""
        raise NotImplementedError

    @property
    def sends(self) -> bool:
        """Whether a challenge costs a message, whoever sends it."""
        return bool(self.channel) or self.by_team

    def switched_on(self, project: Project) -> bool:
        """Where the project's switch stands."""
        return project.factors.get(self.name, self.switch is not Switch.OFF)

    def allowed_in(self, project: Project) -> bool:
        """Whether the project lets its users answer with it."""
        return self.switched_on(project)

    def begin(self, user: User, challenge_id: str, locale: str) -> Begun:
        """Prepare a challenge. Raises ApiError when the user lacks what it takes to be asked."""
        return Begun()

    def evidence(self, user_id: str, otp: str) -> Key | None:
        """An item that judging `otp` may need; it is read together with the challenge."""
        return None

    def code_of(self, challenge: Challenge) -> str:
        """The code of an open challenge; of a factor `by_team` only."""
        raise NotImplementedError

    def passed(self, user: User) -> None:
        """A right answer has been granted. Nothing that fails here may be raised."""

    def check(self, otp: str, user: User, challenge: Challenge, evidence: Item | None) -> Proof | Refusal:
        """Judge the answer to a challenge. Changes nothing: what the answer spends is in the proof."""
        raise NotImplementedError
