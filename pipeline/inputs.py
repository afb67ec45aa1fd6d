"""Inputs: digests of all that a part of a step is made from, by names that a person understands.

Belongs here: what makes a part stale. Does not belong here: making a part (``steps``), judging it (``work``), or the
code, which every step names itself.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.attribution import CONTROL_TABLES
from pipeline.base_map import base_map_files, file_digest
from pipeline.ledger import digest
from pipeline.override_files import overrides_digest
from pipeline.references import TABLES as REFERENCE_TABLES
from pipeline.table_files import DamagedTable
from pipeline.theatres import CONTROL_KINDS, Source, Theatre
from pipeline.work import Work

ABSENT = "absent"
DAMAGED = "damaged"


def of_references(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    """A gazetteer or report list: its theatre file, the provinces' shapes and its exports."""
    return {
        "theatre file": _mapping_config(theatre, theatre.sources[part]),
        "provinces": file_digest(theatre.path(theatre.provinces_file)),
        **_received(work, theatre, part),
    }


def of_mapped_strikes(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    """Strikes of a source: its theatre file, the provinces' shapes, its exports, the gazetteers and report lists."""
    inputs = {
        "theatre file": _mapping_config(theatre, theatre.sources[part]),
        "provinces": file_digest(theatre.path(theatre.provinces_file)),
        **_received(work, theatre, part),
    }
    for name, source in theatre.of_kind("places", "reports", "report_additions").items():
        inputs[name] = _output(work, "references", theatre, name, REFERENCE_TABLES[source.kind])
    return inputs


def of_control(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    """A control source: its theatre file, land, provinces, exports; for a merged one those of both of its sources."""
    source = theatre.sources[part]
    read = [part] if source.kind != "control_merged" else [source.base or "", source.overrides or ""]
    config = _control_config(theatre, source, *(theatre.sources[name] for name in read if name != part))
    inputs = {
        "theatre file": config,
        "land": file_digest(theatre.path(theatre.land)),
        "provinces": file_digest(theatre.path(theatre.provinces_file)),
    }
    for name in read:
        inputs |= _received(work, theatre, name)
    return inputs


def of_strikes(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    """Strikes of a month: every source's rows of that month."""
    inputs = {}
    for source in theatre.of_kind("strikes"):
        months = _note(work, "mapped_strikes", theatre, source, "months") or {}
        inputs[f"strikes of {source} in {part}"] = months.get(part, "none")
    return inputs


def of_attribution(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    """Attribution of a month: its strikes, and the control that stands on a day of them."""
    source = theatre.control.in_force
    kept = {"controllers", "focus", "projection", "land_name"}
    return {
        "theatre file": digest([theatre.model_dump(mode="json", include=kept), source]),
        "land": file_digest(theatre.path(theatre.land)),
        f"strikes in {part}": _output(work, "strikes", theatre, part, "core.strikes"),
        f"control by {source} in {part}": _control_of_month(work, theatre, source, part),
    }


def of_tables(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    """Tables: everything before them."""
    months = theatre.months()
    strikes = [_output(work, "strikes", theatre, month, "core.strikes") for month in months]
    attributed = [_output(work, "attribution", theatre, month, "core.attribution") for month in months]
    references = [
        _output(work, "references", theatre, name, REFERENCE_TABLES[source.kind])
        for name, source in theatre.of_kind("reports", "places").items()
    ]
    control = [
        _output(work, "control", theatre, source, name)
        for source in theatre.of_kind(*CONTROL_KINDS)
        for name in (*CONTROL_TABLES, "work.control_changes")
    ]
    return {
        "theatre file": digest(theatre.model_dump(mode="json")),
        "base map": digest([file_digest(path) for path in base_map_files(theatre)]),
        "reports and places": digest(references),
        "strikes": digest(strikes),
        "attribution": digest(attributed),
        "control": digest(control),
    }  # fmt: skip


def _received(work: Work, theatre: Theatre, source: str) -> dict[str, str]:
    """What was received of a source, in which order and read as what, which of its exports a person let in, and what
    people say of its records.
    """
    columns = {"exports": ["export_id", "received_at", "file_name", "read_as"], "acceptances": ["export_id"]}
    found = {}
    for name, wanted in columns.items():
        rows = work.lake.read(f"raw.{name}", columns=wanted, theatre=theatre.name, source=source)
        found[f"{name} of {source}"] = digest(sorted(map(str, rows.to_pylist()))) if rows.num_rows else ABSENT
    found[f"overrides of {source}"] = overrides_digest(work.settings, theatre.name, source) or ABSENT
    return found


def _output(work: Work, step: str, theatre: Theatre, part: str, name: str) -> str:
    entry = work.ledger.read(step, theatre.name, part)
    return entry.outputs[name].digest[:16] if entry and name in entry.outputs else ABSENT


def _note(work: Work, step: str, theatre: Theatre, part: str, name: str) -> Any:
    entry = work.ledger.read(step, theatre.name, part)
    return entry.notes.get(name) if entry else None


def _mapping_config(theatre: Theatre, source: Source) -> str:
    kept = {
        "extent", "first_month", "last_month", "provinces", "provinces_file", "controllers", "focus", "generic_targets",
        "default_precision_m", "point_precision_m",
    }  # fmt: skip
    return digest([theatre.model_dump(mode="json", include=kept), source.model_dump(mode="json")])


def _control_config(theatre: Theatre, *sources: Source) -> str:
    kept = {"controllers", "control", "extent", "first_month", "focus", "land_name", "projection", "provinces"}
    return digest([theatre.model_dump(mode="json", include=kept), *(s.model_dump(mode="json") for s in sources)])


def _control_of_month(work: Work, theatre: Theatre, source: str, part: str) -> str:
    """Digest of the control rows that stand on a day of the month's strikes: their ids are made of their content."""
    entry = work.ledger.read("strikes", theatre.name, part)
    if entry is None or "date_from" not in entry.notes:
        return "none"
    first, last = (date.fromisoformat(entry.notes[name]) for name in ("date_from", "date_to"))
    ids = []
    for name, id_, start, end in (
        ("core.control_snapshots", "snapshot_day", "snapshot_day", "in_force_to"),
        ("core.control_areas", "area_id", "valid_from", "valid_to"),
        ("core.front_lines", "front_id", "valid_from", "valid_to"),
        ("core.control_observations", "observation_id", "valid_from", "valid_to"),
    ):
        # An observation's id names its place and day only; what it says decides the margin.
        said = ["latitude", "longitude", "controller"] if name == "core.control_observations" else []
        columns = list(dict.fromkeys([id_, start, end, *said]))
        try:
            rows = _control_rows(work, theatre, source, name, columns)
        except DamagedTable:
            return DAMAGED  # control is made again before this is asked for by a run
        stands = pc.and_(
            pc.less_equal(rows.column(start), pa.scalar(last)),
            pc.fill_null(pc.greater(rows.column(end), pa.scalar(first)), True),
        )
        ids.append(sorted(map(str, rows.filter(stands).to_pylist())))
    return digest(ids)


def _control_rows(work: Work, theatre: Theatre, source: str, name: str, columns: list[str]) -> pa.Table:
    """Rows of control; read once while its files stay the same, as every month of ten years asks for them."""
    key = (name, theatre.name, source, *columns)
    files = work.lake.files(name, theatre=theatre.name, source=source)
    if key not in work.memory or work.memory[key][0] != files:
        work.memory[key] = (files, work.lake.read(name, columns=columns, theatre=theatre.name, source=source))
    return work.memory[key][1]
