"""Times as the API writes them."""

from __future__ import annotations

import pytest

from chalicelib.timestamps import iso


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (1_602_743_880_000, "2020-10-15T06:38:00.000+00:00"),
        (1_602_743_880_007, "2020-10-15T06:38:00.007+00:00"),
        (1_602_743_880_999, "2020-10-15T06:38:00.999+00:00"),
        (1, "1970-01-01T00:00:00.001+00:00"),
        (0, ""),
    ],
)
def test_time_is_written_in_utc_with_milliseconds(milliseconds: int, text: str) -> None:
    assert iso(milliseconds) == text
