"""Variants of the strike: its days, its disc, and the rule for a centre on a border.

Belongs here: changing strikes before they are attributed. Does not belong here: another map (``control``).
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.attribution import attribute
from pipeline.base_map import backdrop_shapes, province_shapes
from pipeline.sessions import run_sql
from pipeline.variants.basis import Basis, Variant


def variants() -> list[Variant]:
    """The variants of this module, in the order of the table."""
    return [
        Variant("window", "first day", "Only the first day of each effective window", _first_day),
        Variant("window", "middle day", "Only the middle day of each effective window", _middle_day),
        Variant("window", "last day", "Only the last day of each effective window", _last_day),
        Variant("window", "as reported", "Every day that the source gives, not the effective window", _as_reported),
        Variant("disc", "× 0.5", "Discs of half the radius", _scaled(0.5)),
        Variant("disc", "× 2", "Discs of twice the radius", _scaled(2)),
        Variant(
            "disc", "clipped to province", "Only the part of a disc in the province that the source names", _clipped
        ),
        Variant(
            "disc", "by settlements", "Only the known settlements in a disc, each counting the same", _by_settlements
        ),
        Variant("tie-break", "reversed", "A centre on a border goes to the last in the theatre's order", _reversed),
    ]


def _with(strikes: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, values in columns.items():
        strikes = strikes.set_column(strikes.column_names.index(name), strikes.schema.field(name), values)
    return strikes


def _scaled(factor: float) -> Callable[[Basis], pa.Table]:
    def attribute(basis: Basis) -> pa.Table:
        radii = pc.multiply(basis.strikes.column("precision_m"), factor)
        return basis.attribute(_with(basis.strikes, precision_m=radii))

    return attribute


def _first_day(basis: Basis) -> pa.Table:
    return basis.attribute(_with(basis.strikes, date_to=basis.strikes.column("date_from")))


def _last_day(basis: Basis) -> pa.Table:
    return basis.attribute(_with(basis.strikes, date_from=basis.strikes.column("date_to")))


def _middle_day(basis: Basis) -> pa.Table:
    first, last = (basis.strikes.column(name).to_numpy() for name in ("date_from", "date_to"))
    middle = pa.array(first + (last - first) // 2, pa.date32())
    return basis.attribute(_with(basis.strikes, date_from=middle, date_to=middle))


def _as_reported(basis: Basis) -> pa.Table:
    strikes = basis.strikes
    return basis.attribute(
        _with(strikes, date_from=strikes.column("reported_from"), date_to=strikes.column("reported_to"))
    )


def _reversed(basis: Basis) -> pa.Table:
    theatre = basis.theatre
    last = max(controller.priority for controller in theatre.controllers.values())
    turned = {
        name: controller.model_copy(update={"priority": last - controller.priority})
        for name, controller in theatre.controllers.items()
    }
    return basis.attribute(theatre=theatre.model_copy(update={"controllers": turned}))


def _clipped(basis: Basis) -> pa.Table:
    shapes = {row["province"]: row["geometry"] for row in province_shapes(basis.theatre).to_pylist()}
    named = basis.strikes.column("province")
    frames = []
    for province in [*sorted(set(named.to_pylist()) - {None}), None]:
        strikes = basis.strikes.filter(pc.is_null(named) if province is None else pc.equal(named, province))
        frames.append(basis.attribute(strikes, within=shapes.get(province)))
    return pa.concat_tables(frames).sort_by("strike_id")


def _by_settlements(basis: Basis) -> pa.Table | None:
    frames = {name: basis.frames[f"core.{name}"] for name in ("control_observations", "places")}
    towns = backdrop_shapes(basis.theatre, "towns")
    inside = run_sql("variants/list_settlements_in_discs", strikes=basis.strikes, towns=towns, **frames)
    return _by_points(basis, inside) if inside.num_rows else None


def _by_points(basis: Basis, points: pa.Table) -> pa.Table:
    """Attribution in which a disc is the mean of points in it; a strike without any keeps its own.

    Args:
        basis: the basis.
        points: ``strike_id``, ``longitude``, ``latitude`` (degrees, WGS 84), ``date_from``, ``date_to``.
    """
    ids = pa.array([f"{i:09d}" for i in range(points.num_rows)], pa.string())
    probes = points.rename_columns({"strike_id": "of_strike"}).append_column("strike_id", ids)
    found = attribute(basis.theatre, probes.append_column("radius_m", pa.array([0.0] * len(ids))), basis.control)
    return basis.with_shares(run_sql("variants/average_points", probes=probes, found=found, own=basis.own))
