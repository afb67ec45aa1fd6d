"""Measures: the sets of strikes of a theatre and the figures of each.

Belongs here: laying out episodes, windows, regions and groups for the SQL, and running its measuring statements.
Does not belong here: how the figures are published (``headline``, ``sensitivity``).
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.base_map import province_shapes
from pipeline.errors import UserError
from pipeline.lake import sql
from pipeline.theatres import Theatre, months_between

FEWEST = 20  # with fewer locations than this no share is shown
TOLERANCE = 0.10  # t of the bounds: so much of a disc may be in doubt and the strike still counts as sure

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
GROUPS = pa.schema({"controller": pa.string(), "controller_group": pa.string(), "group_no": pa.int64()})
SHAPES = pa.schema({"region": pa.string(), "geometry": pa.binary()})


def prepare(connection: duckdb.DuckDBPyConnection, theatre: Theatre, strikes: pa.Table) -> None:
    """Lay out what does not depend on who held the ground: episodes, places, days and the sets to be measured."""
    connection.register("strikes", strikes)
    connection.register("windows", windows_frame(theatre, strikes))
    connection.register("regions", regions_frame(theatre))
    connection.register("region_shapes", region_shapes(theatre))
    connection.register("groups", groups_frame(theatre))
    episodes = connection.execute(sql("tables/find_episodes"), {"theatre": theatre.name}).to_arrow_table()
    connection.register("episodes", episodes)
    for statement in ("place_in_regions", "place_in_windows", "list_sets"):
        connection.execute(sql(f"tables/{statement}"))


def measure(
    connection: duckdb.DuckDBPyConnection, theatre: Theatre, attribution: pa.Table, told: str
) -> None:
    """Measure every set under one attribution; leaves the tables ``counted``, ``pieces`` and ``figures``.

    Args:
        connection: a connection on which `prepare` has run.
        theatre: the theatre.
        attribution: rows of ``core.attribution``, one for each strike.
        told: what the attribution is called in an error.

    Raises:
        UserError: a strike without exactly one attribution.
    """
    connection.register("attribution", attribution)
    lacking = (
        connection.execute(sql("tables/find_unattributed")).to_arrow_table().column("strike_id").to_pylist()
    )
    if lacking:
        raise UserError(
            f"{theatre.name}: {len(lacking)} strikes do not have exactly one row in {told} (the first is {lacking[0]}): "
            "run the attribution of their months again, then the tables"
        )
    connection.execute(sql("tables/sort_into_cells"))
    connection.execute(sql("tables/measure_sets"), {"tolerance": TOLERANCE})


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
                rows.append(
                    {"window_name": month, "window_from": first, "window_to": last, "is_named": False}
                )
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
                    f"{theatre.name}: region {name!r} names the province {province!r}, which the theatre does not have: "
                    f"use one of {', '.join(sorted(shapes))}"
                )
            rows.append({"region": name, "geometry": shapes[province]})
    return pa.Table.from_pylist(rows, schema=SHAPES)


def groups_frame(theatre: Theatre) -> pa.Table:
    """The theatre's groups of controllers, numbered in the order in which they are said.

    Raises:
        UserError: a controller is in two groups, so that the split would not sum to 1.
    """
    rows = []
    seen: dict[str, str] = {}
    for number, (group, members) in enumerate(theatre.groups.items()):
        for controller in members:
            if controller in seen:
                raise UserError(
                    f"{theatre.name}: {controller!r} is in the groups {seen[controller]!r} and {group!r}, so that the "
                    "split would count it twice: leave it in one"
                )
            seen[controller] = group
            rows.append({"controller": controller, "controller_group": group, "group_no": number})
    return pa.Table.from_pylist(rows, schema=GROUPS)
