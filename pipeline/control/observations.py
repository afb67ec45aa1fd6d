"""Observations: from mapped records to dated statements that a controller held a place.

Belongs here: typing the mapped fields of such records; the rules that refuse one are in
``pipeline/sql/control``.
Does not belong here: the ground around a place (``observed``).
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from pipeline.catalogue import table
from pipeline.control.holders import read_holders
from pipeline.coordinates import read_locations
from pipeline.history import settle
from pipeline.identity import identify
from pipeline.mapping import Mapped, Received, lookup
from pipeline.overrides import extract_overridden
from pipeline.parsing import null_days, parse_dates
from pipeline.sessions import connect, sql
from pipeline.swapped import lie_swapped
from pipeline.theatres import FIELDS, Source, Theatre

# Ground is often held since long before the strikes begin; a date decades earlier (1900, 1970) is a slip.
YEARS_BEFORE = 20


def map_observations(
    theatre: Theatre,
    source: Source,
    received: Received,
) -> Mapped:
    """Make ``core.control_observations`` rows of the records of one source.

    Args:
        theatre: gives vocabulary, extent and provinces.
        source: a source of kind ``control_observations``.
        received: what was received of it.
    """
    overridden = extract_overridden(theatre, source, received)
    fields = identify(source, overridden.fields, FIELDS["control_observations"])
    west, south, east, north = theatre.extent
    bounds = {"west": west, "south": south, "east": east, "north": north, "earliest": earliest_day(theatre)}
    with connect() as connection:
        connection.register("typed", _type_fields(theatre, source, fields))
        connection.register("null_days", null_days())
        refused = connection.execute(sql("control/refuse_observations"), bounds).to_arrow_table()
        settled = settle(source, theatre.name, fields, refused, received.exports, received.accepted)
        connection.register("outcomes", settled.outcomes)
        identity = {"theatre": theatre.name, "source": source.name}
        rows = connection.execute(sql("control/assemble_observations"), identity).to_arrow_table()
    return Mapped(
        table("core.control_observations").conform(rows),
        settled.outcomes,
        settled.quarantine,
        settled.receipts,
        overridden.overrides,
    )


def earliest_day(theatre: Theatre) -> date:
    """Day before which a statement about control cannot be meant."""
    year, month = (int(part) for part in theatre.first_month.split("-"))
    return date(year - YEARS_BEFORE, month, 1)


def _type_fields(theatre: Theatre, source: Source, fields: pa.Table) -> pa.Table:
    columns = {name: fields.column(name) for name in fields.column_names if name != "geometry"}
    located = read_locations(fields, source.coordinate_order)
    columns["latitude"], columns["longitude"] = located.latitude, located.longitude
    columns["coordinate_text"], columns["is_swapped_by_letters"] = located.text, located.is_swapped
    for name in ("valid_from", "valid_to"):
        columns[f"{name}_text"] = fields.column(name)
        columns[name] = parse_dates(fields.column(name), source.date_formats, source.default_year)
    columns["province_text"] = fields.column("province")
    columns["province"] = lookup(fields.column("province"), theatre.province_aliases)
    columns["is_swapped_by_province"] = lie_swapped(theatre, columns["province"], located.latitude, located.longitude)
    holders = read_holders(theatre, fields.column("controller"), fields.column("parties"))
    columns["controller_text"] = fields.column("controller")
    columns["controller"], columns["parties"] = holders.controller, holders.parties
    columns["strange_holder"] = holders.unknown
    return pa.table(columns)
