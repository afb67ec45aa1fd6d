"""Observations over polygons: within their reach they speak, elsewhere the map does."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import shapely
from control_frames import Feature, Raw, changed, drawn, holders_at, observation, observations, redrawn, standing
from pydantic import ValidationError
from shapely import box

from pipeline.base_map import land
from pipeline.control import ControlBuild, merge_control
from pipeline.theatres import Source, Theatre, theatres

SYRIA = theatres()["syria"]
SAID = {"title": "Both", "publisher": "us", "credit": "us", "terms": "ours"}
REACH_M = 10_000
WEST, EAST = box(37, 34, 38.5, 36), box(38.5, 34, 40, 36)
MAP = (("government", WEST), ("isis", EAST))


def _source(**more: Any) -> Source:
    given = {"base": "commons_map", "overrides": "control_observations", "reach_m": REACH_M} | more
    return Source(name="both", kind="control_merged", **SAID, **given)


def _theatre(**more: Any) -> Theatre:
    raw = SYRIA.model_dump(exclude_unset=True)
    raw["sources"]["both"] = _source(**more).model_dump(exclude_unset=True)
    return Theatre(**raw)


def _merge(base: Raw, *observed: Feature) -> ControlBuild:
    theatre = _theatre()
    return merge_control(theatre, theatre.sources["both"], base.map().rows, observations(*observed).map().rows)


def test_within_the_reach_of_an_observation_its_cell_replaces_the_polygon() -> None:
    # 11 km on either side of the border between the two: one cell reaches over it, one does not.
    build = _merge(drawn(*MAP), observation("A", 35, 38.45, "kurdish", "2015-12-01"))
    areas = standing(build.areas, date(2016, 1, 1))
    assert holders_at(areas, 38.45, 35.0) == ["kurdish"]
    assert holders_at(areas, 38.54, 35.0) == ["kurdish"]
    assert holders_at(areas, 38.58, 35.0) == ["isis"]
    assert holders_at(areas, 38.3, 35.0) == ["government"]
    assert {(a["controller"], a["method"]) for a in areas} == {
        ("kurdish", "tessellation"), ("isis", "polygon"), ("government", "polygon"),
    }  # fmt: skip
    assert all((a["record_ids"] == "[]") == (a["method"] == "tessellation") for a in areas)


def test_there_is_no_ground_twice_and_every_front_is_shared_to_the_last_bit() -> None:
    build = _merge(
        drawn(*MAP),
        observation("A", 35, 38.45, "kurdish", "2015-12-01"),
        observation("B", 35.1, 38.5, "government", "2015-12-01"),
        observation("C", 35.05, 38.6, "isis", "2015-12-01"),
    )
    areas = standing(build.areas, date(2016, 1, 1))
    shapes = shapely.from_wkb([area["geometry"] for area in areas])
    assert shapely.coverage_is_valid(shapes)
    assert shapely.union_all(shapes).area == pytest.approx(shapely.union_all([WEST, EAST]).area, rel=1e-9)
    names = np.array([area["controller"] for area in areas])
    length: dict[tuple[str, str], float] = {}
    for front in standing(build.fronts, date(2016, 1, 1)):
        pair = (front["controller_a"], front["controller_b"])
        length[pair] = length.get(pair, 0) + shapely.from_wkb(front["geometry"]).length
    for a, b in combinations(sorted(set(names.tolist())), 2):
        held = [shapely.union_all(shapes[names == name]).boundary for name in (a, b)]
        assert length.get((a, b), 0) == pytest.approx(shapely.intersection(*held).length, abs=1e-9)


def test_an_area_that_no_cell_reaches_is_the_base_s_own() -> None:
    far = box(40.5, 34.6, 40.9, 35)
    base = drawn(*MAP, ("isis", far))
    build = _merge(base, observation("A", 35, 38.45, "kurdish", "2015-12-01"))
    kept, own = (set(made.areas.column("geometry").to_pylist()) for made in (build, base.build()))
    assert own & kept == {shapely.to_wkb(shapely.normalize(far))}


def test_a_snapshot_begins_where_either_changes_or_an_observation_ends() -> None:
    raw = redrawn(drawn(*MAP), "2016-01-20", ("isis", EAST))
    build = _merge(raw, observation("A", 35, 38.45, "kurdish", "2015-12-01", "2016-01-10"))
    days = build.snapshots.column("snapshot_day").to_pylist()
    assert days == [date(2016, 1, 1), date(2016, 1, 10), date(2016, 1, 20)]
    assert holders_at(standing(build.areas, date(2016, 1, 9)), 38.45, 35) == ["kurdish"]
    assert holders_at(standing(build.areas, date(2016, 1, 10)), 38.45, 35) == ["government"]
    assert holders_at(standing(build.areas, date(2016, 1, 20)), 38.45, 35) == []


def test_there_is_nothing_before_the_first_map_and_after_the_last_lapses() -> None:
    build = _merge(
        drawn(*MAP),
        observation("A", 35, 38.45, "kurdish", "2015-12-01", "2016-02-20"),
        observation("A", 35, 38.45, "isis", "2016-02-20"),
    )
    rows = build.snapshots.to_pylist()
    lapses = drawn(*MAP).build().snapshots.to_pylist()[0]["in_force_to"]
    assert rows[0]["snapshot_day"] == date(2016, 1, 1)
    assert rows[-1]["in_force_to"] == lapses
    assert max(build.areas.column("valid_to").to_pylist()) == lapses


def test_without_a_map_there_is_nothing_and_without_observations_there_is_the_map() -> None:
    empty = Raw(SYRIA, SYRIA.sources["commons_map"])
    nothing = _merge(empty, observation("A", 35, 38, "kurdish", "2015-12-01"))
    assert nothing.snapshots.num_rows == nothing.areas.num_rows == 0
    alone, map_ = _merge(drawn(*MAP)).areas.to_pylist(), drawn(*MAP).build().areas.to_pylist()
    assert {(row["controller"], row["geometry"]) for row in alone} == {
        (row["controller"], row["geometry"]) for row in map_
    }


def test_strips_along_the_coast_make_no_front_here_either() -> None:
    ground = shapely.from_wkb(land(SYRIA))
    base = drawn(("isis", shapely.buffer(ground, -0.01)), source=_with_rest())
    theatre = _theatre()
    theatre.sources["commons_map"] = _with_rest()
    rows = observations(observation("A", 35, 38, "kurdish", "2015-12-01")).map().rows
    build = merge_control(theatre, theatre.sources["both"], base.map().rows, rows)
    pairs = {(row["controller_a"], row["controller_b"]) for row in build.fronts.to_pylist()}
    assert pairs == {("isis", "kurdish")}


def _with_rest() -> Source:
    return changed(SYRIA.sources["commons_map"], complement="government")


def test_the_theatre_s_reach_is_used_where_the_source_gives_none() -> None:
    theatre = _theatre(reach_m=None)
    rows = observations(observation("A", 35, 38, "kurdish", "2015-12-01")).map().rows
    build = merge_control(theatre, theatre.sources["both"], drawn(*MAP).map().rows, rows)
    areas = standing(build.areas, date(2016, 1, 1))
    assert holders_at(areas, 38.2, 35) == ["kurdish"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"base": "control_observations"}, "base 'control_observations', which is no source of kind control_polygons"),
        ({"overrides": "commons_map"}, "overrides 'commons_map', which is no source of kind control_observations"),
        ({"base": "nowhere"}, "choose one of ['commons_map']"),
        ({"base": None}, "say `base` and `overrides`"),
        ({"fields": {"controller": "holder"}}, "has no records of its own: leave out ['fields']"),
        ({"reach_m": 0}, "reach_m"),
    ],
)
def test_nonsense_is_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        _theatre(**more)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"key": (), "fields": {}, "base": "commons_map"}, "only control_merged takes ['base']"),
        ({"key": ()}, "lacks ['fields']"),
    ],
)
def test_other_kinds_take_none_of_it_and_still_say_their_fields(more: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        Source(name="plain", kind="control_polygons", **SAID, **more)
    assert message in str(error.value)


def test_a_source_of_strikes_cannot_be_in_force() -> None:
    raw = SYRIA.model_dump(exclude_unset=True)
    raw["control"]["in_force"] = "isw_reports"
    with pytest.raises(ValidationError, match="which is no source of kind control_observations or"):
        Theatre(**raw)
