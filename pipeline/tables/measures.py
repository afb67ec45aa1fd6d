"""Measures: the sets of strikes of a theatre and the figures of each.

Belongs here: laying out episodes, windows, regions and groups for the SQL, and running its statements.
Does not belong here: how the figures are published (``headline``, ``sensitivity``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.base_map import province_shapes
from pipeline.errors import UserError
from pipeline.sessions import sql
from pipeline.theatres import Theatre, Window, months_between

FEWEST = 20  # with fewer locations than this no share is shown
MOST_UNKNOWN = 0.5  # nor where more of the ground than this is not known: it would be counted as outside
TOLERANCE = 0.10  # t of the bounds: so much of a disc may be in doubt and the strike still counts as sure

# An attribution of the same strikes under another method choice, by (choice, variant, what it means).
Variants = Mapping[tuple[str, str, str], pa.Table]

WINDOWS = pa.schema(
    {"window_name": pa.string(), "window_from": pa.date32(), "window_to": pa.date32(), "is_named": pa.bool_()}
)
REGIONS = pa.schema(
    [
        ("region", pa.string()),
        ("title", pa.string()),
        *((name, pa.float64()) for name in ("west", "south", "east", "north", "latitude", "longitude", "km")),
    ]
)
GROUPS = pa.schema({"controller": pa.string(), "controller_group": pa.string()})
SHAPES = pa.schema({"region": pa.string(), "geometry": pa.binary()})


def prepare(connection: duckdb.DuckDBPyConnection, theatre: Theatre, strikes: pa.Table) -> None:
    """Lay out what does not depend on who held the ground: episodes, places, days, the sets to measure."""
    connection.register("strikes", strikes)
    connection.register("windows", windows_frame(theatre, strikes))
    connection.register("regions", regions_frame(theatre))
    connection.register("region_shapes", region_shapes(theatre))
    connection.register("groups", groups_frame(theatre))
    connection.register("episodes", run(connection, "find_episodes", theatre=theatre.name))
    for step in ("place_in_regions", "place_in_windows", "list_sets"):
        run(connection, step)


def measure(
    connection: duckdb.DuckDBPyConnection,
    attribution: pa.Table,
    told: str = "core.attribution",
    window: Window | None = None,
) -> None:
    """Measure every set under one attribution; leaves the tables ``counted``, ``pieces`` and ``figures``.

    Args:
        connection: a connection on which `prepare` has run.
        attribution: rows of ``core.attribution``.
        told: what the attribution is called in an error.
        window: the only window for whose strikes the attribution must speak; other sets then mean nothing.

    Raises:
        UserError: a strike without exactly one attribution.
    """
    connection.register("attribution", attribution)
    days = (window.start, window.end) if window else (date.min, date.max)
    found = run(connection, "find_unattributed", first_day=days[0], last_day=days[1])
    lacking = found.column("strike_id").to_pylist()
    if lacking:
        raise UserError(
            f"{len(lacking)} strikes do not have exactly one row in {told} (the first is {lacking[0]}): "
            "run the attribution of their months again, then the tables"
        )
    run(connection, "sort_into_cells")
    run(connection, "measure_sets", tolerance=TOLERANCE, fewest=FEWEST, most_unknown=MOST_UNKNOWN)


def run(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> pa.Table:
    """Run the statements of one file of ``pipeline/sql/tables`` and return the rows of the last."""
    for statement in connection.extract_statements(sql(f"tables/{name}")):
        wanted = {key: parameters[key] for key in statement.named_parameters}
        result = connection.execute(statement, wanted)
    return result.to_arrow_table()


def windows_frame(theatre: Theatre, strikes: pa.Table) -> pa.Table:
    """The theatre's windows and every month from the first strike's to the last's; days are inclusive."""
    rows = [
        {"window_name": name, "window_from": window.start, "window_to": window.end, "is_named": True}
        for name, window in theatre.windows.items()
    ]
    if strikes.num_rows:
        days = pc.min_max(strikes.column("date_from")).as_py()
        for month in months_between(f"{days['min']:%Y-%m}", f"{days['max']:%Y-%m}"):
            if month not in theatre.windows:
                first, last = month_days(month)
                rows.append({"window_name": month, "window_from": first, "window_to": last, "is_named": False})
    return pa.Table.from_pylist(rows, schema=WINDOWS)


def month_days(month: str) -> tuple[date, date]:
    """First and last day of a month given as YYYY-MM."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def regions_frame(theatre: Theatre) -> pa.Table:
    """The theatre's regions: degrees for boxes and centres, kilometres for radii."""
    rows = []
    for name, region in theatre.regions.items():
        row: dict[str, object] = {"region": name, "title": region.title}
        if region.box:
            row.update(zip(("west", "south", "east", "north"), region.box, strict=True))
        if region.near:
            row.update(region.near.model_dump())
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=REGIONS)


def region_shapes(theatre: Theatre) -> pa.Table:
    """Shapes of the provinces that make up regions, one row a region and province: WKB, OGC:CRS84."""
    shapes = {row["province"]: row["geometry"] for row in province_shapes(theatre).to_pylist()}
    rows = []
    for name, region in theatre.regions.items():
        for province in region.provinces:
            if province not in shapes:
                raise UserError(
                    f"{theatre.name}: region {name!r} names the province {province!r}, which the theatre "
                    f"does not have: use one of {', '.join(sorted(shapes))}"
                )
            rows.append({"region": name, "geometry": shapes[province]})
    return pa.Table.from_pylist(rows, schema=SHAPES)


def groups_frame(theatre: Theatre) -> pa.Table:
    """Each controller and the theatre's group that holds it."""
    rows = [
        {"controller": controller, "controller_group": group}
        for group, members in theatre.groups.items()
        for controller in members
    ]
    return pa.Table.from_pylist(rows, schema=GROUPS)
