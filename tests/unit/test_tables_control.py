"""Areas in km² and settlements that changed hands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
import shapely
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.tables.control import tabulate_control
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
FIRST, SECOND, END = date(2016, 1, 1), date(2016, 1, 10), date(2016, 2, 1)
OWN = {"theatre": "syria", "source": "commons_map"}
WEST, EAST = shapely.box(37, 35, 38, 36), shapely.box(38, 35, 38.5, 36)


def _area(id_: str, controller: str, shape: Any, start: date, end: date, **more: str) -> dict[str, Any]:
    known = {**OWN, "area_id": id_, "controller": controller, "parties": "[]", "valid_from": start, "valid_to": end}
    return {**known, "method": "polygon", "repair": None, "record_ids": "[]", "geometry": shapely.to_wkb(shape)} | more


AREAS = [
    _area("a1", "isis", WEST, FIRST, END),
    _area("a2", "isis", EAST, FIRST, SECOND),
    _area("a3", "government", EAST, SECOND, END),
]
SNAPSHOTS = [
    {**OWN, "snapshot_day": FIRST, "in_force_to": SECOND, "areas": 2},
    {**OWN, "snapshot_day": SECOND, "in_force_to": END, "areas": 2},
]
FLIP = {
    **OWN, "flip_id": "c1", "day": SECOND, "previous_day": FIRST, "controller_from": "isis",
    "controller_to": "government", "is_specks": False, "pieces": 1, "area_km2": 5000.0, "undone_share": None,
    "geometry": shapely.to_wkb(EAST),
}  # fmt: skip


def _frames(**rows: list[dict[str, Any]]) -> Mapping[str, pa.Table]:
    given = {"core.control_areas": AREAS, "core.control_snapshots": SNAPSHOTS, "work.control_changes": [FLIP]}
    return {name: table(name).conform(body) for name, body in {**given, **rows}.items()}


def test_areas_are_told_by_snapshot_and_controller_in_km2() -> None:
    made = tabulate_control(SYRIA, _frames())["marts.control_area_km2"].to_pylist()
    told = {(row["snapshot_day"], row["controller"]): (row["area_km2"], row["areas"]) for row in made}
    assert set(told) == {(FIRST, "isis"), (SECOND, "isis"), (SECOND, "government")}
    # By the sphere's formula a degree of longitude at 35.5° N is 90.7 km and one of latitude 110.9 km.
    assert told[FIRST, "isis"][0] == pytest.approx(1.5 * 90.7 * 110.9, rel=2e-3)
    assert told[FIRST, "isis"][1] == 2
    assert told[SECOND, "isis"][0] + told[SECOND, "government"][0] == pytest.approx(told[FIRST, "isis"][0])


def test_no_area_is_told_of_observations_or_of_what_is_made_of_them() -> None:
    frames = sample_frames()
    assert frames["core.control_areas"].num_rows
    assert set(frames["core.control_areas"].column("source").to_pylist()) == {"control_observations"}
    assert tabulate_control(SYRIA, frames)["marts.control_area_km2"].num_rows == 0
    merged = [{**area, "source": "both"} for area in AREAS]
    days = [{**day, "source": "both"} for day in SNAPSHOTS]
    made = tabulate_control(SYRIA, _frames(**{"core.control_areas": merged, "core.control_snapshots": days}))
    assert made["marts.control_area_km2"].num_rows == 0


def test_a_tessellated_area_in_a_source_of_polygons_is_an_error() -> None:
    areas = [*AREAS, _area("a4", "isis", WEST, FIRST, END, method="tessellation")]
    with pytest.raises(AssertionError, match="tessellated area"):
        tabulate_control(SYRIA, _frames(**{"core.control_areas": areas}))


def _strikes(*places: tuple[str, float, float, bool]) -> pa.Table:
    strikes = sample_frames()["core.strikes"].to_pylist()[: len(places)]
    rows = [
        {**strike, "place": name, "longitude": longitude, "latitude": latitude, "is_area": is_area}
        for strike, (name, longitude, latitude, is_area) in zip(strikes, places, strict=True)
    ]
    return table("core.strikes").conform(rows)


def _place(name: str, longitude: float, latitude: float, precision_m: float) -> dict[str, Any]:
    known = {**OWN, "place_id": name, "record_id": "r", "place": name, "aliases": "[]", "province": None}
    return {**known, "longitude": longitude, "latitude": latitude, "precision_m": precision_m, "credit": ""}


def test_settlements_are_of_the_gazetteer_the_base_map_and_strikes_at_points() -> None:
    frames = {
        **_frames(**{"core.places": [_place("Town", 38.2, 35.5, 2_000), _place("Countryside", 38.2, 35.4, 20_000)]}),
        "core.strikes": _strikes(("Village, somewhere", 38.1, 35.2, False), ("All of the east", 38.1, 35.2, True)),
    }
    ((flip,), _) = (frame.to_pylist() for frame in tabulate_control(SYRIA, frames).values())
    assert json.loads(flip["settlements"]) == ["Town", "Village"]


def test_towns_of_the_base_map_are_named_as_the_theatre_spells_them() -> None:
    flip = {**FLIP, "geometry": shapely.to_wkb(shapely.box(38, 34.4, 38.5, 34.7))}
    made = tabulate_control(SYRIA, _frames(**{"work.control_changes": [flip]}))["core.control_flips"]
    assert json.loads(made.to_pylist()[0]["settlements"]) == ["Palmyra"]


def test_a_city_is_not_named_for_one_suburb() -> None:
    frames = {**_frames(), "core.strikes": _strikes(*[("City", 38.6, 35.5, False), ("City", 38.7, 35.5, False),
                                                      ("City (suburb)", 38.4, 35.5, False)])}  # fmt: skip
    assert tabulate_control(SYRIA, frames)["core.control_flips"].to_pylist()[0]["settlements"] == "[]"
    both = {**_frames(), "core.strikes": _strikes(("City", 38.6, 35.5, False), ("City", 38.4, 35.5, False))}
    assert tabulate_control(SYRIA, both)["core.control_flips"].to_pylist()[0]["settlements"] == '["City"]'


def test_specks_stay_as_one_row_without_settlements() -> None:
    specks = {**FLIP, "is_specks": True, "pieces": 12, "area_km2": 0.4, "geometry": None}
    (row,) = tabulate_control(SYRIA, _frames(**{"work.control_changes": [specks]}))["core.control_flips"].to_pylist()
    assert (row["pieces"], row["area_km2"], row["settlements"]) == (12, 0.4, "[]")
