"""Lists, whatever is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def page(name: str, records: list[dict[str, Any]], total: int) -> dict[str, Any]:
    """A list as the API gives it, under the plural name of its elements."""
    return {"total": total, name: records}
