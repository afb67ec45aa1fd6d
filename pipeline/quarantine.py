"""Quarantine: what was refused, for people who put it right.

Belongs here: counting and listing what the last run refused, and a file of overrides with those rows ready to be filled
in. Does not belong here: refusing anything (the stages), reading overrides (``override_files``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.catalogue.reasons import Reason, reasons
from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.mapping import extract
from pipeline.override_files import HEADER, NOTES
from pipeline.overrides import EMPTIED, fields_to_override
from pipeline.printing import printable
from pipeline.sessions import run_sql
from pipeline.settings import Settings
from pipeline.spreadsheets import guard
from pipeline.theatres import FIELDS, Source, theatres

WIDTH = 80
COUNTED = ("theatre", "source", "reason_code", "open_rows", "refused_rows", "files", "first_seen", "last_seen")
LISTED = (
    "theatre", "source", "reason_code", "file_name", "layer", "record_no", "line_no", "source_key", "record_id",
    "field", "value", "hint", "first_seen", "last_seen",
)  # fmt: skip
# Reasons that concern two records of one key, or one without a key: only its id tells the row.
WITHOUT_KEY = ("record_key_conflict", "key_missing")
# Fields that put a row right, where they are others than the one at fault.
REMEDIES = {
    "place_missing": ("place", "latitude", "longitude"),
    "place_unknown": ("place", "latitude", "longitude"),
    "place_ambiguous": ("province", "latitude", "longitude"),
}
DAYS = ("date_exact", "date_from", "date_to", "period_from", "period_to")
# What an override cannot put right.
NOT_OVERRIDDEN = ("record_malformed", "record_out_of_scope")
Row = Mapping[str, Any]


def find_refused(
    settings: Settings, theatre: str | None = None, source: str | None = None, reason: str | None = None
) -> pa.Table:
    """What the last run refused, one row a reason: by theatre, source, reason, last seen, newest export, place.

    Args:
        settings: where the working tables are.
        theatre: only this theatre.
        source: only this source.
        reason: only this reason.

    Raises:
        UserError: nothing was made yet, or there is no such theatre, source or reason.
    """
    chosen = [theatres()[theatre]] if theatre in theatres() else list(theatres().values())
    _check("theatre", theatre, theatres())
    _check("source", source, [name for one in chosen for name in one.sources])
    _check("reason", reason, reasons())
    lake = Lake(settings)
    if lake.version("core.receipts") is None:
        raise UserError("nothing was looked at yet: run `isw-strikes run` first")
    return run_sql(
        "quarantine/list_refused",
        {"theatre": theatre, "source": source, "reason": reason},
        quarantine=lake.read("core.quarantine"),
        overrides=lake.read("core.overrides"),
        receipts=lake.read("core.receipts"),
        outcomes=lake.read("core.record_outcomes"),
    )


def _check(what: str, name: str | None, known: Iterable[str]) -> None:
    listed = list(dict.fromkeys(known))
    if name is not None and name not in listed:
        near = get_close_matches(name, listed, n=3) or listed
        raise UserError(f"there is no {what} {name!r}: choose one of {', '.join(near)}")


def count_refused(refused: pa.Table) -> list[dict[str, Any]]:
    """Refused rows by theatre, source and reason (``COUNTED``), and how many are open; what is no fault last."""
    return list(run_sql("quarantine/count_refused", refused=refused).to_pylist())


def write_csv(file: TextIO, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Write rows as CSV, with no text that a spreadsheet would run."""
    names = list(columns)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)


def _cell(value: Any) -> Any:
    return (
        guard(value) if isinstance(value, str) else f"{value:%Y-%m-%dT%H:%M:%SZ}" if hasattr(value, "hour") else value
    )


def tell_counts(counts: list[dict[str, Any]]) -> Iterator[str]:
    """How many rows each reason refused, how many of them are open, and what it means, a line each."""
    for row in counts:
        code = row["reason_code"]
        counted = f"{row['open_rows']:>9,} open of {row['refused_rows']:<9,}"
        yield f"{counted}  {code:<26} {row['theatre']} {row['source']}: {reasons()[code].about}"


def tell_rows(reason: Reason, rows: list[dict[str, Any]], limit: int) -> Iterator[str]:
    """The rows that one reason refused, and what to do, as lines of plain English."""
    yield f"{reason.code}: {reason.about}."
    yield f"What to do: {reason.hint}.\n"
    for row in rows[:limit]:
        place = ", ".join(printable(part) for part in (row["file_name"], row["layer"], _place(row)) if part)
        said = "" if row["field"] is None else f": {row['field']} = {_shown(row['value'])}"
        settled = "; a later export has put it right" if row["is_corrected"] else ""
        settled = settled or ("; its export is held back" if row["is_held"] else "")
        since = f" (since {row['first_seen']:%Y-%m-%d}{settled})" if row["first_seen"] else ""
        yield f"  {row['theatre']} {row['source']}: {place}{said}{since}"
        if row["record_id"]:
            yield f"      record {_shown(name_record(row))}"
    if len(rows) > limit:
        yield f"  … and {len(rows) - limit:,} more: --limit {len(rows)} shows them, --csv writes them all"


def _place(row: Row) -> str | None:
    if row["line_no"]:
        return f"line {row['line_no']}"
    return f"record {row['record_no']}" if row["record_no"] else None


def _shown(text: str | None) -> str:
    """A text on one line, without characters that a terminal would obey."""
    if text is None:
        return "nothing"
    plain = printable(" ".join(text.split()))
    return repr(plain if len(plain) <= WIDTH else plain[:WIDTH] + "…")


def tell_next(settings: Settings, reason: Reason | None, rows: list[dict[str, Any]]) -> str:
    """The next step: a reason to look into, or how its rows are put right."""
    if reason is None:
        return f"Next: isw-strikes quarantine --reason {rows[0]['reason_code']}"
    one = rows[0]
    again = f"isw-strikes run --theatre {one['theatre']}"
    if reason.level == "override":
        return f"Next: correct the lines in {settings.root}, then {again}"
    if reason.level == "file" or reason.code in NOT_OVERRIDDEN:
        return f"Next: ingest a corrected export, then {again}"
    return (
        f"Next: correct the export and ingest it, or pipeline/theatres/{one['theatre']}.yaml; or correct single rows:\n"
        f"  isw-strikes quarantine --theatre {one['theatre']} --source {one['source']} --reason {reason.code}"
        " --template FILE.csv"
    )


def write_template(settings: Settings, path: Path, reason: Reason, rows: list[dict[str, Any]]) -> str:
    """Write a file of overrides that holds the rows that one reason refused, without their values, who and why.

    Rows that a later export has put right are left out; of several rows of one key the newest is written.

    Args:
        settings: where overrides belong, and the records.
        path: the file to make.
        reason: the reason.
        rows: rows of :func:`find_refused` with that reason.

    Returns:
        What to do with the file.

    Raises:
        UserError: the file exists, the rows are of several sources, or overrides cannot put them right.
    """
    of = sorted({(row["theatre"], row["source"]) for row in rows})
    if len(of) > 1:
        listed = ", ".join(f"{theatre} {source}" for theatre, source in of)
        raise UserError(f"a file of overrides is for one source: choose by --theatre and --source one of {listed}")
    (theatre, name) = of[0]
    source = theatres()[theatre].sources[name]
    if reason.code in NOT_OVERRIDDEN or reason.level == "override":
        raise UserError(f"no override can put {reason.code} right: {reason.hint}")
    standing = [row for row in rows if not row["is_corrected"]]
    if not standing:
        raise UserError(f"nothing is left to correct: later exports have put every row of {reason.code} right")
    said = _read_fields(settings, theatre, source, standing)
    if any(row["record_id"] and row["record_id"] not in said for row in standing):
        raise UserError(f"files of {name} were read again since the last run: run `isw-strikes run` first")
    lines: dict[tuple[str | None, str], list[Any]] = {}
    for row in standing:
        named = name_record(row)
        # Without a key an override counts for all records of one content.
        same = row["source_key"] if not source.key and source.kind != "control_polygons" else named
        for field in _fields_at_fault(source, reason.code, row["field"]) if named else ():
            was = said[row["record_id"]][field] or EMPTIED
            notes = (reason.code, row["value"], row["file_name"], row["line_no"] or row["record_no"], row["hint"])
            lines.setdefault((same, field), [named, field, "", "", "", "", was, *notes])
    if not lines:
        raise UserError(f"no override can put {reason.code} right: {reason.hint}")
    try:
        # The mark tells spreadsheets that the file is UTF-8.
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            header = (*HEADER, *NOTES)
            write_csv(file, header, [dict(zip(header, line, strict=True)) for line in lines.values()])
    except FileExistsError:
        raise UserError(f"{path} exists: name a file that does not") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
    folder = settings.overrides_dir / theatre / name
    left_out = len(rows) - len(standing)
    told = f" ({left_out:,} rows that a later export has put right are left out)" if left_out else ""
    return (
        f"{path}: {len(lines):,} lines{told}. Fill in value, who and why where you know them, delete the other lines,"
        f" and save it as CSV in {folder}\nNext: isw-strikes run --theatre {theatre}"
    )


def _read_fields(
    settings: Settings, theatre: str, source: Source, rows: list[dict[str, Any]]
) -> dict[str, dict[str, str | None]]:
    """The mapped fields of refused records as received, by id."""
    lake = Lake(settings)
    where: dict[str, Any] = {"theatre": theatre, "source": source.name}
    exports = sorted({row["export_id"] for row in rows if row["export_id"]})
    records = lake.read("raw.records", export_id=exports, **where)
    wanted = pa.array(sorted({row["record_id"] for row in rows if row["record_id"]}), pa.string())
    records = records.filter(pc.is_in(records.column("record_id"), wanted))
    fields = extract(source, records, lake.read("raw.exports", **where)).select(["record_id", *FIELDS[source.kind]])
    return {row["record_id"]: row for row in fields.to_pylist()}


def name_record(row: Row) -> str | None:
    """How an override names the record of a row: by its key where it has one as received, else by its id."""
    source = theatres()[row["theatre"]].sources[row["source"]]
    is_keyed = bool(source.key) and source.kind != "control_polygons"
    if row["source_key"] and is_keyed and row["reason_code"] not in WITHOUT_KEY and not row["is_overridden"]:
        return str(row["source_key"])
    return None if row["record_id"] is None else str(row["record_id"])


def _fields_at_fault(source: Source, code: str, field: str | None) -> list[str]:
    """Mapped fields that an override would set to put a row right."""
    mapped = [name for name in fields_to_override(source) if name in source.fields]
    if code in REMEDIES and source.kind == "strikes":
        return list(REMEDIES[code])
    if field in ("coordinate", "latitude"):
        return ["latitude", "longitude"]
    if field == "date":
        return [name for name in DAYS if name in mapped]
    if field == "source_key":
        return [name for name in source.key if name in mapped][:1]
    return [field] if field in fields_to_override(source) else []
