"""Control by itself: areas in km² and settlements that changed hands.

Belongs here: what is told of control without a strike that hit it.
Does not belong here: making control areas and flips (``pipeline.control``).

Areas are told of sources of polygons only. An area of observations is an artefact of their reach, and merged
control is partly made of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.base_map import towns
from pipeline.catalogue import table
from pipeline.sessions import connect
from pipeline.tables.measures import run
from pipeline.theatres import Theatre

INPUTS = ("core.strikes", "core.places", "core.control_areas", "core.control_snapshots", "work.control_changes")


def tabulate_control(theatre: Theatre, frames: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """Make core.control_flips and marts.control_area_km2.

    Args:
        theatre: gives the projection, the towns and which sources are of polygons.
        frames: ``core.strikes``, ``core.control_areas``, ``core.control_snapshots``, ``core.places`` and
            ``work.control_changes``; what is absent has no rows.
    """
    with connect() as connection:
        for name in INPUTS:
            frame = _of_polygons(theatre, name, frames.get(name, table(name).empty()))
            connection.register(table(name).short_name, frame)
        connection.register("towns", towns(theatre))
        return {
            "core.control_flips": run(connection, "name_flipped_settlements", point_m=theatre.point_precision_m),
            "marts.control_area_km2": run(connection, "measure_control_areas", projection=theatre.projection),
        }


def _of_polygons(theatre: Theatre, name: str, frame: pa.Table) -> pa.Table:
    frame = frame.filter(pc.equal(frame.column("theatre"), theatre.name))
    if name in ("core.strikes", "core.places"):
        return frame
    polygons = pa.array(theatre.of_kind("control_polygons"), pa.string())
    frame = frame.filter(pc.is_in(frame.column("source"), polygons))
    if name == "core.control_areas" and pc.any(pc.equal(frame.column("method"), "tessellation")).as_py():
        raise AssertionError(f"{theatre.name}: a tessellated area in a source of polygons; its km² mean nothing")
    return frame
