"""Difference: what changed between two releases, told by their own files.

Belongs here: comparing. Does not belong here: why something changed (``core.revisions``, ``trace``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.errors import UserError
from pipeline.sessions import run_sql
from pipeline.tables.sentences import percent

Row = dict[str, Any]
CHANGES = {
    "added": "added",
    "withdrawn": "withdrawn (a newer complete list lacks them)",
    "gone": "gone (refused now, or known by another key)",
    "changed": "changed in what the source says",
    "re-attributed": "the same, but attributed otherwise",
}


@dataclass(frozen=True)
class Difference:
    """What differs: ``strikes`` with their change and what it is, ``headlines`` before and after."""

    strikes: list[Row]
    headlines: list[Row]

    def in_words(self, most: int) -> Iterator[str]:
        """Lines of plain English.

        Args:
            most: strikes that are named for each change; the rest are counted.
        """
        if not self.strikes and not self.headlines:
            yield "No strike, no attribution and no headline differs."
        counts = Counter(row["change"] for row in self.strikes)
        for change, told in CHANGES.items():
            if not counts[change]:
                continue
            yield f"{counts[change]:,} strikes {told}"
            named = [row for row in self.strikes if row["change"] == change]
            yield from (f"  {_strike(row)}" for row in named[:most])
            if len(named) > most:
                yield f"  and {len(named) - most:,} more"
        if self.headlines:
            yield "Headlines that moved (share outside the focus controller's ground, n)"
        yield from (
            f"  {row['theatre']} {row['source']} {row['window']}: "
            f"{_share(row['expected_before'], row['n_before'])} → {_share(row['expected_after'], row['n_after'])}"
            for row in self.headlines
        )


def compare_releases(before: Path, after: Path) -> Difference:
    """What differs between two releases.

    Args:
        before: folder of the one release.
        after: folder of the other.

    Raises:
        UserError: one of them is laid out so that they cannot be compared.
    """
    if before.resolve() == after.resolve():
        return Difference([], [])
    tables = {"strikes": "core.strikes", "attribution": "core.attribution", "headline": "marts.headline"}
    files = {
        f"{name}_{when}": str(folder / "tables" / f"{table}.parquet")
        for when, folder in (("before", before), ("after", after))
        for name, table in tables.items()
    }
    of_strikes = {name: path for name, path in files.items() if not name.startswith("headline")}
    of_headlines = {name: path for name, path in files.items() if name.startswith("headline")}
    try:
        strikes = run_sql("releases/compare_strikes", of_strikes).to_pylist()
        headlines = run_sql("releases/compare_headlines", of_headlines).to_pylist()
    except duckdb.Error as error:
        raise UserError(
            f"{before.name} and {after.name} cannot be compared: another version of this program laid one of them out"
            f" otherwise, or a file is damaged ({str(error).splitlines()[0]})"
        ) from None
    withdrawn = _withdrawn(after)
    for row in strikes:
        if row["change"] == "gone" and row["strike_id"] in withdrawn:
            row["change"] = "withdrawn"
    return Difference(strikes, headlines)


def _withdrawn(release: Path) -> set[str]:
    """Strikes that a release knows as withdrawn; none in one of before there were revisions."""
    file = release / "tables" / "core.revisions.parquet"
    if not file.is_file():
        return set()
    found = run_sql("releases/list_withdrawn", {"revisions": str(file)})
    return set(found.column("strike_id").to_pylist())


def _strike(row: Row) -> str:
    what = f": {row['what']}" if row["what"] else ""
    return f"{row['theatre']} {row['source']} {row['strike_id']}, {row['place'] or 'no name'}, {row['date_from']}{what}"


def _share(share: float | None, n: int | None) -> str:
    if n is None:
        return "none"
    return f"{percent(share, 1) if share is not None else 'no share'} of {n:,}"
