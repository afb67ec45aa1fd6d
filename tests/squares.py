"""Two squares side by side of theatre syria, and questions to ask about them.

Belongs here: a control map so small that a test can predict every answer. Does not belong here: real facts.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import shapely

from pipeline.attribution import ControlFrames, attribute
from pipeline.catalogue import table
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
SEPTEMBER, OCTOBER, NOVEMBER = date(2015, 9, 1), date(2015, 10, 1), date(2015, 11, 1)

# Two squares side by side; the eastern one changes hands on 1 October, and the western is disputed north of 36.5.
WEST, EAST = shapely.box(36.5, 36.0, 37.0, 36.4), shapely.box(37.0, 36.0, 37.5, 36.4)
DISPUTED = shapely.box(36.5, 36.4, 37.0, 36.6)


def area(
    id_: str, controller: str, shape: shapely.Geometry, start: date, end: date, parties: str = "[]"
) -> dict[str, Any]:
    return {
        "area_id": id_, "theatre": "syria", "source": "drawn", "controller": controller, "parties": parties,
        "valid_from": start, "valid_to": end, "method": "polygon", "repair": None, "record_ids": "[]",
        "geometry": shapely.to_wkb(shape),
    }  # fmt: skip


def snapshot(day: date, end: date) -> dict[str, Any]:
    return {"theatre": "syria", "source": "drawn", "snapshot_day": day, "in_force_to": end, "areas": 3}


AREAS = [
    area("a1", "opposition", WEST, SEPTEMBER, NOVEMBER),
    area("a2", "isis", EAST, SEPTEMBER, OCTOBER),
    area("a3", "government", EAST, OCTOBER, NOVEMBER),
    area("a4", "contested", DISPUTED, SEPTEMBER, NOVEMBER, '["isis", "opposition"]'),
]
SNAPSHOTS = [snapshot(SEPTEMBER, OCTOBER), snapshot(OCTOBER, NOVEMBER)]


def control_of(areas: list[dict[str, Any]] = AREAS, snapshots: list[dict[str, Any]] = SNAPSHOTS) -> ControlFrames:
    return ControlFrames(
        "drawn",
        table("core.control_snapshots").conform(snapshots),
        table("core.control_areas").conform(areas),
        table("core.front_lines").empty(),
        table("core.control_observations").empty(),
    )


def ask(
    points: list[tuple[float, float]], radius: float = 0.0, start: date = SEPTEMBER, end: date | None = None,
    control: ControlFrames | None = None, within: bytes | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    size = len(points)
    probes = pa.table(
        {
            "strike_id": [f"{i:06d}" for i in range(size)],
            "longitude": pa.array([p[0] for p in points], pa.float64()),
            "latitude": pa.array([p[1] for p in points], pa.float64()),
            "radius_m": pa.array([radius] * size, pa.float64()),
            "date_from": pa.array([start] * size, pa.date32()),
            "date_to": pa.array([end or start] * size, pa.date32()),
        }
    )
    return list(attribute(SYRIA, probes, control or control_of(), within).to_pylist())
