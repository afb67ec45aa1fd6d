"""Attribution: who held the ground that a strike hit, on each day of its window, under its whole precision disc.

Belongs here: the join of strikes to control in space and time, its averages, its status and its certainty.
Does not belong here: how control areas are made (``control``), how strikes are counted (``tables``).

The steps are SQL files run in order over one DuckDB session. Geometry is left to two modules that know nothing of
strikes and can each be replaced alone: ``overlay`` lays discs on polygons, ``distances`` looks for the nearest front
line and places.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.base_map import land
from pipeline.catalogue import table
from pipeline.distances import measure_distances
from pipeline.overlay import Overlay
from pipeline.sessions import connect, sql
from pipeline.theatres import CONTESTED, UNKNOWN, Theatre

# A share from which a disc counts as one holder's, and margins r up to which the nearest place is right about one left
# out in at least 97 and 93 of 100 cases of the showcase; marts.certainty counts them at each run.
CLEAR_SHARE = 0.9
# Less than this of a disc left over between two drawings of one border is drawing error, not unknown ground.
NEGLIGIBLE_SHARE = 0.001
FIRM_MARGIN = 0.33
LIKELY_MARGIN = 0.5

CONTROL_TABLES = (
    "core.control_observations",
    "core.control_snapshots",
    "core.control_areas",
    "core.front_lines",
)

# Pairs measured at once: about 100 bytes each, and the polygons that they need.
PAIRS_AT_ONCE = 200_000


@dataclass(frozen=True)
class ControlFrames:
    """Control of one source: ``core.control_snapshots``, ``_areas``, ``front_lines`` and ``_observations`` rows."""

    source: str
    snapshots: pa.Table
    areas: pa.Table
    fronts: pa.Table
    observations: pa.Table

    @classmethod
    def of(cls, source: str, frames: dict[str, pa.Table]) -> ControlFrames:
        """The rows of one control source out of whole tables."""

        def rows(name: str) -> pa.Table:
            frame = frames[f"core.{name}"]
            return frame.filter(pc.equal(frame.column("source"), source))

        return cls(
            source,
            rows("control_snapshots"),
            rows("control_areas"),
            rows("front_lines"),
            rows("control_observations"),
        )


def attribute(theatre: Theatre, probes: pa.Table, control: ControlFrames, within: bytes | None = None) -> pa.Table:
    """Say who held the ground of each probe.

    Args:
        theatre: gives the focus controller, priorities and the metric projection.
        probes: ``strike_id``, ``longitude``, ``latitude`` (degrees, WGS 84), ``radius_m`` (metres; 0 for the point
            alone), ``date_from``, ``date_to`` (inclusive).
        control: control of one source.
        within: ground that is part of a disc (WKB, OGC:CRS84); the theatre's land where None. A disc that lies wholly
            outside it is taken whole.

    Returns:
        The columns of ``core.attribution`` that do not repeat the strike, ordered by ``strike_id``.
    """
    names = [*theatre.controllers, CONTESTED, UNKNOWN]
    ranks = [controller.priority for controller in theatre.controllers.values()] + [900, 999]
    parameters = {
        "projection": theatre.projection,
        "focus": theatre.focus,
        "clear_share": CLEAR_SHARE,
        "negligible_share": NEGLIGIBLE_SHARE,
        "firm_margin": FIRM_MARGIN,
        "likely_margin": LIKELY_MARGIN,
    }
    with connect() as connection:

        def run(*steps: str) -> duckdb.DuckDBPyConnection:
            for step in steps:
                for statement in connection.extract_statements(sql(f"attribution/{step}")):
                    connection.execute(statement, {name: parameters[name] for name in statement.named_parameters})
            return connection

        for name, frame in {
            "probes": probes,
            "snapshots": control.snapshots,
            "areas": control.areas,
            "fronts": control.fronts,
            "observations": control.observations,
            "priorities": pa.table({"controller": names, "priority": ranks}),
        }.items():
            connection.register(name, frame)
        run("prepare_control", "prepare_probes")
        shapes = connection.execute("SELECT geometry FROM shapes ORDER BY shape_id").to_arrow_table()
        overlay = Overlay(shapes.column("geometry"), within or land(theatre), theatre.projection)
        pairs = run("pair_discs_with_shapes").to_arrow_reader(PAIRS_AT_ONCE)
        connection.register("measured", overlay.measure(pairs))
        run("join_discs_to_areas", "share_ground", "average_days", "list_near_things")
        near = (connection.table(name).to_arrow_table() for name in ("near_points", "near_things"))
        connection.register("distances", measure_distances(*near))
        return run("assemble_attribution").to_arrow_table()


def attribute_strikes(
    theatre: Theatre, strikes: pa.Table, control: ControlFrames, within: bytes | None = None
) -> pa.Table:
    """``core.attribution`` of the given ``core.strikes`` rows: exactly one row a strike (see :func:`attribute`)."""
    if not strikes.num_rows:
        return table("core.attribution").empty()
    probes = pa.table(
        {
            "strike_id": strikes.column("strike_id"),
            "longitude": strikes.column("longitude"),
            "latitude": strikes.column("latitude"),
            "radius_m": strikes.column("precision_m"),
            "date_from": strikes.column("date_from"),
            "date_to": strikes.column("date_to"),
        }
    )
    found = attribute(theatre, probes, control, within)
    own = strikes.select(["strike_id", "theatre", "source", "month"])
    joined = own.join(found, "strike_id", join_type="inner").sort_by("strike_id")
    joined = joined.append_column("control_source", pa.array([control.source] * joined.num_rows, pa.string()))
    if joined.num_rows != strikes.num_rows:
        raise AssertionError(f"{strikes.num_rows} strikes but {joined.num_rows} attributions")
    return table("core.attribution").conform(joined)
