"""Reading one export: any format becomes the same lossless rows, or one reason why not.

Belongs here: record ids, batching into Arrow, the columns that the source's mapping needs, the one row for a
file that is refused.
Does not belong here: any format (``registry``); what a property means (the stages).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from pipeline.catalogue import table
from pipeline.catalogue.reasons import reason
from pipeline.exact_json import encode_with_fault
from pipeline.exports.circumstances import axis_columns, describe, needed_columns
from pipeline.exports.opening import open_export
from pipeline.exports.pile import Pile
from pipeline.exports.types import Content, Reading, Received, Record, RefusedError, over_cap
from pipeline.printing import printable
from pipeline.property_names import PROBLEM, PROBLEM_TEXT
from pipeline.settings import Settings
from pipeline.theatres import Source, Theatre

FIRST_BATCH = 100
BATCH = 10_000
VALUE_LENGTH = 200
NOTES_LENGTH = 2_000
MALFORMED = "record_malformed"
UNKNOWN_FORMAT = "unknown"


def read_export(
    settings: Settings, received: Received, theatre: Theatre, source: Source, received_at: datetime
) -> Reading:
    """Read a received file as an export of a source.

    A row or feature whose shape is broken stays a record, with the properties ``_problem`` (a reason code)
    and ``_problem_text``. Geometries are WKB in OGC:CRS84.

    Args:
        settings: gives the caps.
        received: the file.
        theatre: theatre that it was received for.
        source: source within the theatre.
        received_at: when it was received, with a time zone.

    Returns:
        The row of ``raw.exports``, the records and, where the file was refused as a whole, the one row that
        says why. Bad content never raises.
    """
    export: dict[str, Any] = {
        "theatre": theatre.name,
        "source": source.name,
        "export_id": received.export_id,
        "sha256": received.sha256,
        "file_name": received.file_name,
        "format": UNKNOWN_FORMAT,
        "bytes": received.bytes,
        "encoding": None,
        "crs": None,
        "notes": None,
        "record_count": 0,
        "received_at": received_at,
        "read_as": describe(source, {}),
        "problem_code": None,
        "problem": None,
    }
    try:
        with open_export(settings, received.path, source.dialect) as opened:
            export["format"] = opened.format
            content = opened.read()
            export.update(format=content.format, encoding=content.encoding, crs=content.crs)
            pile = _gather(settings, content, export, source)
            export["notes"] = printable("; ".join(content.notes)[:NOTES_LENGTH]) or None
    except RefusedError as refusal:
        if refusal.cap is not None:
            export["read_as"] = describe(source, {refusal.cap: getattr(settings, refusal.cap)})
        return _refuse(settings, export, refusal)
    export["record_count"] = pile.num_rows
    return Reading(export, pile, table("core.quarantine").empty())


def _refuse(settings: Settings, export: dict[str, Any], refusal: RefusedError) -> Reading:
    why = reason(refusal.code)
    export["problem_code"] = why.code
    export["problem"] = f"{printable(export['file_name'])}: {why.about}: {refusal.value}. {why.hint}."
    row = {
        "theatre": export["theatre"],
        "source": export["source"],
        "export_id": export["export_id"],
        "record_id": None,
        "source_key": None,
        "file_name": export["file_name"],
        "layer": refusal.layer,
        "record_no": None,
        "line_no": refusal.line,
        "reason_code": why.code,
        "field": refusal.field,
        "value": refusal.value[:VALUE_LENGTH],
        "hint": why.hint,
        "first_seen": export["received_at"],
        "last_seen": export["received_at"],
    }
    nothing = Pile(settings, table("raw.records").arrow_schema)
    return Reading(export, nothing, table("core.quarantine").conform([row]))


def _gather(settings: Settings, content: Content, export: dict[str, Any], source: Source) -> Pile:
    """All records as rows of ``raw.records``, made in batches so that Python holds few of them at a time."""
    fields: dict[str, None] = dict.fromkeys(content.fields or ())
    pile = Pile(settings, table("raw.records").arrow_schema)
    size, taken = FIRST_BATCH, 0
    while taken_now := _take(settings, content.records, size):
        waiting, texts = taken_now
        if content.fields is None:
            fields.update((name, None) for record in waiting for name in record.properties)
        elif not pile.num_rows:
            _check_columns(source, fields)
        if pile.num_rows + len(waiting) > settings.max_records:
            raise over_cap(settings, "max_records", f"more than {settings.max_records:,} records")
        batch = _batch(export, waiting, texts)
        taken += batch.nbytes
        if taken > settings.max_records_bytes:  # a long name or a shared text makes much of a small file
            what = f"{pile.num_rows + len(waiting):,} records take {taken:,} bytes"
            raise over_cap(settings, "max_records_bytes", what)
        pile.add(batch)
        size = _next_size(settings, batch)
    if not pile.num_rows:
        raise RefusedError("export_empty", "the file holds no rows" + (" below its header" if fields else ""))
    _check_columns(source, fields)
    return pile


def _take(settings: Settings, records: Iterator[Record], size: int) -> tuple[list[Record], list[str]] | None:
    """The next records and their properties as JSON, no more of them than take a sixteenth of the memory for records,
    however small those before were; None at the end.
    """
    taken: list[Record] = []
    texts: list[str] = []
    characters = 0
    for record in islice(records, size):
        taken.append(record)
        texts.append(_properties(settings, record))
        characters += len(texts[-1])
        if characters > settings.records_memory_bytes // 16:
            break
    return (taken, texts) if taken else None


def _next_size(settings: Settings, batch: pa.Table) -> int:
    """Records of the next batch: as many as take a sixteenth of the memory for records if they are as large as these,
    for in Python they take several times as much.
    """
    count, size = int(batch.num_rows), int(batch.nbytes)
    return max(1, min(settings.records_memory_bytes // 16 * count // max(size, 1), 2 * count, BATCH))


def _check_columns(source: Source, fields: dict[str, None]) -> None:
    """Refuse a file that lacks every name of a field that the source can't do without."""
    wanted = list(needed_columns(source).items()) + _half_of_a_coordinate(source, fields)
    missing = [(field, " or ".join(names)) for field, names in wanted if not set(names) & set(fields)]
    if missing:
        text = "; ".join(f"no column {names} (for {field})" for field, names in missing)
        raise RefusedError("export_missing_column", f"{text}; there are {', '.join(fields)}", field=missing[0][0])


def _half_of_a_coordinate(source: Source, fields: dict[str, None]) -> list[tuple[str, tuple[str, ...]]]:
    """Latitude or longitude where a file has the other alone: without both, a place's name may still do."""
    lacking = [(name, names) for name, names in axis_columns(source).items() if not set(names) & set(fields)]
    return lacking if len(lacking) == 1 else []


def _batch(export: dict[str, Any], records: list[Record], texts: list[str]) -> pa.Table:
    count = len(records)
    prefix = export["export_id"][:16]
    columns: dict[str, Any] = {
        "record_id": [f"{prefix}:{record.layer}:{record.number}" for record in records],
        **{name: pa.repeat(export[name], count) for name in ("theatre", "source", "export_id")},
        "layer": [record.layer for record in records],
        "record_no": [record.number for record in records],
        "line_no": [record.line for record in records],
        "properties": texts,
        "geometry": _wkb(records),
    }
    schema = table("raw.records").arrow_schema
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def _properties(settings: Settings, record: Record) -> str:
    """A record's properties as JSON, with its problem if it has one."""
    properties = record.properties
    if len(properties) > settings.max_columns:
        what = f"record {record.number} has {len(properties):,} properties"
        raise over_cap(settings, "max_columns", what, record.line)
    text, fault = encode_with_fault(properties)
    if len(text) > settings.max_field_bytes:
        _check_lengths(settings, record)
    problem = record.problem or (fault and f"JSON has no such number: {fault}")
    if problem is None:
        return text
    return encode_with_fault({**properties, PROBLEM: MALFORMED, PROBLEM_TEXT: problem})[0]


def _check_lengths(settings: Settings, record: Record) -> None:
    for name, value in record.properties.items():
        # What this room added itself (the source's text of a broken geometry) is bounded by the file's caps.
        if not name.startswith("_") and len(encode_with_fault(value)[0]) > settings.max_field_bytes:
            raise over_cap(settings, "max_field_bytes", f"record {record.number}, {name}", record.line)


def _wkb(records: list[Record]) -> list[bytes | None]:
    geometries = [record.geometry for record in records]
    if not any(geometry is not None for geometry in geometries):
        return [None] * len(geometries)
    array = np.empty(len(geometries), dtype=object)
    array[:] = geometries
    return list(shapely.to_wkb(array, byte_order=1, flavor="iso"))
