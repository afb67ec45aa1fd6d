"""Polygons: dating, naming and mending features, and which export speaks for a day."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
import shapely
from control_frames import Raw, changed, outcomes, reasons
from shapely import Point, Polygon, box

from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
COMMONS = SYRIA.sources["commons_map"]
FLAT = Polygon([(38, 35), (39, 35), (38, 35)])
BOW_TIE = Polygon([(38, 35), (39, 36), (39, 35), (38, 36)])


def _map(*features: tuple[str, Any], day: str = "2016-01-01") -> Raw:
    return Raw(SYRIA, COMMONS).add([({"controller": c, "as_of": day}, g) for c, g in features])


def test_a_polygon_keeps_its_vertices_and_loses_its_heights() -> None:
    shape = shapely.force_3d(box(38, 35, 39, 36), 5.0)
    (row,) = _map(("Government", shape)).map().rows.to_pylist()
    kept = shapely.from_wkb(row["geometry"])
    assert not kept.has_z
    assert kept.equals_exact(shapely.force_2d(shape))
    assert (row["snapshot_day"], row["controller"], row["repairs"]) == (date(2016, 1, 1), "government", "[]")


def test_a_bow_tie_is_mended_and_says_so() -> None:
    (row,) = _map(("isis", BOW_TIE)).map().rows.to_pylist()
    mended = shapely.from_wkb(row["geometry"])
    assert mended.is_valid
    assert mended.area == pytest.approx(0.5)
    ((kind, about, km2, features, note),) = json.loads(row["repairs"])
    assert (kind, about, features) == ("invalid_ring", "Self-intersection", 1)
    assert km2 > 0
    assert note.startswith("Self-intersection: made valid, area changed by +")


def test_a_collection_gives_its_polygons() -> None:
    shape = shapely.GeometryCollection([box(38, 35, 39, 36), Point(38, 35)])
    (row,) = _map(("isis", shape)).map().rows.to_pylist()
    assert shapely.from_wkb(row["geometry"]).area == 1
    assert json.loads(row["repairs"]) == [["other_parts", "", None, 1, "1 parts that are no polygons left out"]]


@pytest.mark.parametrize(
    ("controller", "shape", "reason"),
    [
        ("isis", None, ("geometry_missing", "geometry", None)),
        ("isis", Polygon(), ("geometry_missing", "geometry", "Polygon")),
        ("isis", shapely.GeometryCollection(), ("geometry_missing", "geometry", "GeometryCollection")),
        ("isis", Point(38, 35), ("geometry_not_polygon", "geometry", "Point")),
        ("isis", FLAT, ("geometry_unrepairable", "geometry", "Too few points in geometry component")),
        ("isis", box(10, 35, 11, 36), ("geometry_outside", "geometry", "[10.0, 35.0, 11.0, 36.0]")),
        ("Rome", box(38, 35, 39, 36), ("controller_unknown", "controller", "Rome")),
        ("", box(38, 35, 39, 36), ("controller_missing", "controller", None)),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(controller: str, shape: Any, reason: tuple[str, str, str | None]) -> None:
    mapped = _map((controller, shape), ("isis", box(38, 35, 39, 36))).map()
    assert reasons(mapped) == [reason]
    assert sorted(outcomes(mapped)) == ["accepted", "quarantined"]


def test_bytes_that_are_no_geometry_are_refused() -> None:
    assert [code for code, _, _ in reasons(_map(("isis", b"\x01\x02")).map())] == ["geometry_unrepairable"]


@pytest.mark.parametrize(
    ("day", "code"), [("", "date_missing"), ("9 Aug", "date_unparsable"), ("1970-01-01", "date_null")]
)
def test_dates_that_cannot_be_meant_are_refused(day: str, code: str) -> None:
    assert [found for found, _, _ in reasons(_map(("isis", box(38, 35, 39, 36)), day=day).map())] == [code]


UKRAINE = theatres()["ukraine"]
ISW = UKRAINE.sources["isw_control"]
SEPTEMBER_7 = 1662508800000


@pytest.mark.parametrize(
    ("properties", "file_name", "day", "note"),
    [
        ({"datetime": SEPTEMBER_7}, "20220907_x.geojson", date(2022, 9, 7), None),
        ({"datetime": SEPTEMBER_7}, "20220908_x.geojson", date(2022, 9, 7), None),
        ({"FID": 1}, "20220908_x.geojson", date(2022, 9, 8), None),
        ({"datetime": "-2209161600000"}, "20220908_x.geojson", date(2022, 9, 8), None),
        ({"Datetime": SEPTEMBER_7}, "20220910_x.geojson", date(2022, 9, 7),
         "dated 2022-09-07 by its property, 2022-09-10 by the file's name"),
    ],
)  # fmt: skip
def test_the_property_dates_a_feature_before_the_file_name(
    properties: dict[str, Any], file_name: str, day: date, note: str | None
) -> None:
    mapped = Raw(UKRAINE, ISW).add([(properties, box(36, 49, 37, 50))], file_name).map()
    (row,) = mapped.rows.to_pylist()
    notes = [item[-1] for item in json.loads(row["repairs"])]
    assert (row["snapshot_day"], row["controller"], notes) == (day, "russian", [note] if note else [])


def test_an_unreadable_property_is_not_passed_over_for_the_file_name() -> None:
    raw = Raw(UKRAINE, ISW).add([({"datetime": "soon"}, box(36, 49, 37, 50))], "20220910_x.geojson")
    assert reasons(raw.map()) == [("date_unparsable", "valid_from", "soon")]


def _reissued(*exports: tuple[str, int, list[Any]]) -> dict[str, list[str]]:
    raw = Raw(SYRIA, COMMONS)
    names = {}
    for name, day_received, shapes in exports:
        features = [({"controller": "isis", "as_of": "2016-01-01"}, shape) for shape in shapes]
        raw.add(features, name, datetime(2026, 11, day_received, tzinfo=UTC))
        names[raw.exports[-1]["export_id"]] = name
    found: dict[str, list[str]] = {name: [] for name, _, _ in exports}
    for row in sorted(raw.map().outcomes.to_pylist(), key=lambda r: r["record_id"]):
        found[names[row["export_id"]]].append(row["outcome"])
    return found


A, B, C = box(38, 35, 38.5, 36), box(39, 35, 39.5, 36), box(40, 35, 40.5, 36)


def test_a_repeated_feature_and_a_repeated_day_are_duplicates() -> None:
    found = _reissued(("first", 1, [A, B, A]), ("again", 2, [B, A]))
    assert found == {"first": ["accepted", "accepted", "duplicate"], "again": ["duplicate", "duplicate"]}


def test_a_reissued_day_supersedes_every_feature_of_the_day_before_it() -> None:
    found = _reissued(("late", 5, [A, C]), ("early", 1, [A, B]))
    assert found == {"late": ["accepted", "accepted"], "early": ["superseded", "superseded"]}


def test_a_day_that_goes_back_to_what_was_said_first() -> None:
    found = _reissued(("first", 1, [A]), ("second", 2, [B]), ("third", 3, [A]))
    assert found == {"first": ["accepted"], "second": ["superseded"], "third": ["duplicate"]}


def test_of_exports_received_together_the_greater_id_speaks() -> None:
    found = _reissued(("one", 1, [A]), ("two", 1, [B]))
    assert sorted(outcome for outcomes_ in found.values() for outcome in outcomes_) == [
        "accepted",
        "superseded",
    ]
    assert found == _reissued(("two", 1, [B]), ("one", 1, [A]))


def test_a_day_of_which_a_feature_is_refused_does_not_speak_in_place_of_a_whole_one() -> None:
    found = _reissued(("whole", 1, [A, B]), ("part", 2, [A, None]))
    assert found == {"whole": ["accepted", "accepted"], "part": ["held", "quarantined"]}
    # Where no export says the day whole, the last one speaks; and so does a whole one, whenever it came.
    assert _reissued(("one", 1, [A, None]), ("two", 2, [B, None])) == {
        "one": ["superseded", "quarantined"], "two": ["accepted", "quarantined"],
    }  # fmt: skip
    assert _reissued(("part", 1, [A, None]), ("whole", 2, [A, B]))["whole"] == ["accepted", "accepted"]


def test_a_person_is_told_of_a_day_that_is_held_back_and_can_let_it_in() -> None:
    raw = Raw(SYRIA, COMMONS)
    for name, day, shapes in (("whole", 1, [A, B]), ("part", 2, [A, None])):
        features = [({"controller": "isis", "as_of": "2016-01-01"}, shape) for shape in shapes]
        raw.add(features, name, datetime(2026, 11, day, tzinfo=UTC))
    whole, part = raw.map().receipts.to_pylist()
    assert (whole["held_because"], part["held_because"], part["state"]) == (None, "part", "applied")
    assert part["told"].startswith("1 of its features are of days that an export before it says whole")
    let_in = raw.map(accepted=[part["export_id"]])
    assert sorted(outcomes(let_in)) == ["accepted", "quarantined", "superseded", "superseded"]
    assert [row["held_because"] for row in let_in.receipts.to_pylist()] == [None, None]


def test_duplicates_point_at_the_record_that_they_repeat() -> None:
    mapped = _map(("isis", A), ("isis", A), ("isis", None)).map()
    first, second, refused = sorted(mapped.outcomes.to_pylist(), key=lambda row: row["record_id"])
    assert first["target_id"] == second["target_id"] == first["record_id"]
    assert refused["target_id"] is None


def test_layers_that_are_not_named_are_out_of_scope() -> None:
    source = changed(COMMONS, layers=("control",))
    raw = Raw(SYRIA, source).add([({"controller": "nobody", "as_of": "never"}, None)])
    assert reasons(raw.map()) == [("record_out_of_scope", "layer", "layer = ")]


def test_the_parties_of_a_joint_legend() -> None:
    (row,) = _map(("ISIS, JN, and Rebel", A)).map().rows.to_pylist()
    assert (row["controller"], json.loads(row["parties"])) == ("contested", ["isis", "nusra", "opposition"])
