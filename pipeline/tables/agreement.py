"""Agreement: how often control maps agree with the holders that a source itself states, beside a blind answer.

Belongs here: marts.agreement. Does not belong here: why single strikes disagree (``explanations``), the attributions
under other maps, which are handed in.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from pipeline.tables.measures import FEWEST, Variants, run
from pipeline.theatres import Theatre

# The choices of marts.sensitivity that put another map, or one without some facts, in place of the one in force.
OTHER_MAPS = ("facts", "control source")
SCHEMA = pa.schema(
    {
        "answer_no": pa.int64(),
        "answer": pa.string(),
        "about": pa.string(),
        "strike_id": pa.string(),
        "focus_at_point": pa.float64(),
    }
)


def tabulate_agreement(
    connection: duckdb.DuckDBPyConnection,
    theatre: Theatre,
    attribution: pa.Table,
    variants: Variants,
) -> pa.Table:
    """Rows of marts.agreement, for strikes of the theatre's main window with a stated holder.

    Args:
        connection: a connection on which `measures.prepare` has run.
        theatre: the theatre.
        attribution: the attribution in force.
        variants: further attributions of the strikes of the main window.
    """
    answers = [("in force", "The control map in force", attribution)]
    answers += [
        (f"{choice}: {variant}", about, frame)
        for (choice, variant, about), frame in variants.items()
        if choice in OTHER_MAPS
    ]
    connection.register("answers", pa.concat_tables([_said(number, *answer) for number, answer in enumerate(answers)]))
    window = theatre.windows[theatre.main_window]
    return run(
        connection,
        "count_agreement",
        theatre=theatre.name,
        focus=theatre.focus,
        focus_label=theatre.controllers[theatre.focus].label,
        first_day=window.start,
        last_day=window.end,
        fewest=FEWEST,
    )


def _said(number: int, answer: str, about: str, frame: pa.Table) -> pa.Table:
    rows = frame.num_rows
    columns = [pa.array([number] * rows), pa.array([answer] * rows, pa.string()), pa.array([about] * rows, pa.string())]
    return pa.table([*columns, frame.column("strike_id"), frame.column("focus_at_point")], schema=SCHEMA)
