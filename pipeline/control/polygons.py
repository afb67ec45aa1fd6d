"""Polygons: from mapped features to dated, valid polygons with a holder.

Belongs here: dating a feature, naming its holder, bringing its geometry to valid polygons without moving a
vertex that is right, and settling which export speaks for a day.
Does not belong here: putting the features of a day together (``drawn``).

A feature is dated by its own property where it has one, else by the file's name; where the two are more than
a day apart the property stands and ``repairs`` says so. A shapefile's null date (1899-12-30) counts as none.

A day is one statement: the set of features that one export holds for it. Of several exports the one received
last speaks for the day (``history`` says which that is), but one of whose features some are refused never in place of
one that can be used whole: what is lacking would look like ground that nobody drew. An export that says the same is a
duplicate; one that says something else is superseded, or held where it came later, feature by feature. The source's
``key`` is not used. Where the export that speaks for a day lacks features that were refused, its rows tell of them, so
that nobody takes their ground for ground that the source left open.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.catalogue import table
from pipeline.control.holders import read_holders
from pipeline.control.measure import Measure
from pipeline.control.observations import earliest_day
from pipeline.history import PART, settle
from pipeline.identity import identify
from pipeline.mapping import Mapped, Received
from pipeline.overrides import extract_overridden
from pipeline.parsing import null_days, parse_dates
from pipeline.sessions import connect, sql
from pipeline.theatres import Source, Theatre

# A feature of the day that was refused has neither controller nor geometry, and says in ``repairs`` that it was.
POLYGON_SCHEMA = pa.schema(
    [
        pa.field("record_id", pa.string(), nullable=False),
        pa.field("snapshot_day", pa.date32(), nullable=False),
        pa.field("controller", pa.string()),
        pa.field("parties", pa.string(), nullable=False),
        pa.field("geometry", pa.binary()),
        pa.field("repairs", pa.string(), nullable=False),
    ]
)

SHAPEFILE_NULL_DATE = date(1899, 12, 30)
PLACE_OF_FAULT = re.compile(r"\[.*?\]")


class RefusedError(Exception):
    """A geometry that cannot be taken: the code of the reason and the value at fault."""

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(reason)
        self.reason, self.value = reason, value


class Mended(NamedTuple):
    """What was done to one feature: kind and subject as in ``repairs.Fault``, and a note for its areas.

    ``POLYGON_SCHEMA`` holds them as a JSON list of lists.
    """

    kind: str
    about: str
    km2: float | None
    pieces: int
    note: str


@dataclass(frozen=True)
class Shape:
    """A geometry brought to valid polygons (WKB), what was done to it, or why it was refused."""

    geometry: bytes | None = None
    repairs: tuple[Mended, ...] = ()
    reason: str | None = None
    value: str | None = None


def map_polygons(
    theatre: Theatre,
    source: Source,
    received: Received,
) -> Mapped:
    """Make rows of ``POLYGON_SCHEMA`` of the records of one source.

    Args:
        theatre: gives vocabulary, extent and projection.
        source: a source of kind ``control_polygons``.
        received: what was received of it.
    """
    unkeyed = source.model_copy(update={"key": (), "key_fold": False})
    overridden = extract_overridden(theatre, unkeyed, received)
    fields = _type_fields(theatre, source, overridden.fields)
    fields = identify(unkeyed, fields, ("day_text", "controller", "parties"))
    plain = fields.drop_columns(["geometry", "valid_geometry"])
    with connect() as connection:
        connection.register("typed", plain)
        connection.register("null_days", null_days())
        bounds = {"earliest": earliest_day(theatre)}
        refused = connection.execute(sql("control/refuse_polygons"), bounds).to_arrow_table()
        settled = settle(unkeyed, theatre.name, fields, refused, received.exports, received.accepted)
        connection.register("outcomes", settled.outcomes)
        outcomes = connection.execute(sql("control/settle_days"), {"accepted": [*received.accepted]}).to_arrow_table()
        connection.register("refused", refused)
        connection.register("decided", outcomes)
        undrawn = connection.execute(sql("control/list_undrawn")).to_arrow_table()
    outcomes = table("core.record_outcomes").conform(outcomes)
    accepted = outcomes.filter(pc.equal(outcomes.column("outcome"), "accepted")).column("record_id")
    rows = fields.drop_columns(["geometry"]).rename_columns({"valid_geometry": "geometry"})
    rows = rows.select(POLYGON_SCHEMA.names)
    made = rows.filter(pc.is_in(rows.column("record_id"), accepted)).cast(POLYGON_SCHEMA)
    lacking = _tell_undrawn(theatre, rows, undrawn)
    return Mapped(
        pa.concat_tables([made, lacking]).sort_by([("record_id", "ascending"), ("snapshot_day", "ascending")]),
        outcomes,
        settled.quarantine,
        _tell_held(settled.receipts, outcomes),
        overridden.overrides,
    )


def _tell_undrawn(theatre: Theatre, rows: pa.Table, undrawn: pa.Table) -> pa.Table:
    """Rows of refused features, without what they draw.

    Args:
        theatre: gives the projection in which areas are measured.
        rows: rows of all features.
        undrawn: records, the days that lack them, and reasons.
    """
    import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

    measure, told = Measure(theatre), []
    refused = rows.filter(pc.is_in(rows.column("record_id"), undrawn.column("record_id")))
    features = {row["record_id"]: row for row in refused.to_pylist()}
    for lacking in undrawn.to_pylist():
        row = features[lacking["record_id"]]
        km2 = None if row["geometry"] is None else measure.km2(shapely.from_wkb(row["geometry"]))
        repairs = json.dumps([Mended("refused", lacking["reasons"], km2, 1, "")])
        day = {"snapshot_day": lacking["snapshot_day"], "controller": None, "geometry": None, "repairs": repairs}
        told.append(row | day)
    return pa.Table.from_pylist(told, POLYGON_SCHEMA)


def _tell_held(receipts: pa.Table, outcomes: pa.Table) -> pa.Table:
    """The receipts, with what of them is held back for a person to look at."""
    is_held = pc.equal(outcomes.column("outcome"), "held")
    held = Counter(outcomes.filter(is_held).column("export_id").to_pylist())
    rows = receipts.to_pylist()
    for row in rows:
        if count := held[row["export_id"]]:
            told = f"{count:,} of its features are of days that an export before it says whole, and it only in part"
            row |= {"held_because": PART, "told": f"{told}: others of its features are refused"}
    return table("core.receipts").conform(rows)


def _type_fields(theatre: Theatre, source: Source, fields: pa.Table) -> pa.Table:
    columns = {name: fields.column(name) for name in fields.column_names}
    columns["snapshot_day"], apart = _days(source, fields)
    columns["day_text"] = pc.fill_null(pc.cast(columns["snapshot_day"], pa.string()), "")
    columns["controller_text"] = fields.column("controller")
    holders = read_holders(theatre, fields.column("controller"), pa.nulls(fields.num_rows, pa.string()))
    columns["controller"], columns["parties"] = holders.controller, holders.parties
    columns["strange_holder"] = holders.unknown
    mender = Mender(theatre)
    shapes = [mender.mend(wkb) for wkb in fields.column("geometry").to_pylist()]
    columns["valid_geometry"] = pa.array([shape.geometry for shape in shapes], pa.binary())
    columns["shape_fault"] = pa.array([shape.reason for shape in shapes], pa.string())
    columns["shape_text"] = pa.array([shape.value for shape in shapes], pa.string())
    repairs = [json.dumps([*shape.repairs, *of_day]) for shape, of_day in zip(shapes, apart, strict=True)]
    columns["repairs"] = pa.array(repairs, pa.string())
    return pa.table(columns)


def _days(source: Source, fields: pa.Table) -> tuple[pa.Array, list[list[Mended]]]:
    """The day of each feature, and what is to say where property and file name are more than a day apart."""
    own = parse_dates(fields.column("valid_from"), source.date_formats, source.default_year)
    is_null_date = pc.fill_null(pc.equal(own, pa.scalar(SHAPEFILE_NULL_DATE)), False)
    is_absent = pc.or_(pc.is_null(fields.column("valid_from")), is_null_date)
    own = pc.if_else(is_null_date, None, own)
    named = parse_dates(fields.column("valid_from_file"), source.date_formats, source.default_year)
    apart: list[list[Mended]] = []
    for ours, theirs in zip(own.to_pylist(), named.to_pylist(), strict=True):
        note = f"dated {ours} by its property, {theirs} by the file's name"
        is_apart = ours and theirs and abs((ours - theirs).days) > 1
        apart.append([Mended("date_differs", note, None, 1, note)] if is_apart else [])
    return pc.if_else(is_absent, named, own), apart


class Mender:
    """Brings geometries to valid polygons; each different one once.

    Args:
        theatre: gives the extent outside of which nothing is taken, and the projection in which areas are
            measured.
    """

    def __init__(self, theatre: Theatre) -> None:
        self._extent = theatre.extent
        self._measure = Measure(theatre)
        self._done: dict[bytes, Shape] = {}

    def mend(self, wkb: bytes | None) -> Shape:
        """Bring one geometry (WKB, OGC:CRS84) to a valid flat polygon or multipolygon, or refuse it."""
        if wkb is None:
            return Shape(reason="geometry_missing")
        if wkb not in self._done:
            try:
                self._done[wkb] = self._mend(wkb)
            except RefusedError as error:
                self._done[wkb] = Shape(reason=error.reason, value=error.value)
        return self._done[wkb]

    def _mend(self, wkb: bytes) -> Shape:
        import shapely  # noqa: PLC0415 - only the stages that use shapes pay for it

        polygons, others = _polygonal(_read(wkb))
        note = f"{others} parts that are no polygons left out"
        repairs = [Mended("other_parts", "", None, others, note)] if others else []
        if not shapely.is_valid(polygons):
            fault = PLACE_OF_FAULT.sub("", shapely.is_valid_reason(polygons)).strip()
            valid = shapely.make_valid(polygons, method="structure", keep_collapsed=False)
            if not shapely.area(valid):
                raise RefusedError("geometry_unrepairable", fault)
            valid, _ = _polygonal(valid)
            change = self._measure.km2(valid) - self._measure.km2(polygons)
            # Adding zero makes a rounded -0.0 a plain 0.
            note = f"{fault}: made valid, area changed by {round(change, 3) + 0.0:+.3f} km²"
            repairs.append(Mended("invalid_ring", fault, abs(change), 1, note))
            polygons = valid
        if self._is_outside(polygons):
            raise RefusedError("geometry_outside", str([round(edge, 6) for edge in polygons.bounds]))
        return Shape(bytes(shapely.to_wkb(polygons)), tuple(repairs))

    def _is_outside(self, polygons: Any) -> bool:
        west, south, east, north = self._extent
        left, bottom, right, top = polygons.bounds
        return bool(right < west or left > east or top < south or bottom > north)


def _read(wkb: bytes) -> Any:
    """A geometry with finite coordinates, without heights."""
    import shapely  # noqa: PLC0415 - as above

    try:
        geometry = shapely.force_2d(shapely.from_wkb(wkb))
    except shapely.errors.GEOSException as error:
        raise RefusedError("geometry_unrepairable", str(error)) from error
    if geometry.is_empty:
        raise RefusedError("geometry_missing", geometry.geom_type)
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise RefusedError("geometry_unrepairable", "a coordinate is not a number")
    return geometry


def _polygonal(geometry: Any) -> tuple[Any, int]:
    """The polygons of a geometry as one, and how many other parts it held."""
    import shapely  # noqa: PLC0415 - as above

    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry, 0
    parts = shapely.get_parts(shapely.get_parts(geometry))
    is_polygon = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    if not is_polygon.any():
        raise RefusedError("geometry_not_polygon", geometry.geom_type)
    return shapely.multipolygons(parts[is_polygon]), int((~is_polygon).sum())
