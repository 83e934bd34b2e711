"""What was measured, with the bound that it must keep."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    name: str
    value: float
    unit: str
    bound: float
    detail: str

    @property
    def met(self) -> bool:
        return self.value <= self.bound

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        return f"{verdict:7} {self.name}: {self.value:.2f} {self.unit}, bound {self.bound:g} ({self.detail})"
