"""Header: which row of a table names its columns, where a title or groups of columns stand above it.

Belongs here: trying the rows below the first. Does not belong here: reading (``exports``), what a column means.
"""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.proposals.inspection import Inspection, UnreadError, inspect
from pipeline.settings import Settings
from pipeline.theatres import Dialect

TABLES = ("csv", "xlsx")
MERGED = "export_header_merged"
MOST_ROWS_ABOVE = 5
FEWEST_COLUMNS = 3
NAMELESS = re.compile(r"column_\d+")
LETTER = re.compile(r"[^\W\d_]")


def inspect_table(settings: Settings, path: Path, dialect: Dialect, doubts: list[str]) -> tuple[Inspection, Dialect]:
    """Inspect a file; of a table whose first row cannot be its header, under the row that can.

    Args:
        settings: gives the caps.
        path: the file.
        dialect: what a person said of it.
        doubts: told where a row below the first is taken.

    Returns:
        What was found, and the dialect with the row of the header.

    Raises:
        UserError: it cannot be read.
    """
    found: Inspection | UnreadError
    try:
        found = inspect(settings, path, dialect)
    except UnreadError as error:
        if error.code != MERGED or dialect.header_row is not None:
            raise
        found = error
    if isinstance(found, Inspection) and (dialect.header_row is not None or not _is_strange(found)):
        return found, dialect
    named = _named(found) if isinstance(found, Inspection) else []
    first = (found.first_line if isinstance(found, Inspection) else None) or 2
    best: tuple[Inspection, Dialect] | None = None
    for row in range(first, first + MOST_ROWS_ABOVE):
        told = dialect.model_copy(update={"header_row": row})
        try:
            tried = inspect(settings, path, told)
        except UnreadError:
            continue
        if best and _named(tried) != _named(best[0]):
            break
        # From a blank row on the same header is read: it stands on the last of such rows.
        if _is_header(tried) and len(_named(tried)) > len(named):
            best = tried, told
    if best is not None:
        why = f"has {len(named)} cell{'s' * (len(named) != 1)}, fewer than the rows" if named else "has merged cells"
        doubts.append(
            f"dialect.header_row: row 1 {why}; row {best[1].header_row} looks like the header and is taken for it. "
            "Or delete the rows above it, in each export"
        )
        return best
    if isinstance(found, UnreadError):
        raise found
    return found, dialect


def _named(found: Inspection) -> list[str]:
    return [name for name in (*found.columns, *found.empty) if not NAMELESS.fullmatch(name)]


def _is_strange(found: Inspection) -> bool:
    """Whether a table's first row names one column only, or fewer than most rows have cells."""
    return found.export["format"] in TABLES and (len(_named(found)) < 2 or found.faulty > found.rows / 2)


def _is_header(found: Inspection) -> bool:
    """Whether the names of a table are words, and its rows fit under them."""
    names = _named(found)
    is_worded = all(LETTER.search(name) for name in names)
    return len(names) >= FEWEST_COLUMNS and is_worded and found.faulty <= found.rows / 2
