"""ISW's daily control of terrain in Ukraine, read from the real exports."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from control_frames import Raw, holders_at, read_geojson, standing

from pipeline.base_map import land
from pipeline.control import ControlBuild
from pipeline.theatres import theatres

pytestmark = pytest.mark.real

UKRAINE = theatres()["ukraine"]
DAYS = "ukraine/isw-geojson/RussianAssessedCoTinUkraine"


@pytest.fixture(scope="module")
def raw(real_exports: Path) -> Raw:
    found = Raw(UKRAINE, UKRAINE.sources["isw_control"])
    for path in sorted((real_exports / DAYS).glob("*.geojson")):
        found.add(read_geojson(path), path.name)
    return found


@pytest.fixture(scope="module")
def build(raw: Raw) -> ControlBuild:
    return raw.build()


def test_every_day_is_a_snapshot_and_nearly_every_day_has_invalid_rings(raw: Raw, build: ControlBuild) -> None:
    assert build.snapshots.num_rows == len(raw.exports) == 65
    assert shapely.is_valid(shapely.from_wkb(build.areas.column("geometry").to_pylist())).all()
    assert any(
        (text or "").startswith("Ring Self-intersection: made valid")
        for text in build.areas.column("repair").to_pylist()
    )


@pytest.mark.parametrize(
    ("latitude", "longitude", "day", "holder"),
    [
        (49.46, 36.86, date(2022, 9, 7), "russian"),
        (49.46, 36.86, date(2022, 9, 10), "ukrainian"),
        (49.71, 37.61, date(2022, 9, 9), "russian"),
        (49.71, 37.61, date(2022, 9, 11), "ukrainian"),
    ],
    ids=["Balakliia before", "Balakliia after", "Kupiansk before", "Kupiansk after"],
)
def test_towns_that_changed_hands(
    build: ControlBuild, latitude: float, longitude: float, day: date, holder: str
) -> None:
    assert holders_at(standing(build.areas, day), longitude, latitude) == [holder]


@pytest.mark.parametrize("day", ["2022-02-24", "2022-05-26", "2022-09-10", "2022-11-24"])
def test_every_point_is_held_as_the_original_geometry_says(raw: Raw, build: ControlBuild, day: str) -> None:
    (path,) = [e["export_id"] for e in raw.exports if e["file_name"].startswith(day.replace("-", ""))]
    drawn = shapely.from_wkb([r["geometry"] for r in raw.records if r["export_id"] == path and r["geometry"]])
    ground = shapely.from_wkb(land(UKRAINE))
    west, south, east, north = UKRAINE.extent
    random = np.random.default_rng(20220224)
    points = np.column_stack([random.uniform(west, east, 8_000), random.uniform(south, north, 8_000)])
    vertices = shapely.get_coordinates(drawn)
    points[::2] = vertices[random.integers(0, len(vertices), 4_000)] + random.normal(0, 0.005, (4_000, 2))
    is_drawn = np.zeros(len(points), bool)
    for shape in shapely.make_valid(drawn):
        shapely.prepare(shape)
        is_drawn |= shapely.intersects_xy(shape, points[:, 0], points[:, 1])
    shapely.prepare(ground)
    is_land = shapely.intersects_xy(ground, points[:, 0], points[:, 1])
    expected = np.where(is_drawn, "russian", np.where(is_land, "ukrainian", "unknown"))
    found: list[Any] = [[] for _ in points]
    areas = standing(build.areas, date.fromisoformat(day))
    tree = shapely.STRtree(shapely.from_wkb([area["geometry"] for area in areas]))
    for point, area in tree.query(shapely.points(points), predicate="intersects").T.tolist():
        found[point].append(areas[area]["controller"])
    assert [names or ["unknown"] for names in found] == [[name] for name in expected.tolist()]


def test_the_front_runs_between_the_two_and_not_along_the_coast(build: ControlBuild) -> None:
    lines = [shapely.from_wkb(row["geometry"]) for row in standing(build.fronts, date(2022, 9, 7))]
    front = shapely.union_all(lines)
    assert shapely.distance(front, shapely.Point(36.9, 49.6)) < 0.3
    crimea = shapely.Point(33.5, 44.6)
    assert shapely.distance(front, crimea) > 0.5
