"""Overrides: what a person says of single records, put in the place of what the source says.

Belongs here: finding the records and fields that overrides mean, refusing overrides, setting the fields.
Does not belong here: reading the files (``override_files``), the rules by which a record is refused (the stages): an
overridden record goes through all of them, as if the source had said so.

An override names a record by its key in the source, and then counts for every sighting of it in every export, or by
its ``record_id``, and then counts for that row of those bytes, however often and under whichever ids they were
received. Of a source without a key an id stands for every record that says the same: nothing else tells which record
it is, and a key made of the content would change with the mapping. Which records have a key is decided by what was
received. In which order overrides stand decides nothing: of two for one field of one record neither counts, unless
they name copies of one row and say the same. One that names what it was made against (``was``) counts only where the
source still says that; one of a field in whose place another is read (a pair beside two columns of coordinates) counts
only where that other says nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from pipeline.catalogue import table
from pipeline.catalogue.reasons import reasons
from pipeline.coordinates import Axis, parse_coordinates
from pipeline.identity import identify, spell, spell_key
from pipeline.mapping import DATES, Received, extract
from pipeline.parsing import parse_dates
from pipeline.theatres import FIELDS, Source, Theatre

# An override as a person gives it; ``file_name`` and ``line_no`` say where.
GIVEN = pa.schema(
    [
        ("file_name", pa.string()), ("line_no", pa.int64()), ("record", pa.string()), ("field", pa.string()),
        ("value", pa.string()), ("who", pa.string()), ("why", pa.string()), ("given_when", pa.string()),
        ("was", pa.string()),
    ]
)  # fmt: skip
NEEDED = ("record", "field", "value", "who", "why")
# How a person writes that a field says nothing; a cell left empty could be forgotten.
EMPTIED = "(empty)"
# Texts that tell records apart or date a file; what they are read as is set by the field itself.
NOT_SET = frozenset({"latitude_text", "longitude_text", "valid_from_file"})
LIMITS: dict[str, tuple[Axis, float]] = {"latitude": ("latitude", 90), "longitude": ("longitude", 180)}
# Fields that are read only where none of these says anything.
OUTRANKED_BY = {
    "coordinate": ("latitude", "longitude"),
    "dates": ("date_from",),
    "date_exact": ("date_from", "dates"),
}


@dataclass(frozen=True)
class Overridden:
    """Fields of records with overrides applied, and what became of each override (``core.overrides`` rows)."""

    fields: pa.Table
    overrides: pa.Table


def fields_to_override(source: Source) -> tuple[str, ...]:
    """Fields of a source's records that an override may set."""
    return tuple(name for name in FIELDS[source.kind] if name not in NOT_SET)


def extract_overridden(theatre: Theatre, source: Source, received: Received) -> Overridden:
    """The mapped fields of what was received of a source, with what people say of them set."""
    fields = extract(source, received.records, received.exports)
    return apply_overrides(theatre, source, fields, received.exports, received.overrides)


def apply_overrides(
    theatre: Theatre, source: Source, fields: pa.Table, exports: pa.Table, given: pa.Table | None
) -> Overridden:
    """Set the fields that people say of the records of one source.

    Args:
        theatre: the theatre.
        source: the source.
        fields: records of all its exports, as ``mapping.extract`` returns them.
        exports: its rows of ``raw.exports``.
        given: overrides of the source (``GIVEN``), in any order; none where None.
    """
    if given is None or not given.num_rows:
        return Overridden(fields, table("core.overrides").empty())
    rows = given.to_pylist()
    received: dict[str, list[str | None]] = {
        name: fields.column(name).to_pylist() for name in {row["field"] for row in rows} & {*fields_to_override(source)}
    }
    columns = {name: list(values) for name, values in received.items()}
    meant = _find_records(source, fields, exports, rows)
    refused = [_find_fault(source, row, one.places) for row, one in zip(rows, meant, strict=True)]
    _refuse_repeated(rows, meant, refused)
    records, holders = fields.column("record_id").to_pylist(), fields.column("export_id").to_pylist()
    told: list[dict[str, Any]] = []
    applied: list[tuple[dict[str, Any], int]] = []
    for row, one, code in zip(rows, meant, refused, strict=True):
        base = {"theatre": theatre.name, "source": source.name, **row, "reason_code": code}
        if code:
            told.append({**base, "state": "refused", "hint": reasons()[code].hint})
            continue
        for at in one.places:
            before = received[row["field"]][at]
            after = write_value(source, row["field"], row["value"], before)
            if row["was"] is not None and not _says(source, row["field"], row["was"], before):
                state, after = "outdated", before
            else:
                state = "unneeded" if before == after else "applied"
                columns[row["field"]][at] = after
            touched = {"record_id": records[at], "export_id": holders[at]}
            told.append({**base, **touched, "state": state, "value_before": before, "value_after": after})
            if state == "applied":
                applied.append((told[-1], at))
    _take_back_outranked(fields, columns, applied)
    for name, values in columns.items():
        fields = fields.set_column(fields.column_names.index(name), name, pa.array(values, pa.string()))
    return Overridden(fields, table("core.overrides").conform(told))


@dataclass(frozen=True)
class _Meant:
    """Places of the records that an override means, and whether it names a row (by its id) or a key."""

    places: list[int]
    is_row: bool


def _find_records(source: Source, fields: pa.Table, exports: pa.Table, rows: list[dict[str, Any]]) -> list[_Meant]:
    """Of each override the records that it means: the row of this id with its copies, else those of this key."""
    wanted = {row["record"] for row in rows if row["record"]}
    spelled = {record: spell_key(source, record).strip() for record in wanted}
    # Cells are read without white space around them; a key ends in a bar where its last part is empty.
    keys = [key.strip() for key in identify(source, fields, FIELDS[source.kind]).column("source_key").to_pylist()]
    by_key: dict[str, list[int]] = defaultdict(list)
    named_keys = {*wanted, *spelled.values()}
    for place, key in enumerate(keys):
        if key in named_keys:
            by_key[key].append(place)
    ids = fields.column("record_id").to_pylist()
    named = {record_id: place for place, record_id in enumerate(ids) if record_id in wanted}
    copies = _name_copies(source, fields, exports, keys) if named else []
    by_copy: dict[Hashable, list[int]] = defaultdict(list)
    for place, copy in enumerate(copies):
        by_copy[copy].append(place)
    return [
        _Meant(by_copy[copies[named[row["record"]]]], is_row=True)
        if row["record"] in named
        else _Meant(by_key.get(row["record"]) or by_key.get(spelled.get(row["record"], ""), []), is_row=False)
        for row in rows
    ]


def _name_copies(source: Source, fields: pa.Table, exports: pa.Table, keys: list[str]) -> list[Hashable]:
    """What the copies of one row have in common, a row a record."""
    if not source.key and source.kind != "control_polygons":
        return [*keys]
    # As ``receipts`` tells which exports are alike.
    alike = {
        row["export_id"]: (row["sha256"], row["file_name"] if source.is_read_by_name else None)
        for row in exports.select(["export_id", "sha256", "file_name"]).to_pylist()
    }
    where = (fields.column(name).to_pylist() for name in ("export_id", "layer", "record_no"))
    return [(alike[export_id], layer, number) for export_id, layer, number in zip(*where, strict=True)]


def _find_fault(source: Source, row: dict[str, Any], places: list[int]) -> str | None:
    """Code of the reason for which one override is refused by itself."""
    if any(not row[name] for name in NEEDED):
        return "override_incomplete"
    if row["field"] not in fields_to_override(source):
        return "override_field_unknown"
    if not places:
        return "override_record_unknown"
    try:
        write_value(source, row["field"], row["value"], None)
    except ValueError:
        return "override_value_unreadable"
    return None


def _refuse_repeated(rows: list[dict[str, Any]], meant: list[_Meant], refused: list[str | None]) -> None:
    """Note in ``refused`` the overrides that set what another sets too."""
    claims: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number, (row, one) in enumerate(zip(rows, meant, strict=True)):
        if refused[number] is None:
            for place in one.places:
                claims[place, row["field"]].append(number)
    for numbers in claims.values():
        if len(numbers) > 1 and not _is_said_of_copies([rows[n] for n in numbers], [meant[n] for n in numbers]):
            for number in numbers:
                refused[number] = "override_repeated"


def _is_said_of_copies(rows: list[dict[str, Any]], meant: list[_Meant]) -> bool:
    """Whether overrides say the same, each of another copy of one row."""
    is_each_another = len({row["record"] for row in rows}) == len(rows) and all(one.is_row for one in meant)
    return is_each_another and len({row["value"] for row in rows}) == 1


def _take_back_outranked(
    fields: pa.Table, columns: dict[str, list[str | None]], applied: list[tuple[dict[str, Any], int]]
) -> None:
    """Undo the overrides of fields in whose place others are read, once all overrides are set.

    Args:
        fields: the fields as received.
        columns: those that overrides name, with all overrides set.
        applied: rows of overrides that count so far, and the places of their records.
    """

    def is_said(name: str, at: int) -> bool:
        return (columns[name][at] if name in columns else fields.column(name)[at].as_py()) is not None

    for row, at in applied:
        field = row["field"]
        if field == "date_exact" and is_said("period_from", at):
            continue  # within a report's window the exact day counts, whatever else is said
        if any(is_said(name, at) for name in OUTRANKED_BY.get(field, ())):
            row |= {"state": "outranked", "value_after": row["value_before"]}
            columns[field][at] = row["value_before"]


def write_value(source: Source, field: str, value: str, before: str | None) -> str | None:
    """A person's value as the source would write it.

    A day is read as YYYY-MM-DD or by the source's own formats, and a coordinate as it is everywhere. Where the record
    means the same day or degrees already, its own spelling stays, so that an override that says nothing new changes
    nothing. Other values are taken as they are; the rules for records judge them.

    Args:
        source: gives the formats of days.
        field: the mapped field.
        value: the value; ``EMPTIED`` for none.
        before: what the record says.

    Raises:
        ValueError: it is a field of days or degrees, and the value is none.
    """
    if value == EMPTIED:
        return None
    if field in DATES:
        day = _given_day(source, value)
        if day is None:
            raise ValueError(f"{value!r} is no day")
        return before if _says(source, field, value, before) else _write_day(source, day)
    if field in LIMITS:
        axis, limit = LIMITS[field]
        degrees = _degrees(value, axis)
        if degrees is None or abs(degrees) > limit:
            raise ValueError(f"{value!r} is no {field} in degrees")
        return before if _says(source, field, value, before) else value
    return value


def _says(source: Source, field: str, given: str, said: str | None) -> bool:
    """Whether a record says of a field what a person gives, in whatever spelling (``identity.spell``)."""
    if said is None or given == EMPTIED:
        return given == (said or EMPTIED).strip()
    if field in DATES:
        day = _given_day(source, given)
        return given == said.strip() or (day is not None and day == _day(said, source.date_formats, source))
    if field in LIMITS:
        degrees = [_degrees(text, LIMITS[field][0]) for text in (given, said)]
        if None not in degrees:
            given, said = (f"{one:.9f}" for one in degrees)
    one, other = spell(source, field, pa.array([given, said], pa.string())).to_pylist()
    return bool(one == other)


def _given_day(source: Source, text: str) -> date | None:
    return _day(text, ("%Y-%m-%d", *source.date_formats), source)


def _degrees(text: str, axis: Axis) -> float | None:
    found: float | None = parse_coordinates(pa.array([text]), axis).to_pylist()[0]
    return found


def _day(text: str, formats: Iterable[str], source: Source) -> date | None:
    found: date | None = parse_dates(pa.array([text]), formats, source.default_year).to_pylist()[0]
    return found


def _write_day(source: Source, day: date) -> str:
    """A day in the first of the source's formats that can say it whole."""
    for format_ in source.date_formats:
        text = str((day - date(1970, 1, 1)).days * 86_400_000) if format_ == "epoch_ms" else day.strftime(format_)
        if _day(text, source.date_formats, source) == day:
            return text
    raise ValueError(f"no date format of {source.name} can write {day}")
