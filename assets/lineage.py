"""Column lineage: from which columns of the assets before it each column of an asset's main table comes.

Belongs here: that map, and turning it into Dagster's metadata. Does not belong here: what a column means (the
catalogue).

A column that is passed on keeps its name through the whole flow; every other one is made of the columns named here.
"""

from __future__ import annotations

import dagster as dg

from assets.metadata import main_table
from pipeline.catalogue import table
from pipeline.plan import AFTER
from pipeline.theatres import Theatre
from pipeline.work import Step

# Passed on as they are, from the first of the assets before that has them; these before the others.
PASSED = ("theatre", "source", "record_id", "export_id", "strike_id", "month")
FIRST = {"tables": ("attribution", "strikes", "control", "references")}
RAW = (("records", "properties"), ("records", "geometry"))
# What all other columns of a step are made of.
MADE_OF: dict[str, tuple[tuple[str, str], ...]] = {
    "references": RAW,
    "mapped_strikes": RAW,
    "control": RAW,
    "strikes": (),
    "attribution": (
        *(("strikes", name) for name in ("latitude", "longitude", "precision_m", "date_from", "date_to")),
        *(("control", name) for name in ("geometry", "controller", "parties", "valid_from", "valid_to")),
    ),
    "tables": (
        *(("attribution", name) for name in ("controller", "status", "focus_share", "unknown_share", "focus_at_point")),
        *(("strikes", name) for name in ("date_from", "date_to", "place", "latitude", "longitude", "confidence")),
    ),
}


def column_lineage(theatre: Theatre, step: Step, steps: tuple[Step, ...]) -> dg.TableColumnLineage:
    """Where each column of a step's main table comes from."""
    tables = {"records": table("raw.records"), **{other.name: main_table(other) for other in steps}}
    before = FIRST.get(step.name, AFTER[step.name])
    found = {}
    for column in main_table(step).columns:
        alike = [(name, column) for name in before if column in tables[name].columns]
        sources = alike[:1] if column in PASSED and alike else [*alike, *MADE_OF[step.name]]
        found[column] = [
            dg.TableColumnDep(dg.AssetKey([theatre.name, name]), source) for name, source in dict.fromkeys(sources)
        ]
    return dg.TableColumnLineage(found)
