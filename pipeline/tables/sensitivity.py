"""Sensitivity: does the finding stand when a method choice changes?

Belongs here: naming the choices and comparing what each gives with the baseline.
Does not belong here: making another attribution; that is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from pipeline.lake import sql
from pipeline.tables.measures import FEWEST, measure
from pipeline.theatres import Theatre

BASELINE = "baseline"

CHOICES = pa.schema(
    {
        "choice_no": pa.int64(),
        "choice": pa.string(),
        "variant": pa.string(),
        "attribution_no": pa.int64(),
        "filter_name": pa.string(),
        "unit": pa.string(),
        "is_at_point": pa.bool_(),
    }
)


def tabulate_sensitivity(
    connection: duckdb.DuckDBPyConnection,
    theatre: Theatre,
    attribution: pa.Table,
    variants: Mapping[tuple[str, str], pa.Table],
) -> pa.Table:
    """Rows of marts.sensitivity for the theatre's windows; leaves the attribution in force measured.

    Args:
        connection: a connection on which `measures.prepare` has run.
        theatre: the theatre.
        attribution: the attribution in force, rows of ``core.attribution``.
        variants: further attributions of the same strikes, by (choice, variant).

    Raises:
        UserError: a strike without exactly one row in one of the attributions.
    """
    measured = []
    for number, ((choice, variant), frame) in enumerate(variants.items(), start=1):
        told = f"the attribution for {choice} = {variant}"
        measured.append(_measured(connection, theatre, frame, told, number))
    measured.append(_measured(connection, theatre, attribution, "core.attribution", 0))
    figures = pa.concat_tables(measured)
    connection.register("measured", figures)
    connection.register("choices", _choices(theatre, figures, list(variants)))
    return connection.execute(sql("tables/compare_choices"), {"theatre": theatre.name}).to_arrow_table()


def _measured(
    connection: duckdb.DuckDBPyConnection, theatre: Theatre, attribution: pa.Table, told: str, number: int
) -> pa.Table:
    measure(connection, theatre, attribution, told)
    figures = connection.execute(sql("tables/list_measured"), {"fewest": FEWEST}).to_arrow_table()
    return figures.append_column("attribution_no", pa.array([number] * figures.num_rows, pa.int64()))


def _choices(theatre: Theatre, figures: pa.Table, variants: list[tuple[str, str]]) -> pa.Table:
    """Every choice, the baseline first: which attribution, filter and unit it reads, and whether the centres alone."""
    classes = sorted(
        name for name in set(figures.column("filter_name").to_pylist()) if name.startswith("confidence:")
    )
    rows: list[tuple[str, str, int, str, str, bool]] = [
        (BASELINE, BASELINE, 0, "all", "episode", False),
        ("unit", "row", 0, "all", "row", False),
        *(("confidence", name.removeprefix("confidence:"), 0, name, "episode", False) for name in classes),
        ("precision", f"at most {theatre.point_precision_m / 1000:g} km", 0, "points_only", "episode", False),
        ("disc", "x0", 0, "all", "episode", True),
        ("certainty", "without uncertain", 0, "certain_only", "episode", False),
        ("statements", "with background", 0, "with_background", "episode", False),
        *(
            (choice, variant, number, "all", "episode", False)
            for number, (choice, variant) in enumerate(variants, start=1)
        ),
    ]
    names = [name for name in CHOICES.names if name != "choice_no"]
    return pa.Table.from_pylist(
        [{"choice_no": number, **dict(zip(names, row, strict=True))} for number, row in enumerate(rows)],
        schema=CHOICES,
    )
