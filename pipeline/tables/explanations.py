"""Explanations: what is said of single strikes: why each counts as it does, where sources disagree, what to look at.

Belongs here: marts.explanations, marts.consistency, marts.alarms, marts.claims and marts.claims_vs_control, and the
distances and days by which their rules go. Does not belong here: the words and rules themselves
(``pipeline/sql/tables``), figures over many strikes (``headline``, ``sensitivity``).
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.attribution import CLEAR_SHARE, FIRM_MARGIN, LIKELY_MARGIN
from pipeline.base_map import province_shapes
from pipeline.catalogue import table
from pipeline.other_days import SCHEMA as OTHER_DAYS
from pipeline.tables.measures import FEWEST, run
from pipeline.tables.sentences import tell_claims
from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

# An observation within this distance of a strike's centre speaks of that very place.
SAME_PLACE_M = 3_000
# A front line within this distance is within the error of most maps, however precise the coordinate.
NEAR_FRONT_M = 3_000
# A snapshot older than this is named among what could change the verdict.
STALE_DAYS = 14
# Borders are generalised, and a village's coordinates differ by its own size: nearer than this is no alarm.
PROVINCE_MARGIN_M = 10_000
PLACE_MARGIN_M = 5_000
# A city's own coordinates lie this far around their middle.
MIDDLE_MARGIN_M = 20_000
# Names of a Jaro-Winkler similarity from this on are taken as spellings of one name.
ALIKE = 0.75


def tabulate_explanations(
    connection: duckdb.DuckDBPyConnection, theatre: Theatre, frames: Mapping[str, pa.Table], other_days: pa.Table | None
) -> dict[str, pa.Table]:
    """marts.claims, marts.claims_vs_control, marts.consistency, marts.alarms and marts.explanations.

    Args:
        connection: a connection that holds strikes, episodes and groups, and has measured the attribution in force.
        theatre: the theatre.
        frames: rows of the theatre: ``core.places`` and ``core.control_observations``, where there are any.
        other_days: who held each centre on other days (``other_days.attribute_other_days``).
    """
    observations = frames.get("core.control_observations", table("core.control_observations").empty())
    is_in_force = pc.equal(observations.column("source"), theatre.control.in_force)
    connection.register("observations", observations.filter(is_in_force))
    connection.register("gazetteer", frames.get("core.places", table("core.places").empty()))
    connection.register("other_days", OTHER_DAYS.empty_table() if other_days is None else other_days)
    connection.register("province_shapes", province_shapes(theatre))
    connection.register("labels", _labels(theatre))
    connection.register("sources", _titles(theatre))
    run(connection, "define_words")
    west, south, east, north = theatre.extent
    named = {"theatre": theatre.name, "focus": theatre.focus, "projection": theatre.projection}
    claims = run(connection, "list_claims", **named)
    connection.register("claims", claims)
    compared = run(connection, "compare_claims", **named, fewest=FEWEST).to_pylist()
    alarms = run(
        connection,
        "raise_alarms",
        **named,
        ally=theatre.ally,
        west=west,
        south=south,
        east=east,
        north=north,
        province_margin_m=PROVINCE_MARGIN_M,
        place_margin_m=PLACE_MARGIN_M,
        middle_margin_m=MIDDLE_MARGIN_M,
        alike=ALIKE,
        point_precision_m=theatre.point_precision_m,
    )
    connection.register("alarms", alarms)
    return {
        "marts.claims": claims,
        "marts.claims_vs_control": table("marts.claims_vs_control").conform(
            [{**row, "sentence": tell_claims(theatre, row)} for row in compared]
        ),
        "marts.consistency": run(connection, "compare_stated_holders", **named, same_place_m=SAME_PLACE_M),
        "marts.alarms": alarms,
        "marts.explanations": run(
            connection,
            "explain_strikes",
            **named,
            clear_share=CLEAR_SHARE,
            firm_margin=FIRM_MARGIN,
            likely_margin=LIKELY_MARGIN,
            near_front_m=NEAR_FRONT_M,
            stale_days=STALE_DAYS,
        ),
    }


def _labels(theatre: Theatre) -> pa.Table:
    labels = {name: controller.label for name, controller in theatre.controllers.items()}
    labels |= {CONTESTED: "contested", UNKNOWN: "not known"}
    return pa.table({"controller": list(labels), "label": list(labels.values())})


def _titles(theatre: Theatre) -> pa.Table:
    titles = {name: source.title for name, source in theatre.sources.items()}
    return pa.table({"source": list(titles), "title": list(titles.values())})
