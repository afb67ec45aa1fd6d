"""Control: who held which ground, from dated statements about places or from polygons as a source draws them.

Belongs here: mapping control records (``observations``, ``polygons``, ``holders``), making the snapshots of a
source (``observed`` over ``tessellate``, ``drawn``, ``merged`` of both), the lines where two holders' ground
touches (``fronts``), the dated rows that come of them (``areas``), what was repaired (``repairs``) and which
ground changed hands (``flips``).
Does not belong here: which strike lies where (``attribution``), which source is in force (the theatre file).

A snapshot is in force from its day until the next one, and no longer than the theatre's ``max_age_days``
after the last day on which the source speaks. That is the snapshot's own day; where the source names
``known_until``, it speaks on every day up to that one, because a list of all changes also says when nothing
changed. Before its first snapshot a source says nothing.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.control.areas import ControlBuild, assemble
from pipeline.control.drawn import snapshots_of_polygons
from pipeline.control.flips import find_flips
from pipeline.control.merged import merge_snapshots
from pipeline.control.observations import map_observations
from pipeline.control.observed import snapshots_of_observations
from pipeline.control.polygons import map_polygons
from pipeline.mapping import Mapped as MappedControl
from pipeline.mapping import Received
from pipeline.theatres import Source, Theatre

__all__ = ["ControlBuild", "MappedControl", "build_control", "map_control", "merge_control"]

MAPPERS = {"control_observations": map_observations, "control_polygons": map_polygons}
SURVEYS = {"control_observations": snapshots_of_observations, "control_polygons": snapshots_of_polygons}


def map_control(
    theatre: Theatre,
    source: Source,
    received: Received,
) -> MappedControl:
    """Map the records of one control source.

    Args:
        theatre: the theatre.
        source: a source of kind ``control_observations`` or ``control_polygons``.
        received: what was received of it.

    Returns:
        ``rows`` conform to ``core.control_observations``, or to ``polygons.POLYGON_SCHEMA`` (valid polygons,
        OGC:CRS84); the others to the tables that they are named after.

    Raises:
        KeyError: the source is of another kind.
    """
    return MAPPERS[source.kind](theatre, source, received)


def build_control(theatre: Theatre, source: Source, rows: pa.Table) -> ControlBuild:
    """Make control areas, snapshots, front lines, repairs and flips of the mapped rows of one source.

    Args:
        theatre: gives land, projection, reach, priorities and the age at which a snapshot lapses.
        source: the source.
        rows: as :func:`map_control` returns them, in any order.

    Returns:
        Rows of the tables of control; geometry in OGC:CRS84.

    Raises:
        KeyError: the source is of another kind.
    """
    snapshots = list(SURVEYS[source.kind](theatre, source, rows))
    is_drawn = source.kind == "control_polygons"
    changes = find_flips(theatre, source.name, snapshots) if is_drawn else None
    return assemble(theatre.name, source.name, snapshots, changes)


def merge_control(theatre: Theatre, source: Source, base_rows: pa.Table, override_rows: pa.Table) -> ControlBuild:
    """Make the control of a source of kind ``control_merged``.

    Args:
        theatre: has the two sources of which it is made.
        source: names them, and gives the reach of an observation (the theatre's where it gives none).
        base_rows: rows of the source of polygons, as :func:`map_control` returns them.
        override_rows: rows of the source of observations.

    Returns:
        As :func:`build_control`, without repairs (they are the base's) and flips (no areas of observations).
    """
    base, overrides = theatre.sources[source.base or ""], theatre.sources[source.overrides or ""]
    reach = {"reach_m": source.reach_m} if source.reach_m else {}
    observing = theatre.model_copy(update={"control": theatre.control.model_copy(update=reach)})
    snapshots = merge_snapshots(
        theatre,
        list(snapshots_of_polygons(theatre, base, base_rows)),
        list(snapshots_of_observations(observing, overrides, override_rows)),
    )
    return assemble(theatre.name, source.name, snapshots)
