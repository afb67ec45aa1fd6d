"""Links: strikes of different sources that could be one event.

Belongs here: the limits of the rule by which pairs are found and scored. Does not belong here: deciding that two
strikes are one. Sources are never pooled, and a link changes no figure.
"""

from __future__ import annotations

import math

import duckdb
import pyarrow as pa

from pipeline.tables.measures import run
from pipeline.theatres import Theatre

LEAST_REACH_M = 1_000  # two points of a few metres each are compared within this all the same
MOST_REACH_M = 10_000  # two areas of 40 km each would meet half of a province
MOST_DAYS_APART = 1  # a strike by night is told of either day
MOST_LINKS = 5  # a strike leads to its best few of another source, which bounds the table
METRES_A_DEGREE = 110_000  # of latitude, never more than there are


def link_strikes(connection: duckdb.DuckDBPyConnection, theatre: Theatre) -> pa.Table:
    """Rows of ``core.links``.

    Args:
        connection: has ``strikes``.
        theatre: gives the extent, whose parallel farthest from the equator says how wide a cell must be, in degrees.
    """
    cell = MOST_REACH_M / METRES_A_DEGREE
    farthest = max(abs(theatre.extent[1]), abs(theatre.extent[3]))
    return run(
        connection,
        "link_strikes",
        theatre=theatre.name,
        cell_latitude=cell,
        cell_longitude=cell / math.cos(math.radians(farthest)),
        least_reach_m=LEAST_REACH_M,
        most_reach_m=MOST_REACH_M,
        most_days_apart=MOST_DAYS_APART,
        most_links=MOST_LINKS,
    )
