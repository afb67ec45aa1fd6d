"""Export list: what became of the records of each export in the latest release.

Belongs here: counting outcomes by export. Does not belong here: deciding them (``history``), the balance as a check
(``conservation``, ``release``), the refused rows themselves (``core.quarantine``).
"""

from __future__ import annotations

from typing import Any

from pipeline.lake import run_sql
from pipeline.released import released_tables
from pipeline.settings import Settings

OUTCOMES = ("accepted", "duplicate", "superseded", "withdrawn", "held", "quarantined")
FILES = {"exports": "raw.exports", "outcomes": "core.record_outcomes", "quarantine": "core.quarantine"}


def list_exports(settings: Settings, theatre: str | None = None) -> list[dict[str, Any]]:
    """Exports of the latest release with the number of their records by outcome.

    Args:
        settings: settings.
        theatre: only this theatre's; all where None.

    Returns:
        Dicts with theatre, source, file_name, export_id, records, each of ``OUTCOMES``, and ``reasons``: reason codes
        with the number of records refused for each. In order of theatre, source and file name.

    Raises:
        UserError: there is no release.
    """
    files = released_tables(settings, FILES)
    rows: list[dict[str, Any]] = run_sql("exports/list_exports", {**files, "theatre": theatre}).to_pylist()
    return rows
