"""What the ways to sign in declare, as far as second factors depend on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.factors import ways
from chalicelib.factors.ways import Way
from chalicelib.models import Project, User
from chalicelib.sign_in.registry import WAYS

NOBODY = User(id="nobody", created=1, updated=1, accessed=1, generation=1)


class ByLink(Way):
    provider = "link"
    factor = "link"
    channel = "email"


def test_way_through_a_channel_may_not_pass_for_another_factor_than_the_channels() -> None:
    with pytest.raises(ValueError, match=r"ByLink\.factor must be email, as it comes by email"):
        ways.serve([*WAYS, ByLink()])

    assert list(ways.every()) == list(WAYS)


def test_without_the_registry_nobody_is_told_that_there_is_no_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "_served", [])

    with pytest.raises(LookupError, match=r"chalicelib\.sign_in\.registry"):
        ways.every()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.provider)
def test_way_is_open_to_nobody_who_has_nothing_and_off_only_by_its_own_switch(way: Way) -> None:
    assert way.is_open(NOBODY) is False
    on = Project(methods={"passkey": True}, passkey_rp_id="localhost")
    assert way.allowed_in(on) is True
    assert way.allowed_in(replace(on, methods=dict.fromkeys(["magic-url", way.method], False))) is not bool(way.method)


def test_passkeys_are_no_way_without_an_rp_id() -> None:
    [way] = [way for way in WAYS if way.provider == "passkey"]

    assert way.allowed_in(Project(methods={"passkey": True})) is False
