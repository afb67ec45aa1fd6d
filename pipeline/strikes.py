"""Strikes: from mapped records to reported strike locations.

Belongs here: typing the mapped fields of strike records, finding their coordinate and their effective window, and the
rules (in ``pipeline/sql/strikes``) by which a record is refused.
Does not belong here: who held the ground (``attribution``), counting (``tables``).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.base_map import province_shapes
from pipeline.catalogue import table
from pipeline.history import settle
from pipeline.lake import connect, sql
from pipeline.mapping import FIELDS, Mapped, extract, identify, lookup
from pipeline.overrides import apply_overrides
from pipeline.parsing import map_unique, parse_coordinates, parse_dates, parse_numbers
from pipeline.theatres import GENERIC, Source, Theatre

MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
# "Nov 6-8", "Dec 28-Jan 3", "Nov 30 - Dec 2". A single day ("until taken Jan 25", "seized Dec 29") is no statement
# about when a place was struck, so only spans count.
NOTE_DAYS = re.compile(
    r"\b(?P<month>[A-Z][a-z]{2})[a-z]* (?P<day>\d{1,2}) ?[-–] ?"
    r"(?:(?P<to_month>[A-Z][a-z]{2})[a-z]* )?(?P<to_day>\d{1,2})\b"
)
DATE_FIELDS = ("date_exact", "date_from", "date_to", "period_from", "period_to", "published")
UNSTATED = {"unstated", "unknown", "n/a", "-"}


@dataclass(frozen=True)
class MappedStrikes(Mapped):
    """What was made of the records of one source of strikes; ``rows`` are ``core.strikes`` of all months."""

    sightings: pa.Table
    revisions: pa.Table


def map_strikes(
    theatre: Theatre,
    source: Source,
    records: pa.Table,
    exports: pa.Table,
    places: pa.Table,
    reports: pa.Table,
    additions: pa.Table,
    accepted: Collection[str] = (),
    overrides: pa.Table | None = None,
) -> MappedStrikes:
    """Make strikes of the records of one source.

    Args:
        theatre: the theatre.
        source: a source of kind ``strikes``.
        records: its rows of ``raw.records``.
        exports: its rows of ``raw.exports``.
        places: ``core.places`` of the theatre (coordinates in degrees, WGS 84).
        reports: ``core.reports`` of the theatre.
        additions: ``core.report_additions`` of the theatre.
        accepted: ids of exports that a person let in.
        overrides: what people say of its records (``overrides.GIVEN``).
    """
    overridden = apply_overrides(theatre, source, extract(source, records, exports), overrides)
    fields = identify(source, overridden.fields, FIELDS["strikes"])
    typed = _type_fields(theatre, source, fields)
    west, south, east, north = theatre.extent
    with connect() as connection:
        for name, frame in {
            "typed": typed, "places": places, "reports": reports, "additions": additions
        }.items():  # fmt: skip
            connection.register(name, frame)
        connection.register("shapes_wkb", province_shapes(theatre))
        connection.execute(sql("strikes/read_shapes"))
        connection.execute(sql("strikes/locate_strikes"))
        bounds = {
            "west": west, "south": south, "east": east, "north": north,
            "first_day": f"{theatre.first_month}-01", "last_day": _last_day(theatre.last_month),
        }  # fmt: skip
        refused = connection.execute(sql("strikes/refuse_strikes"), bounds).to_arrow_table()
        settled = settle(source, theatre.name, fields, refused, exports, accepted)
        dated = connection.execute(
            sql("strikes/date_strikes"), {"is_cumulative": source.cumulative_reports}
        ).to_arrow_table()
        for name, frame in {
            "dated": dated, "revisions": settled.revisions, "told": settled.sightings,
            "texts": fields.select(["record_id", *FIELDS["strikes"], "geometry"]),
        }.items():  # fmt: skip
            connection.register(name, frame)
        names = {"theatre": theatre.name, "source": source.name}
        connection.execute(sql("strikes/name_strikes"), names)
        precision = {"default_precision_m": theatre.default_precision_m, "point_precision_m": theatre.point_precision_m}
        strikes = connection.execute(sql("strikes/assemble_strikes"), names | precision).to_arrow_table()
        sightings = connection.execute(sql("strikes/assemble_sightings"), names).to_arrow_table()
        revisions = connection.execute(sql("strikes/assemble_revisions"), names).to_arrow_table()
    return MappedStrikes(
        table("core.strikes").conform(strikes),
        settled.outcomes,
        settled.quarantine,
        settled.receipts,
        overridden.overrides,
        table("core.sightings").conform(sightings),
        table("core.revisions").conform(revisions),
    )


def _last_day(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{month}-{calendar.monthrange(year, number)[1]:02d}"


def _type_fields(theatre: Theatre, source: Source, fields: pa.Table) -> pa.Table:
    columns = {name: fields.column(name) for name in fields.column_names if name not in ("geometry",)}
    for name in DATE_FIELDS:
        columns[f"{name}_text"] = fields.column(name)
        columns[name] = parse_dates(fields.column(name), source.date_formats, source.default_year)
    for name in ("latitude", "longitude"):
        columns[f"{name}_text"] = fields.column(name)
        columns[f"own_{name}"] = parse_coordinates(fields.column(name))
        del columns[name]
    columns["precision_text"] = fields.column("precision")
    columns["own_precision_m"], columns["is_precision_unknown"] = _precision(source, fields.column("precision"))
    columns["province_text"] = fields.column("province")
    columns["province"] = lookup(fields.column("province"), theatre.province_aliases)
    columns["place_text"] = pc.coalesce(fields.column("place_text"), fields.column("place"))
    columns["confidence"] = pc.fill_null(_confidence(source, fields.column("confidence")), "unstated")
    columns["claimed_controller"] = _claimed(theatre, fields.column("claimed_actor"))
    columns["stated_holder"] = lookup(fields.column("stated_holder"), theatre.controller_aliases)
    columns["note_from"], columns["note_to"] = _note_days(source, fields, columns)
    return pa.table(columns)


def _precision(source: Source, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Metres of each precision (the source's default where none is given), and which are neither word nor number."""
    words = {word.casefold(): metres for word, metres in source.precision_m.items() if word != "default"}
    metres = map_unique(texts, lambda text: words.get(text.casefold()), pa.float64())
    read = pc.coalesce(metres, parse_numbers(texts))
    is_unknown = pc.and_(pc.is_valid(texts), pc.is_null(read))
    return pc.coalesce(read, pa.scalar(source.precision_m.get("default"), pa.float64())), is_unknown


def _confidence(source: Source, texts: pa.Array) -> pa.Array:
    return map_unique(texts, lambda text: source.confidence.get(text, text.casefold()), pa.string())


def _claimed(theatre: Theatre, actors: pa.Array) -> pa.Array:
    """The controller that a claim names; ``generic`` for "militants" and the like, which name no one."""

    def convert(text: str) -> str | None:
        if text.casefold() in UNSTATED:
            return None
        plain = text.split("(", maxsplit=1)[0].strip().casefold()
        return theatre.controller_aliases.get(plain, GENERIC)

    return map_unique(actors, convert, pa.string())


def _note_days(source: Source, fields: pa.Table, columns: dict[str, pa.Array]) -> tuple[pa.Array, pa.Array]:
    spans: list[tuple[date | None, date | None]] = [(None, None)] * fields.num_rows
    if source.note_days:
        rows = zip(
            fields.column("note").to_pylist(),
            columns["period_from"].to_pylist(),
            columns["period_to"].to_pylist(),
            strict=True,
        )
        spans = [read_note_days(note, start, end) for note, start, end in rows]
    return pa.array([s[0] for s in spans], pa.date32()), pa.array([s[1] for s in spans], pa.date32())


def read_note_days(
    note: str | None, period_from: date | None, period_to: date | None
) -> tuple[date | None, date | None]:
    """Days that a note names ("Nov 6-8"), if they lie within the report's window; else two Nones.

    The year is that of the window's end; a month after the window's last month belongs to the year before.
    """
    found = NOTE_DAYS.search(note or "")
    if not found or period_from is None or period_to is None:
        return None, None
    month = MONTHS.get(found["month"].casefold())
    to_month = MONTHS.get((found["to_month"] or found["month"]).casefold())
    if month is None or to_month is None:
        return None, None
    try:
        end = date(period_to.year - (to_month > period_to.month), to_month, int(found["to_day"]))
        start = date(end.year - (month > to_month), month, int(found["day"]))
    except ValueError:
        return None, None
    inside = period_from <= start <= end <= period_to
    return (start, end) if inside else (None, None)
