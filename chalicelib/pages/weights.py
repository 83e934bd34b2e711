"""What a browser says that it takes, by how much it wants that (RFC 9110 12.4.2)."""

from __future__ import annotations

from collections.abc import Iterator

_LONGEST = 1000


def by_weight(accepted: str) -> Iterator[str]:
    """The first wanted first, in lower case, without what is refused."""
    parted = (each.partition(";") for each in accepted[:_LONGEST].lower().split(","))
    ranges = [(name.strip(), _weight(parameter)) for name, _, parameter in parted]
    yield from (name for name, weight in sorted(ranges, key=lambda each: -each[1]) if weight > 0)


def _weight(parameter: str) -> float:
    try:
        return float(parameter.strip().removeprefix("q=") or 1)
    except ValueError:
        return 0
