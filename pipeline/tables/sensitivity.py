"""Sensitivity: does the finding stand when a method choice changes?

Belongs here: naming the choices and comparing what each gives with the baseline.
Does not belong here: making another attribution; that is handed in.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipeline.tables.measures import FEWEST, Variants, measure, run
from pipeline.theatres import Theatre

BASELINE = "baseline"

CHOICES = pa.schema(
    {
        "choice_no": pa.int64(),
        "choice": pa.string(),
        "variant": pa.string(),
        "about": pa.string(),
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
    variants: Variants,
) -> pa.Table:
    """Rows of marts.sensitivity for the theatre's main window; leaves the attribution in force measured.

    Args:
        connection: a connection on which `measures.prepare` has run.
        theatre: the theatre.
        attribution: the attribution in force, rows of ``core.attribution``.
        variants: further attributions of the strikes of the main window.

    Raises:
        UserError: a strike without exactly one row in one of the attributions.
    """
    measured = []
    for number, ((choice, variant, _), frame) in enumerate(variants.items(), start=1):
        window = theatre.windows[theatre.main_window]
        measure(connection, frame, f"the attribution for {choice} = {variant}", window)
        measured.append(_figures(connection, theatre, number))
    measure(connection, attribution)
    measured.append(_figures(connection, theatre, 0))
    figures = pa.concat_tables(measured)
    connection.register("measured", figures)
    connection.register("choices", _choices(theatre, figures, list(variants)))
    return run(connection, "compare_choices", theatre=theatre.name)


def _figures(connection: duckdb.DuckDBPyConnection, theatre: Theatre, number: int) -> pa.Table:
    figures = run(connection, "list_figures", fewest=FEWEST, window_name=theatre.main_window)
    return figures.append_column("attribution_no", pa.array([number] * figures.num_rows, pa.int64()))


def _choices(theatre: Theatre, figures: pa.Table, variants: list[tuple[str, str, str]]) -> pa.Table:
    """Every choice, the baseline first: attribution, filter and unit read, and if the centres alone."""
    names = set(figures.column("filter_name").to_pylist())
    classes = sorted(name for name in names if name.startswith("confidence:") and "|" not in name)
    point_km = f"{theatre.point_precision_m / 1000:g} km"
    rows: list[tuple[str, str, str, int, str, str, bool]] = [
        (BASELINE, BASELINE, "As published", 0, "all", "episode", False),
        ("unit", "row", "Every row counts, repeats too", 0, "all", "row", False),
        *(
            ("confidence", said, f"Only strikes of confidence {said}", 0, name, "episode", False)
            for name, said in ((name, name.removeprefix("confidence:")) for name in classes)
        ),
        (
            "precision",
            f"at most {point_km}",
            f"Only places known to within {point_km}",
            0,
            "points_only",
            "episode",
            False,
        ),
        ("disc", "× 0", "The centres alone", 0, "all", "episode", True),
        ("certainty", "without uncertain", "Only strikes that are not uncertain", 0, "certain_only", "episode", False),
        ("statements", "with background", "Background statements too", 0, "with_background", "episode", False),
        *(
            (choice, variant, about, number, "all", "episode", False)
            for number, (choice, variant, about) in enumerate(variants, start=1)
        ),
    ]
    numbered = [dict(zip(CHOICES.names, (number, *row), strict=True)) for number, row in enumerate(rows)]
    return pa.Table.from_pylist(numbered, schema=CHOICES)
