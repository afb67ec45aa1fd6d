"""Tables: from strikes and attributions to the figures that are published.

Belongs here: counting. Episodes, sets of strikes (source × window × filter), the figures of METHODS for each,
and the tables and sentences made of them; the SQL is in ``pipeline/sql/tables``.
Does not belong here: who held the ground (``attribution``), drawing, publishing.

How it works: strikes that fall in the same sets share a *cell*. Figures are summed by cell and then by set,
so a further window or filter costs next to nothing. Shares are summed as decimals, so no order of rows
shows in a figure.

What counts: a strike is in a window when the first day of its effective window is, so that the rows of the
months add up to those of the total; an episode that reaches over a month's end is in both. Background
statements count nowhere. At the point and in the expected share, ground that is contested, or of which
nothing is known, is not the focus controller's; the split shows how much of it there is, and the bounds
what it could change. Under `FEWEST` locations there is a count and no share.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.attribution import CONTROL_TABLES, ControlFrames
from pipeline.catalogue import table
from pipeline.sessions import connect
from pipeline.tables.agreement import tabulate_agreement
from pipeline.tables.certainty import tabulate_certainty
from pipeline.tables.control import tabulate_control
from pipeline.tables.explanations import tabulate_explanations
from pipeline.tables.headline import tabulate_headline
from pipeline.tables.links import link_strikes
from pipeline.tables.measures import FEWEST, TOLERANCE, Variants, prepare, run
from pipeline.tables.sensitivity import BASELINE, tabulate_sensitivity
from pipeline.theatres import Theatre

__all__ = ["BASELINE", "FEWEST", "MEASURED", "TOLERANCE", "Variants", "build_tables"]

# Columns of an attribution that figures are made of.
MEASURED = (
    "strike_id", "theatre", "certainty", "focus_share", "other_share", "unknown_share", "focus_at_point",
)  # fmt: skip


def build_tables(
    theatre: Theatre,
    frames: Mapping[str, pa.Table],
    variants: Variants | None = None,
    other_days: pa.Table | None = None,
) -> dict[str, pa.Table]:
    """Make core.episodes, core.region_places, core.links, core.control_flips and all marts of one theatre.

    Args:
        theatre: the theatre.
        frames: ``core.strikes`` and ``core.attribution``, all months, and where they are at hand ``core.reports``,
            ``core.places`` and the tables of control; rows of other theatres are left aside.
        variants: further attributions of the strikes of the theatre's main window for the sensitivity table,
            by (choice, variant, what it means).
        other_days: who held each centre on other days about its window (``other_days.attribute_other_days``).

    Returns:
        Conforming tables by full name, in a stated order. Without strikes they are empty.

    Raises:
        UserError: a strike without exactly one attribution; a controller that no group of the theatre holds.
    """
    strikes = _of(theatre, frames["core.strikes"])
    control = {name: _of(theatre, frames.get(name, table(name).empty())) for name in CONTROL_TABLES}
    made: dict[str, pa.Table] = {}
    with connect() as connection:
        prepare(connection, theatre, strikes)
        made["core.episodes"] = connection.table("episodes").to_arrow_table()
        made["core.region_places"] = run(connection, "list_region_places", theatre=theatre.name)
        made["core.links"] = link_strikes(connection, theatre)
        # Afterwards the connection holds the measure of the attribution in force.
        attribution = _of(theatre, frames["core.attribution"])
        others = {name: _of(theatre, frame) for name, frame in (variants or {}).items()}
        made["marts.sensitivity"] = tabulate_sensitivity(connection, theatre, attribution, others)
        made["marts.agreement"] = tabulate_agreement(connection, theatre, attribution, others)
        connection.register("reports", _of(theatre, frames.get("core.reports", table("core.reports").empty())))
        headline, split = tabulate_headline(connection, theatre, ControlFrames.of(theatre.control.in_force, control))
        made["marts.headline"], made["marts.headline_split"] = headline, split
        connection.register("headline", headline)
        made["marts.strikes_by_region"] = run(connection, "tabulate_regions", theatre=theatre.name, fewest=FEWEST)
        made["marts.strikes_by_day"] = run(connection, "count_days", theatre=theatre.name)
        made["marts.certainty"] = tabulate_certainty(theatre, control)
        own = {name: _of(theatre, frame) for name, frame in frames.items()}
        made |= tabulate_explanations(connection, theatre, own, other_days)
    made |= tabulate_control(theatre, frames)
    return {name: table(name).conform(frame) for name, frame in made.items()}


def _of(theatre: Theatre, frame: pa.Table) -> pa.Table:
    is_own = pc.equal(frame.column("theatre"), theatre.name)
    # Filtering copies every column; a frame of one theatre, which is the rule, is taken as it is.
    return frame if pc.all(is_own).as_py() else frame.filter(is_own)
