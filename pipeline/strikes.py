"""Strikes: from mapped records to reported strike locations.

Belongs here: typing the mapped fields of strike records, finding their coordinate and their effective window, and the
rules (in ``pipeline/sql/strikes``) by which a record is refused.
Does not belong here: who held the ground (``attribution``), counting (``tables``).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.catalogue import table
from pipeline.coordinates import read_locations
from pipeline.history import settle
from pipeline.identity import identify
from pipeline.mapping import Mapped, Received, lookup
from pipeline.names import fold_name
from pipeline.overrides import extract_overridden
from pipeline.parsing import map_unique, null_days, parse_dates, parse_spans
from pipeline.place_matching import match_places
from pipeline.precision import read_precision
from pipeline.sessions import connect, sql
from pipeline.swapped import lie_swapped
from pipeline.theatres import FIELDS, Source, Theatre

MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
# "Nov 6-8", "Dec 28-Jan 3", "Nov 30 - Dec 2". A single day ("until taken Jan 25", "seized Dec 29") is no statement
# about when a place was struck, so only spans count.
# A month is named whole or by three letters: "Marea 5-6" names a town.
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in calendar.month_name if name).replace("Sep(", "Sept?(")
NOTE_DAYS = re.compile(
    rf"\b(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}}) ?[-–] ?(?:(?P<to_month>{_MONTH})\.? )?(?P<to_day>\d{{1,2}})\b"
)
DATE_FIELDS = ("date_exact", "date_from", "date_to", "period_from", "period_to", "published")
# The window that a record reports: which of its days says the first, and which the last.
REPORTED = {
    "reported_from": ("date_from", "period_from", "date_exact"),
    "reported_to": ("date_to", "date_from", "period_to", "period_from", "date_exact"),
}
UNSTATED = {"unstated", "unknown", "n/a", "-"}


@dataclass(frozen=True)
class MappedStrikes(Mapped):
    """What was made of the records of one source of strikes; ``rows`` are ``core.strikes`` of all months."""

    sightings: pa.Table
    revisions: pa.Table
    past: pa.Table


def map_strikes(
    theatre: Theatre,
    source: Source,
    received: Received,
    places: pa.Table,
    reports: pa.Table,
    additions: pa.Table,
) -> MappedStrikes:
    """Make strikes of the records of one source.

    Args:
        theatre: the theatre.
        source: a source of kind ``strikes``.
        received: what was received of it.
        places: ``core.places`` of the theatre (coordinates in degrees, WGS 84).
        reports: ``core.reports`` of the theatre.
        additions: ``core.report_additions`` of the theatre.
    """
    overridden = extract_overridden(theatre, source, received)
    fields = identify(source, overridden.fields, FIELDS["strikes"])
    typed = _type_fields(theatre, source, fields)
    west, south, east, north = theatre.extent
    with connect() as connection:
        for name, frame in {
            "typed": typed, "places": places, "reports": reports, "additions": additions,
            "place_matches": match_places(typed, places, source.place_match, theatre.province_aliases),
            "null_days": null_days(),
        }.items():  # fmt: skip
            connection.register(name, frame)
        connection.execute(sql("strikes/locate_strikes"))
        bounds = {
            "west": west, "south": south, "east": east, "north": north,
            "first_day": f"{theatre.first_month}-01", "last_day": _last_day(theatre.last_month),
            "longest_window_days": theatre.longest_window_days, "widest_precision_m": theatre.widest_precision_m,
        }  # fmt: skip
        refused = connection.execute(sql("strikes/refuse_strikes"), bounds).to_arrow_table()
        settled = settle(source, theatre.name, fields, refused, received.exports, received.accepted)
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
    stands = pc.equal(strikes.column("status"), "current")
    return MappedStrikes(
        table("core.strikes").conform(strikes.filter(stands)),
        settled.outcomes,
        settled.quarantine,
        settled.receipts,
        overridden.overrides,
        table("core.sightings").conform(sightings),
        table("core.revisions").conform(revisions),
        table("core.past_strikes").conform(strikes.filter(pc.invert(stands))),
    )


def _last_day(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{month}-{calendar.monthrange(year, number)[1]:02d}"


def _type_fields(theatre: Theatre, source: Source, fields: pa.Table) -> pa.Table:
    columns = {name: fields.column(name) for name in fields.column_names if name not in ("geometry",)}
    for name in DATE_FIELDS:
        columns[f"{name}_text"] = fields.column(name)
        columns[name] = parse_dates(fields.column(name), source.date_formats, source.default_year)
    columns |= _spans(source, fields, columns)
    for name, order in REPORTED.items():
        columns[name] = pc.coalesce(*(columns[field] for field in order))
    located = read_locations(fields, source.coordinate_order)
    columns["own_latitude"], columns["own_longitude"] = located.latitude, located.longitude
    columns["coordinate_text"], columns["square_m"] = located.text, located.square_m
    columns["is_swapped_by_letters"] = located.is_swapped
    for name in ("latitude", "longitude"):
        del columns[name]
    columns["precision_text"] = fields.column("precision")
    columns["own_precision_m"], columns["precision_fault"] = read_precision(source, fields.column("precision"))
    columns["province_text"] = fields.column("province")
    columns["province"] = lookup(fields.column("province"), theatre.province_aliases)
    columns["is_swapped_by_province"] = lie_swapped(theatre, columns["province"], located.latitude, located.longitude)
    columns["place_text"] = pc.coalesce(fields.column("place_text"), fields.column("place"))
    columns |= _words(theatre, source, fields)
    columns["note_from"], columns["note_to"] = _note_days(source, fields, columns)
    return pa.table(columns)


def _spans(source: Source, fields: pa.Table, columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """First and last day of what ``dates`` names, where ``date_from`` says nothing."""
    texts = pc.if_else(pc.is_null(fields.column("date_from")), fields.column("dates"), None)
    days = parse_spans(texts, source.date_formats, source.default_year)
    made = {
        "date_from": pc.coalesce(columns["date_from"], days[0]),
        "date_to": pc.coalesce(columns["date_to"], days[1]),
    }
    return made | {"date_from_text": pc.coalesce(columns["date_from_text"], texts)}


def _words(theatre: Theatre, source: Source, fields: pa.Table) -> dict[str, pa.Array]:
    """Words of the vocabularies, and beside each the text that is in none (null where all is well)."""
    confidences = {fold_name(text): word for text, word in source.confidence.items()}
    vocabularies = {
        "confidence": ("confidence", confidences),
        "claimed_controller": ("claimed_actor", theatre.target_aliases),
        "stated_holder": ("stated_holder", theatre.controller_aliases),
    }
    columns = {}
    for name, (field, spellings) in vocabularies.items():
        said = map_unique(fields.column(field), _unstated_is_null, pa.string())
        columns[name] = lookup(said, spellings)
        columns[f"{name}_strange"] = pc.if_else(pc.is_null(columns[name]), said, None)
    columns["confidence"] = pc.fill_null(columns["confidence"], "unstated")
    return columns


def _unstated_is_null(text: str) -> str | None:
    return None if text.casefold() in UNSTATED else text


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
    """First and last of the days that a note names ("Nov 6-8 and Nov 10-11"), if all lie in the report's window.

    The year is that of the window's end; a month after the window's last month belongs to the year before. Two Nones
    where there are no such days.
    """
    if period_from is None or period_to is None:
        return None, None
    spans = [_read_span(found, period_to) for found in NOTE_DAYS.finditer(note or "")]
    if not spans or not all(span and period_from <= span[0] <= span[1] <= period_to for span in spans):
        return None, None
    days = [day for span in spans if span for day in span]
    return min(days), max(days)


def _read_span(found: re.Match[str], last: date) -> tuple[date, date] | None:
    month, to_month = (MONTHS[name[:3].casefold()] for name in (found["month"], found["to_month"] or found["month"]))
    try:
        end = date(last.year - (to_month > last.month), to_month, int(found["to_day"]))
        return date(end.year - (month > to_month), month, int(found["day"])), end
    except ValueError:
        return None
