"""The headline: the finding for each source, window and filter, with every figure, its split and its sentence.

Belongs here: turning the measured figures into marts.headline and marts.headline_split.
Does not belong here: how a figure is defined (``pipeline/sql/tables``, ``intervals``), how a sentence reads
(``sentences``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.attribution import ControlFrames
from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.tables.intervals import measure_intervals
from pipeline.tables.measures import run
from pipeline.tables.sentences import tell, tell_coverage
from pipeline.theatres import Theatre

NAMED_BY = ("source", "window", "filter", "unit")


def tabulate_headline(
    connection: duckdb.DuckDBPyConnection, theatre: Theatre, control: ControlFrames
) -> tuple[pa.Table, pa.Table]:
    """marts.headline and marts.headline_split of the attribution that the connection measured last.

    Args:
        connection: a connection on which `measures.measure` has run, with ``reports`` (rows of core.reports).
        theatre: the theatre.
        control: the control source of that attribution.

    Raises:
        UserError: a controller holds ground and is in no group of the theatre.
    """
    run(connection, "measure_split")
    _refuse_ungrouped(connection, theatre)
    split = run(connection, "tabulate_split", theatre=theatre.name)
    connection.register("intervals", measure_intervals(connection, theatre, control))
    rows = run(
        connection,
        "tabulate_headline",
        theatre=theatre.name,
        ally=theatre.ally,
        control_source=control.source,
    )
    coverage: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in run(connection, "list_coverage").to_pylist():
        coverage[row.pop("source"), row.pop("window")].append(row)
    shares: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for row in split.to_pylist():
        if row["expected_share"] is not None:
            shares[_name(row)][row["controller_group"]] = row["expected_share"]
    told = [
        _complete(theatre, row, shares[_name(row)], coverage[row["source"], row["window"]]) for row in rows.to_pylist()
    ]
    return table("marts.headline").conform(told), table("marts.headline_split").conform(split)


def _name(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[column] for column in NAMED_BY)


def _complete(
    theatre: Theatre, row: dict[str, Any], shares: dict[str, float], coverage: list[dict[str, Any]]
) -> dict[str, Any]:
    split = {group: shares[group] for group in theatre.groups} if shares else None
    return {
        **row,
        "split": None if split is None else json.dumps(split, ensure_ascii=False),
        "coverage": json.dumps(coverage, ensure_ascii=False, default=str),
        "coverage_words": tell_coverage(coverage),
        "sentence": tell(theatre, row, split),
    }


def _refuse_ungrouped(connection: duckdb.DuckDBPyConnection, theatre: Theatre) -> None:
    found = run(connection, "find_ungrouped").column("controller").to_pylist()
    if found:
        raise UserError(
            f"{theatre.name}: core.attribution gives ground to {', '.join(found)}, which no group of the "
            "theatre holds: add each to one of the groups in the theatre's file"
        )
