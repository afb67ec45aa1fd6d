"""The headline: the finding for each source, window and filter, with its split and its sentence.

Belongs here: turning the measured figures into marts.headline and marts.headline_split.
Does not belong here: how a figure is defined (``pipeline/sql/tables``), how a sentence reads (``sentences``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.lake import sql
from pipeline.tables.measures import FEWEST
from pipeline.tables.sentences import tell
from pipeline.theatres import Theatre

NAMED_BY = ("source", "window", "filter", "unit")


def tabulate_headline(connection: duckdb.DuckDBPyConnection, theatre: Theatre) -> tuple[pa.Table, pa.Table]:
    """marts.headline and marts.headline_split of the attribution that the connection measured last.

    Raises:
        UserError: a controller holds ground and is in no group of the theatre.
    """
    connection.execute(sql("tables/measure_split"))
    _refuse_ungrouped(connection, theatre)
    parameters = {"theatre": theatre.name, "fewest": FEWEST}
    split = connection.execute(sql("tables/tabulate_split"), parameters).to_arrow_table()
    rows = connection.execute(
        sql("tables/tabulate_headline"),
        {**parameters, "ally": theatre.ally, "control_source": theatre.control.in_force},
    ).to_arrow_table()
    shares: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for row in split.to_pylist():
        if row["expected_share"] is not None:
            shares[_name(row)][row["controller_group"]] = row["expected_share"]
    told = [_complete(theatre, row, shares.get(_name(row))) for row in rows.to_pylist()]
    return table("marts.headline").conform(told), table("marts.headline_split").conform(split)


def _name(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[column] for column in NAMED_BY)


def _complete(theatre: Theatre, row: dict[str, Any], split: dict[str, float] | None) -> dict[str, Any]:
    return {
        **row,
        "split": None if split is None else json.dumps(split, ensure_ascii=False),
        "sentence": tell(theatre, row, split),
    }


def _refuse_ungrouped(connection: duckdb.DuckDBPyConnection, theatre: Theatre) -> None:
    found = connection.execute(sql("tables/find_ungrouped")).to_arrow_table().column("controller").to_pylist()
    if found:
        raise UserError(
            f"{theatre.name}: core.attribution gives ground to {', '.join(found)}, which no group of the "
            "theatre holds: add each to one of the groups in the theatre's file"
        )
