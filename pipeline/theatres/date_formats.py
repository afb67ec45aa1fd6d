"""Date formats: whether the formats that a source declares read days, and each text as one day only.

Does not belong here: reading the days of records (``pipeline.parsing``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import permutations

# Directives of strptime that name a year.
YEAR = re.compile("%[Yy]")
FIRST_YEAR = 1900
EPOCH = "epoch_ms"


def check_date_formats(formats: Sequence[str]) -> None:
    """Refuse formats of strptime that write no day, or two that read one text as different days.

    Raises:
        ValueError: says which, and why.
    """
    day = datetime(2016, 2, 29, 13, 14, 15, tzinfo=UTC)
    for format_ in formats:
        if format_ != EPOCH and _read_as(format_, format_, day) != day.date():
            raise ValueError(f"date_formats: {format_!r} writes no day that can be read back: see strptime")
    # Each of its parts could be a month.
    day = datetime(2011, 10, 12, 7, 8, 9, tzinfo=UTC)
    for one, other in permutations(formats, 2):
        read = None if EPOCH in (one, other) else _read_as(one, other, day)
        # A reading a millennium off, as of figures written together, is refused as too early.
        if read is not None and read != day.date() and read.year > FIRST_YEAR:
            raise ValueError(
                f"date_formats: {one!r} and {other!r} read the same text as different days, "
                f"{day.date()} and {read}: name the one that the source writes"
            )


def _read_as(one: str, other: str, day: datetime) -> date | None:
    """The day that another format reads where one wrote a day; None where it reads none."""
    # default_year gives the year that a format lacks.
    writes, reads = (format_ if YEAR.search(format_) else f"%Y {format_}" for format_ in (one, other))
    try:
        return datetime.strptime(day.strftime(writes), reads).date()
    except (ValueError, re.error):
        return None
