"""Control as a source draws it: unions, overlaps, the rest of the land, fronts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from control_frames import Raw, changed, holders_at, standing
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box

from pipeline.attribution import ControlFrames
from pipeline.base_map import land
from pipeline.catalogue import table
from pipeline.control import ControlBuild
from pipeline.theatres import theatres
from pipeline.who import Question, answer

SYRIA = theatres()["syria"]
COMMONS = SYRIA.sources["commons_map"]
WITH_REST = changed(COMMONS, complement="government")
DAY = date(2016, 1, 1)


def _raw(*features: tuple[str, Any], source: Any = COMMONS, day: str = "2016-01-01") -> Raw:
    return Raw(SYRIA, source).add([({"controller": c, "as_of": day}, g) for c, g in features], f"{day}.geojson")


def _shapes(build: ControlBuild, controller: str, method: str = "polygon") -> list[Any]:
    rows = [r for r in build.areas.to_pylist() if r["controller"] == controller and r["method"] == method]
    return [shapely.from_wkb(row["geometry"]) for row in rows]


def test_touching_features_of_one_holder_are_one_area_and_others_keep_their_rings() -> None:
    lonely = Polygon([(41.123456789012345, 35), (41.5, 35.000000000000014), (41.4, 35.7)])
    build = _raw(("isis", box(38, 35, 39, 36)), ("isis", box(39, 35, 40, 36)), ("isis", lonely)).build()
    shapes = sorted(_shapes(build, "isis"), key=lambda shape: -shape.area)
    assert len(shapes) == 2
    assert shapes[0].area == pytest.approx(2)
    assert {tuple(point) for point in shapely.get_coordinates(shapes[1])} == {
        tuple(point) for point in shapely.get_coordinates(lonely)
    }


def test_parts_of_one_feature_are_areas_of_their_own_with_the_same_record() -> None:
    build = _raw(("isis", shapely.MultiPolygon([box(38, 35, 39, 36), box(40, 35, 41, 36)]))).build()
    records = build.areas.column("record_ids").to_pylist()
    assert len(records) == 2
    assert len(set(records)) == 1
    assert len(json.loads(records[0])) == 1


def test_an_overlap_goes_to_the_holder_of_first_priority() -> None:
    build = _raw(("government", box(38, 35, 40, 36)), ("isis", box(39, 35, 41, 36))).build()
    areas = standing(build.areas, DAY)
    assert holders_at(areas, 39.5, 35.5) == ["isis"]
    assert holders_at(areas, 38.5, 35.5) == ["government"]
    repairs = {row["controller"]: row["repair"] for row in areas}
    assert repairs == {"government": "overlap with isis left to isis", "isis": None}
    assert sum(shape.area for shape in _shapes(build, "government")) == pytest.approx(1)


def test_a_feature_that_lies_wholly_under_others_leaves_no_empty_area() -> None:
    build = _raw(
        ("isis", box(38, 35, 40, 37)),
        ("government", box(38.5, 35.5, 39, 36)),
        ("government", box(39.2, 35.5, 39.7, 36)),
    ).build()
    assert [row["controller"] for row in standing(build.areas, DAY)] == ["isis"]


def test_contested_ground_lies_over_what_it_disputes() -> None:
    build = _raw(("isis", box(38, 35, 40, 36)), ("ISIS/JN", box(39, 35, 41, 36))).build()
    areas = standing(build.areas, DAY)
    assert holders_at(areas, 39.5, 35.5) == ["contested"]
    assert {row["parties"] for row in areas if row["controller"] == "contested"} == {'["isis", "nusra"]'}


def test_neighbours_are_not_cut() -> None:
    build = _raw(("government", box(38, 35, 39, 36)), ("isis", box(39, 35, 40, 36))).build()
    assert build.areas.column("repair").null_count == 2
    (front,) = build.fronts.to_pylist()
    assert (front["controller_a"], front["controller_b"]) == ("government", "isis")
    assert shapely.from_wkb(front["geometry"]).equals(shapely.LineString([(39, 35), (39, 36)]))


def test_ground_that_only_comes_near_makes_no_front() -> None:
    build = _raw(("government", box(38, 35, 39, 36)), ("isis", box(39.001, 35, 40, 36))).build()
    assert build.fronts.num_rows == 0


def test_the_rest_of_the_land_belongs_to_the_complement() -> None:
    build = _raw(("isis", box(38, 35, 39, 36)), source=WITH_REST).build()
    (rest,) = _shapes(build, "government", "complement")
    ground = shapely.from_wkb(land(SYRIA))
    assert rest.area == pytest.approx(ground.area - 1)
    (front,) = build.fronts.to_pylist()
    assert shapely.from_wkb(front["geometry"]).equals(box(38, 35, 39, 36).boundary)


def test_strips_between_two_drawings_of_the_coast_make_no_front() -> None:
    ground = shapely.from_wkb(land(SYRIA))
    drawn = shapely.intersection(shapely.buffer(ground, -0.01), box(35, 32, 38, 38))
    build = _raw(("isis", drawn), source=WITH_REST).build()
    edge = shapely.union_all([shapely.from_wkb(line) for line in build.fronts.column("geometry").to_pylist()])
    # Here the strip is connected with the deep east, so the whole edge is one front. Without the east:
    assert edge.length > shapely.intersection(drawn.boundary, box(37.99, 32, 38.01, 38)).length
    whole = _raw(("isis", shapely.buffer(ground, -0.01)), source=WITH_REST).build()
    assert whole.fronts.num_rows == 0
    assert _shapes(whole, "government", "complement")


def test_a_day_too_far_from_the_next_leaves_a_gap() -> None:
    raw = _raw(("isis", box(38, 35, 39, 36)))
    raw.add([({"controller": "isis", "as_of": "2016-06-01"}, box(38, 35, 39, 36))], "later")
    rows = raw.build().areas.to_pylist()
    assert [(row["valid_from"], row["valid_to"]) for row in rows] == [
        (date(2016, 1, 1), date(2016, 3, 2)),
        (date(2016, 6, 1), date(2016, 8, 1)),
    ]


def test_a_snapshot_is_used_on_the_last_day_of_its_age_and_not_on_the_next() -> None:
    build = _raw(("isis", box(38, 35, 39, 36))).build()
    control = ControlFrames(
        "commons_map", build.snapshots, build.areas, build.fronts, table("core.control_observations").empty()
    )
    last = DAY + timedelta(days=SYRIA.control.max_age_days)
    asked = [Question(35.5, 38.5, day) for day in (DAY - timedelta(1), DAY, last, last + timedelta(1))]
    found = [(row["controller"], row["status"], row["snapshot_age_days"]) for row in answer(SYRIA, asked, control)]
    assert found == [
        ("unknown", "no_snapshot", None),
        ("isis", "held", 0),
        ("isis", "held", SYRIA.control.max_age_days),
        ("unknown", "no_snapshot", None),
    ]


def test_a_superseded_day_leaves_no_trace_in_the_areas() -> None:
    first = _raw(("isis", box(38, 35, 39, 36)))
    received = first.exports[0]["received_at"]
    first.add([({"controller": "isis", "as_of": "2016-01-01"}, box(40, 35, 41, 36))], "fix", received.replace(day=9))
    areas = standing(first.build().areas, DAY)
    assert holders_at(areas, 38.5, 35.5) == []
    assert holders_at(areas, 40.5, 35.5) == ["isis"]


corner = st.integers(0, 8)
legends = st.sampled_from(["isis", "government", "ISIS/JN", "FSA"])
boxes = st.lists(
    st.tuples(corner, corner, st.integers(1, 4), st.integers(1, 4), legends),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(drawn=boxes, has_rest=st.booleans(), data=st.data())
@settings(max_examples=12, deadline=None)
def test_a_point_belongs_to_the_first_in_rank_that_draws_it_whatever_the_order(
    drawn: list[tuple[int, int, int, int, str]], has_rest: bool, data: st.DataObject
) -> None:
    source = WITH_REST if has_rest else COMMONS
    features = [(name, box(37 + x / 8, 34 + y / 8, 37 + (x + w) / 8, 34 + (y + h) / 8)) for x, y, w, h, name in drawn]
    build = _raw(*features, source=source).build()
    shuffled = data.draw(st.permutations(features))
    other = _raw(*shuffled, source=source).build()
    assert build.areas.drop_columns(["record_ids"]).equals(other.areas.drop_columns(["record_ids"]))
    assert build.fronts.equals(other.fronts)
    ranks = ["ISIS/JN", "isis", "FSA", "government"]
    names = {"ISIS/JN": "contested", "FSA": "opposition"}
    areas = standing(build.areas, DAY)
    for x, y in np.argwhere(np.ones((12, 12))):
        point = (37 + (x + 0.5) / 8, 34 + (y + 0.5) / 8)
        there = [name for name, shape in features if shapely.contains_xy(shape, *point)]
        first = min(there, key=ranks.index, default=None)
        expected = names.get(first, first) if first else ("government" if has_rest else None)
        assert holders_at(areas, *point) == ([expected] if expected else [])
