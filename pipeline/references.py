"""References: the gazetteer, the list of reports, and what reports say of whole provinces.

Belongs here: mapping these three kinds of record to their tables. Does not belong here: using them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pyarrow as pa

from pipeline.catalogue import table
from pipeline.coordinates import read_locations
from pipeline.history import settle
from pipeline.identity import identify
from pipeline.mapping import Mapped, Received, lookup, refusals
from pipeline.overrides import extract_overridden
from pipeline.parsing import NULL_DAYS, parse_dates
from pipeline.precision import read_precision
from pipeline.swapped import lie_swapped
from pipeline.theatres import FIELDS, Source, Theatre

TABLES = {"places": "core.places", "reports": "core.reports", "report_additions": "core.report_additions"}


def map_references(
    theatre: Theatre,
    source: Source,
    received: Received,
) -> Mapped:
    """Make reference rows of the records of one source.

    Args:
        theatre: the theatre.
        source: a source of kind ``places``, ``reports`` or ``report_additions``.
        received: what was received of it.
    """
    overridden = extract_overridden(theatre, source, received)
    fields = identify(source, overridden.fields, FIELDS[source.kind])
    typed, refused = BUILDERS[source.kind](theatre, source, fields)
    rows_told = fields.select(["record_id", "problem", "out_of_scope"]).to_pylist()
    broken = {row["record_id"] for row in rows_told if row["problem"]}
    # A malformed record gets that reason alone: what it seems to lack may stand in another column.
    refused = [one for one in refused if one["record_id"] not in broken]
    for row in rows_told:
        if row["problem"]:
            refused.append(_refuse(row, row["problem"], None, None))
        elif row["out_of_scope"]:
            refused.append(_refuse(row, "record_out_of_scope", None, row["out_of_scope"]))
    settled = settle(source, theatre.name, fields, refusals(refused), received.exports, received.accepted)
    standing = {row["record_id"] for row in settled.outcomes.to_pylist() if row["outcome"] == "accepted"}
    rows = [row for row in typed if row["record_id"] in standing]
    return Mapped(
        table(TABLES[source.kind]).conform(rows),
        settled.outcomes,
        settled.quarantine,
        settled.receipts,
        overridden.overrides,
    )


Built = tuple[list[dict[str, object]], list[dict[str, object]]]


def _refuse(row: dict[str, object], code: str, field: str | None, value: object) -> dict[str, object]:
    text = None if value is None else str(value)
    return {"record_id": row["record_id"], "reason_code": code, "field": field, "value": text}


def _place_id(theatre: Theatre, source: Source, key: str) -> str:
    return "p" + hashlib.sha256(f"{theatre.name}|{source.name}|{key}".encode()).hexdigest()[:16]


def _places(theatre: Theatre, source: Source, fields: pa.Table) -> Built:
    located = read_locations(fields, source.coordinate_order)
    latitudes, longitudes = located.latitude.to_pylist(), located.longitude.to_pylist()
    texts, is_swapped = located.text.to_pylist(), located.is_swapped.to_pylist()
    precisions, precision_faults = (column.to_pylist() for column in read_precision(source, fields.column("precision")))
    squares = located.square_m.to_pylist()
    known = lookup(fields.column("province"), theatre.province_aliases)
    provinces = known.to_pylist()
    is_other_way_round = lie_swapped(theatre, known, located.latitude, located.longitude)
    rows: list[dict[str, object]] = []
    refused: list[dict[str, object]] = []
    for i, row in enumerate(fields.to_pylist()):
        if row["place"] is None:
            refused.append(_refuse(row, "place_missing", "place", None))
        if row["province"] and provinces[i] is None:
            refused.append(_refuse(row, "province_unknown", "province", row["province"]))
        fault = (
            "coordinate_swapped"
            if is_swapped[i] or is_other_way_round[i]
            else _coordinate_fault(theatre, texts[i], latitudes[i], longitudes[i])
        )
        if fault:
            refused.append(_refuse(row, fault, "coordinate", texts[i] or row["place"]))
        if precision_faults[i]:
            refused.append(_refuse(row, precision_faults[i], "precision", row["precision"]))
        if precisions[i] is not None and not 0 <= precisions[i] <= theatre.widest_precision_m:
            refused.append(_refuse(row, "precision_impossible", "precision", row["precision"]))
        aliases = [alias.strip() for alias in (row["aliases"] or "").split(";") if alias.strip()]
        rows.append(
            {
                "place_id": _place_id(theatre, source, row["source_key"]),
                "theatre": theatre.name,
                "source": source.name,
                "record_id": row["record_id"],
                "place": row["place"],
                "aliases": json.dumps(aliases, ensure_ascii=False),
                "province": provinces[i],
                "latitude": latitudes[i],
                "longitude": longitudes[i],
                "precision_m": max(
                    theatre.default_precision_m if precisions[i] is None else precisions[i], squares[i] or 0.0
                ),
                "credit": row["credit"] or source.credit,
            }
        )  # fmt: skip
    return rows, refused


def _coordinate_fault(
    theatre: Theatre, text: str | None, latitude: float | None, longitude: float | None
) -> str | None:
    """Why a place cannot lie there, by the catalogue's codes; None where it can."""
    west, south, east, north = theatre.extent
    if text is None:
        return "place_without_coordinate"
    if latitude is None or longitude is None:
        return "coordinate_unreadable"
    if south <= latitude <= north and west <= longitude <= east:
        return None
    is_inside_swapped = south <= longitude <= north and west <= latitude <= east
    return "coordinate_swapped" if is_inside_swapped else "coordinate_outside"


def _dated(theatre: Theatre, source: Source, fields: pa.Table, first: str, last: str, more: tuple[str, ...]) -> Built:
    starts = parse_dates(fields.column(first), source.date_formats, source.default_year).to_pylist()
    ends = parse_dates(fields.column(last), source.date_formats, source.default_year).to_pylist()
    rows: list[dict[str, object]] = []
    refused: list[dict[str, object]] = []
    for i, row in enumerate(fields.to_pylist()):
        for name, day in ((first, starts[i]), (last, ends[i])):
            if row[name] is None:
                refused.append(_refuse(row, "date_missing", name, None))
            elif day is None:
                refused.append(_refuse(row, "date_unparsable", name, row[name]))
            elif day.isoformat() in NULL_DAYS:
                refused.append(_refuse(row, "date_null", name, row[name]))
            elif day > row["received_at"].date():
                refused.append(_refuse(row, "date_future", name, row[name]))
        if starts[i] and ends[i] and ends[i] < starts[i]:
            refused.append(_refuse(row, "date_order", last, f"{row[first]} to {row[last]}"))
        rows.append(
            {
                "theatre": theatre.name,
                "source": source.name,
                "record_id": row["record_id"],
                first: starts[i],
                last: ends[i],
                **{name: row[name] for name in more},
            }
        )
    return rows, refused


def _reports(theatre: Theatre, source: Source, fields: pa.Table) -> Built:
    published = parse_dates(fields.column("published"), source.date_formats, source.default_year).to_pylist()
    more = ("report_url", "report_title", "locations_stated")
    rows, refused = _dated(theatre, source, fields, "period_from", "period_to", more)
    refused += [
        _refuse(row, "date_unparsable", "published", row["published"])
        for row, day in zip(fields.to_pylist(), published, strict=True)
        if row["published"] is not None and day is None
    ]
    return [{**row, "published": published[i]} for i, row in enumerate(rows)], refused


def _additions(theatre: Theatre, source: Source, fields: pa.Table) -> Built:
    provinces = lookup(fields.column("province"), {**theatre.province_aliases, "all": "ALL"}).to_pylist()
    more = ("report_url", "status", "stated_holder", "note")
    rows, refused = _dated(theatre, source, fields, "date_from", "date_to", more)
    refused += [
        _refuse(row, "province_unknown", "province", row["province"])
        for i, row in enumerate(fields.to_pylist())
        if provinces[i] is None
    ]
    return [{**row, "province": provinces[i]} for i, row in enumerate(rows)], refused


BUILDERS: dict[str, Callable[[Theatre, Source, pa.Table], Built]] = {
    "places": _places,
    "reports": _reports,
    "report_additions": _additions,
}
