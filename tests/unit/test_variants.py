"""Method choices: each changes the one thing that it names, by the code of the attribution in force."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from pipeline.attribution import CONTROL_TABLES
from pipeline.catalogue import table
from pipeline.control import build_control
from pipeline.theatres import theatres
from pipeline.variants import attribute_variants
from pipeline.work import Work

SYRIA = theatres()["syria"]
OBSERVED, DRAWN = "control_observations", "commons_map"
# Two places 30 km apart, west and east of a strike that lies 2 km west of the line between them; the western one, which
# cites ISW, is lost to ISIS on 1 November. In the province of Homs, whose border is far away.
LATITUDE, WEST, EAST = 34.0, 38.0, 38.3247
STRIKE = 38.141
LOST = date(2015, 11, 1)


def _observation(
    name: str, longitude: float, controller: str, start: date, end: date | None, cites: str
) -> dict[str, Any]:
    return {
        "observation_id": name, "theatre": "syria", "source": OBSERVED, "record_id": name, "place": name,
        "place_local": None, "province": None, "latitude": LATITUDE, "longitude": longitude, "controller": controller,
        "parties": "[]", "valid_from": start, "valid_to": end, "basis": "source" if cites else "well_known",
        "citation": cites or None, "note": None,
    }  # fmt: skip


OBSERVATIONS = [
    _observation("west", WEST, "opposition", date(2015, 9, 1), LOST, "https://www.understandingwar.org/a"),
    _observation("west again", WEST, "isis", LOST, None, ""),
    _observation("east", EAST, "isis", date(2015, 9, 1), None, ""),
]


def _strike(name: str, source: str, longitude: float = STRIKE, **changes: Any) -> dict[str, Any]:
    row = {
        "strike_id": name, "theatre": "syria", "source": source, "source_key": name, "month": "2015-10",
        "record_id": name, "export_id": "e", "date_from": date(2015, 10, 30), "date_to": date(2015, 10, 30),
        "date_basis": "exact", "reported_from": date(2015, 10, 30), "reported_to": date(2015, 11, 2),
        "is_background": False, "place": name, "province": "Homs", "latitude": LATITUDE, "longitude": longitude,
        "precision_m": 1_000.0, "precision_basis": "test", "location_basis": "coordinate", "is_area": False,
        "confidence": "unstated", "revision": 1, "sightings": 1,
    }  # fmt: skip
    return {**dict.fromkeys(table("core.strikes").columns), **row, **changes}


def _frames(*strikes: dict[str, Any], drawn_on: date | None = None) -> dict[str, pa.Table]:
    observations = table("core.control_observations").conform(OBSERVATIONS)
    built = build_control(SYRIA, SYRIA.sources[OBSERVED], observations)
    frames = dict(zip(CONTROL_TABLES, (observations, built.snapshots, built.areas, built.fronts), strict=True))
    if drawn_on:
        later = {"source": DRAWN, "theatre": "syria"}
        snapshot = {**later, "snapshot_day": drawn_on, "in_force_to": date(2016, 12, 1), "areas": 1}
        area = {
            **later, "area_id": "a", "controller": "government", "parties": "[]", "valid_from": drawn_on,
            "valid_to": date(2016, 12, 1), "method": "polygon", "repair": None, "record_ids": "[]",
            "geometry": _box(),
        }  # fmt: skip
        for name, row in (("core.control_snapshots", snapshot), ("core.control_areas", area)):
            frames[name] = pa.concat_tables([frames[name], table(name).conform([row])])
    frames["core.strikes"] = table("core.strikes").conform(list(strikes))
    frames["core.places"] = table("core.places").empty()
    return frames


def _box() -> bytes:
    import shapely

    return bytes(shapely.to_wkb(shapely.box(37, 34, 39, 35)))


@cache
def _answers() -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    frames = _frames(_strike("isw", "isw_reports"), _strike("aw", "airwars"), drawn_on=date(2016, 8, 9))
    found = dict(attribute_variants(SYRIA, frames))
    return {(v.choice, v.value): {row["strike_id"]: row for row in frame.to_pylist()} for v, frame in found.items()}


@pytest.mark.parametrize(
    ("choice", "value", "controller"),
    [
        ("facts", "sourced only", "opposition"),
        ("facts", "uncited only", "isis"),  # within 20 km of the eastern place, which alone is left
        ("reach", "5 km", "unknown"),
        ("reach", "25 km", "opposition"),
        ("reach", "none", "opposition"),
        ("time", "static, first day", "opposition"),
        ("time", "static, last day", "isis"),
        ("staleness", "0 days", "unknown"),
        ("staleness", "7 days", "unknown"),
        ("staleness", "31 days", "unknown"),
        ("staleness", "no limit", "opposition"),
        ("window", "first day", "opposition"),
        ("control source", "commons_map", "unknown"),
        ("control source", "commons_map, static", "government"),
    ],
)
def test_what_each_choice_makes_of_one_strike(choice: str, value: str, controller: str) -> None:
    assert _answers()[choice, value]["aw"]["controller"] == controller


def test_only_strikes_of_the_source_that_is_cited_lose_its_facts() -> None:
    found = _answers()["facts", "own source dropped"]
    assert (found["isw"]["controller"], found["aw"]["controller"]) == ("isis", "opposition")


def test_days_as_reported_reach_past_the_effective_window() -> None:
    found = _answers()["window", "as reported"]["aw"]
    assert (found["window_days"], found["focus_share"]) == (4, pytest.approx(0.5))


def test_dropping_the_places_nearby_moves_a_strike_at_one_of_them() -> None:
    found = dict(attribute_variants(SYRIA, _frames(_strike("at", "airwars", WEST + 0.001))))
    shares = {v.value: frame.column("other_share")[0].as_py() for v, frame in found.items()}
    assert shares["within 3 km dropped"] == 0  # the eastern place is too far to speak for it
    assert shares["first day"] == pytest.approx(1)


def test_discs_grow_shrink_and_are_clipped() -> None:
    found = _answers()
    radii = {value: found["disc", value]["aw"]["radius_m"] for value in ("× 0.5", "× 2", "clipped to province")}
    assert radii == {"× 0.5": 500, "× 2": 2_000, "clipped to province": 1_000}


def test_a_disc_by_settlements_is_the_mean_of_those_in_it() -> None:
    wide = _strike("wide", "airwars", precision_m=25_000.0)
    found = dict(attribute_variants(SYRIA, _frames(wide)))
    shares = {v.value: frame.column("focus_share")[0].as_py() for v, frame in found.items() if v.choice == "disc"}
    assert shares["by settlements"] == pytest.approx(0.5)
    assert shares["× 2"] != shares["× 0.5"]


def test_a_centre_on_a_border_goes_the_other_way_when_the_order_is_reversed() -> None:
    import shapely

    frames = _frames()
    areas = [r for r in frames["core.control_areas"].to_pylist() if r["valid_from"] < LOST]
    west, east = (
        shapely.from_wkb(row["geometry"]) for row in sorted(areas, key=lambda r: r["controller"] == "isis")[:2]
    )
    shared = shapely.get_coordinates(shapely.intersection(west, east))
    longitude, latitude = shared[len(shared) // 2]
    strike = _strike("border", "airwars", longitude, latitude=latitude, precision_m=0.0)
    found = dict(attribute_variants(SYRIA, {**frames, "core.strikes": table("core.strikes").conform([strike])}))
    named = {v.value: frame.column("controller")[0].as_py() for v, frame in found.items()}
    assert (named["first day"], named["reversed"]) == ("isis", "opposition")


def test_every_choice_attributes_every_strike_of_the_window_once(showcase: Work) -> None:
    names = ("core.strikes", "core.places", *CONTROL_TABLES)
    frames = {name: showcase.lake.read(name, theatre="syria") for name in names}
    window = SYRIA.windows[SYRIA.main_window]
    wanted = sorted(
        row["strike_id"]
        for row in frames["core.strikes"].select(["strike_id", "date_from"]).to_pylist()
        if window.start <= row["date_from"] <= window.end
    )
    found = dict(attribute_variants(SYRIA, frames))
    assert len({(v.choice, v.value) for v in found}) == len(found) > 20
    for variant, frame in found.items():
        assert frame.column("strike_id").to_pylist() == wanted, variant
