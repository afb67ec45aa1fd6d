"""Records of strikes as exports hold them, by hand, and what is made of them.

Belongs here: mapping a few made-up rows of one source. Does not belong here: rows of core.strikes (``strike_rows``),
anything that a test asserts.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from pipeline.catalogue import table
from pipeline.mapping import Mapped, Received
from pipeline.strikes import map_strikes
from pipeline.theatres import Source, theatres

SYRIA = theatres()["syria"]
ALEPPO = {
    "place_id": "p1", "theatre": "syria", "source": "gazetteer", "record_id": "g1", "place": "Aleppo",
    "aliases": '["Halab"]', "province": "Aleppo", "latitude": 36.2, "longitude": 37.13, "precision_m": 4000.0,
    "credit": "test",
}  # fmt: skip


def map_rows(
    source: str | Source,
    rows: list[dict[str, str]],
    places: list[dict[str, Any]] | None = None,
    reports: list[dict[str, Any]] | None = None,
) -> Mapped:
    """What becomes of rows in one export of a source of Syria, by name, or of a source made for the test."""
    source = SYRIA.sources[source] if isinstance(source, str) else source
    where = {"theatre": "syria", "source": source.name, "export_id": "e1"}
    records = [
        {
            **where, "record_id": f"r{i}", "layer": "", "record_no": i, "line_no": i + 1,
            "properties": json.dumps(row), "geometry": None,
        }
        for i, row in enumerate(rows, start=1)
    ]  # fmt: skip
    export = {
        **where, "sha256": "e1", "file_name": "f.csv", "format": "csv", "bytes": 1, "encoding": "utf-8", "crs": None,
        "record_count": len(rows), "received_at": datetime(2026, 1, 1, tzinfo=UTC), "problem_code": None,
        "problem": None,
    }  # fmt: skip
    return map_strikes(
        SYRIA,
        source,
        Received(table("raw.records").conform(records), table("raw.exports").conform([export])),
        table("core.places").conform(places or []),
        table("core.reports").conform(reports or []),
        table("core.report_additions").empty(),
    )


def source_like(name: str, fields: dict[str, str] | None = None, **changes: Any) -> Source:
    """A source of Syria with more fields and other settings."""
    body = SYRIA.sources[name].model_dump()
    return Source(**body | {"fields": body["fields"] | (fields or {})} | changes)


def airwars(**changes: str) -> dict[str, str]:
    """A row as Airwars writes it, in Aleppo unless told otherwise."""
    row = {
        "airwars_id": "1", "date": "2016-01-05", "location_en": "Aleppo", "governorate": "Aleppo",
        "latitude": "36.2", "longitude": "37.1", "geolocation_accuracy": "city",
    }  # fmt: skip
    return {**row, **changes}


def reasons_of(mapped: Mapped) -> list[str]:
    """Reasons of refusal, in order."""
    return sorted(row["reason_code"] for row in mapped.quarantine.to_pylist())
