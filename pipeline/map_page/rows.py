"""Rows: the strikes of one theatre as the page counts, lists and explains them.

Belongs here: which columns the page gets, and the evidence in pieces small enough to fetch for one click. Does not
belong here: how columns are written (``columns``), figures (the page counts them as ``tables`` does).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipeline.sessions import run_sql
from pipeline.theatres import Theatre

# Strikes of which the evidence is in one file: about a megabyte at most.
PIECE = 500


def strike_columns(theatre: Theatre, frames: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Tables that the page reads by column: the strikes in the page's order, and their different answers.

    Args:
        theatre: the theatre.
        frames: full table name → rows that conform to the catalogue.

    Returns:
        ``strikes``, sorted by source and day, of which ``answer`` counts into ``answers`` (shares of the disc as the
        figures count them, then ``share:CONTROLLER``); and ``papers``, row by row beside the strikes: what only a
        list of rows needs.

    Raises:
        ValueError: a strike has no attribution, or more than one row of a table; rows of tables would not match.
    """
    named = {"theatre": theatre.name}
    answers = run_sql("map_page/list_answers", named, attribution_rows=frames["core.attribution"])
    strikes = run_sql(
        "map_page/list_strikes",
        named,
        strike_rows=frames["core.strikes"],
        attribution_rows=frames["core.attribution"],
        episode_rows=frames["core.episodes"],
        answer_rows=answers,
        region_rows=frames["core.region_places"],
        claim_rows=frames["marts.claims"],
    )
    papers = run_sql(
        "map_page/list_papers",
        named,
        strike_rows=frames["core.strikes"],
        attribution_rows=frames["core.attribution"],
        episode_rows=frames["core.episodes"],
        record_rows=frames["raw.records"],
        export_rows=frames["raw.exports"],
    )
    if not strikes.num_rows == papers.num_rows == frames["core.strikes"].num_rows:
        raise ValueError("a strike is not in each of core.strikes, core.attribution and raw.records once")
    return {"strikes": strikes, "answers": _by_controller(answers), "papers": papers}


def _by_controller(answers: pa.Table) -> pa.Table:
    """Answers with a column for each controller's share."""
    shares = [json.loads(text) for text in answers.column("shares").to_pylist()]
    kept = answers.drop_columns(["shares", "answer"])
    for controller in sorted({name for row in shares for name in row}):
        values = [float(row.get(controller, 0)) for row in shares]
        kept = kept.append_column(f"share:{controller}", pa.array(values, pa.float64()))
    return kept


def evidence_pieces(theatre: Theatre, frames: Mapping[str, pa.Table]) -> Iterator[list[dict[str, Any]]]:
    """Evidence of each strike in the page's order, ``PIECE`` strikes at a time.

    Args:
        theatre: the theatre.
        frames: full table name → rows that conform to the catalogue.
    """
    rows = run_sql(
        "map_page/list_evidence",
        {"theatre": theatre.name},
        strike_rows=frames["core.strikes"],
        attribution_rows=frames["core.attribution"],
        explanation_rows=frames["marts.explanations"],
        record_rows=frames["raw.records"],
        export_rows=frames["raw.exports"],
        override_rows=frames["core.overrides"],
    )
    for start in range(0, rows.num_rows, PIECE):
        piece = rows.slice(start, PIECE).to_pylist()
        for row in piece:
            for name in ("shares", "parties", "properties"):
                row[name] = json.loads(row[name]) if row[name] else None
        yield piece
