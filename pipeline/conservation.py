"""Conservation: every record of every export ends in exactly one place.

Belongs here: the balance of the working tables. Does not belong here: deciding outcomes (``mapping``, ``control``), or
the same check of a release, which is made from the release's own files (``release``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.sessions import run_sql
from pipeline.theatres import Theatre
from pipeline.work import Work


def balance_records(work: Work, theatre: Theatre, sources: Sequence[str]) -> list[dict[str, Any]]:
    """What became of the records of each export of these sources, in order of source and export.

    Returns:
        Dicts with source, export_id, file_name, records, accepted, duplicate, superseded, withdrawn, held, quarantined
        and is_balanced: accepted + duplicate + superseded + withdrawn + held + quarantined = records, as stated by the
        export and as kept.
    """
    where: dict[str, Any] = {"theatre": theatre.name, "source": list(sources)}
    columns = {
        "raw.exports": ["source", "export_id", "file_name", "record_count"],
        "raw.records": ["source", "export_id"],
        "core.record_outcomes": ["source", "export_id", "record_id", "outcome"],
    }
    exports, records, outcomes = (work.lake.read(name, columns=wanted, **where) for name, wanted in columns.items())
    rows = run_sql("intake/balance_records", exports=exports, records=records, outcomes=outcomes)
    return list(rows.to_pylist())
