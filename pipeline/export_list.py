"""Export list: what became of the records of each export in the latest release, or so far where there is none.

Belongs here: counting outcomes by export. Does not belong here: deciding them (``history``), the balance as a check
(``conservation``, ``release``), the refused rows themselves (``core.quarantine``).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.released import has_release, released_tables
from pipeline.sessions import run_sql
from pipeline.settings import Settings

OUTCOMES = ("accepted", "duplicate", "superseded", "withdrawn", "held", "quarantined")
FILES = {"exports": "raw.exports", "outcomes": "core.record_outcomes", "quarantine": "core.quarantine"}
COLUMNS = {
    "exports": ("theatre", "source", "file_name", "export_id", "record_count", "notes", "problem"),
    "outcomes": ("theatre", "source", "export_id", "outcome"),
    "quarantine": ("theatre", "source", "export_id", "record_id", "reason_code"),
}


def list_exports(settings: Settings, theatre: str | None = None) -> list[dict[str, Any]]:
    """Exports of the latest release, or of the working tables before the first, with their records by outcome.

    Args:
        settings: settings.
        theatre: only this theatre's; all where None.

    Returns:
        Dicts with theatre, source, file_name, export_id, records, each of ``OUTCOMES``, and ``reasons``: reason codes
        with the number of records refused for each, ``notes`` and ``problem`` as in ``raw.exports``. In order of
        theatre, source and file name.

    Raises:
        UserError: nothing was received yet.
    """
    rows: list[dict[str, Any]] = run_sql("exports/list_exports", {"theatre": theatre}, **_frames(settings)).to_pylist()
    return rows


def _frames(settings: Settings) -> dict[str, pa.Table]:
    if has_release(settings):
        files = released_tables(settings, FILES)
        return {name: pq.read_table(path, columns=[*COLUMNS[name]]) for name, path in files.items()}
    lake = Lake(settings)
    if lake.version("raw.exports") is None:
        raise UserError(f"nothing was received in {settings.root} yet: run `isw-strikes run` first")
    return {name: lake.read(table, columns=[*COLUMNS[name]]) for name, table in FILES.items()}
