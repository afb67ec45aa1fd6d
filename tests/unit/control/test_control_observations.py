"""Observations: which records become statements, and which are refused for what."""

from __future__ import annotations

import json
from datetime import date

import pytest
from control_frames import Raw, changed, observation, observations, outcomes, reasons

from pipeline.theatres import theatres


def test_a_plain_row_becomes_a_statement() -> None:
    mapped = observations(observation("Raqqa", 35.95, 39.01, "ISIL", "2015-08-01", "2016-02-01")).map()
    (row,) = mapped.rows.to_pylist()
    assert (row["place"], row["controller"], row["parties"]) == ("Raqqa", "isis", "[]")
    assert (row["valid_from"], row["valid_to"]) == (date(2015, 8, 1), date(2016, 2, 1))
    assert outcomes(mapped) == ["accepted"]


@pytest.mark.parametrize(
    ("text", "controller", "parties"),
    [
        ("contested", "contested", []),
        ("ISIS, JN, and Rebel", "contested", ["isis", "nusra", "opposition"]),
        ("ISIS/JN", "contested", ["isis", "nusra"]),
        ("Rebel and FSA", "opposition", []),
        ("Syrian government", "government", []),
    ],
)
def test_joint_legends_are_contested_ground(text: str, controller: str, parties: list[str]) -> None:
    (row,) = observations(observation("X", 35, 38, text, "2015-08-01")).map().rows.to_pylist()
    assert (row["controller"], json.loads(row["parties"])) == (controller, parties)


def test_parties_that_the_source_names_apart() -> None:
    theatre = theatres()["syria"]
    source = theatre.sources["control_observations"]
    named = changed(source, fields={**source.fields, "parties": source.fields["note"]})
    row, _ = observation("X", 35, 38, "contested", "2015-08-01")
    mapped = Raw(theatre, named).add([({**row, "note": "SDF; regime"}, None)]).map()
    assert json.loads(mapped.rows.column("parties")[0].as_py()) == ["government", "kurdish"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"controller": "Martians"}, ("controller_unknown", "controller", "Martians")),
        ({"controller": "ISIS and Martians"}, ("controller_unknown", "controller", "Martians")),
        ({"controller": "ISIS (contested)"}, ("controller_unknown", "controller", "ISIS (contested)")),
        ({"controller": ""}, ("controller_missing", "controller", None)),
        ({"place": " "}, ("place_missing", "place", None)),
        ({"province": "Atlantis"}, ("province_unknown", "province", "Atlantis")),
        ({"valid_from": ""}, ("date_missing", "valid_from", None)),
        ({"valid_from": "01/02/2016"}, ("date_unparsable", "valid_from", "01/02/2016")),
        ({"valid_to": "soon"}, ("date_unparsable", "valid_to", "soon")),
        ({"valid_from": "1970-01-01"}, ("date_null", "valid_from", "1970-01-01")),
        ({"valid_from": "2027-01-01"}, ("date_future", "valid_from", "2027-01-01")),
        ({"valid_to": "2015-08-01"}, ("date_order", "valid_to", "2015-08-01 to 2015-08-01")),
        ({"lat": "", "lon": ""}, ("place_without_coordinate", "coordinate", None)),
        ({"lat": "north"}, ("coordinate_unreadable", "coordinate", "north, 38")),
        ({"lat": "0", "lon": "0"}, ("coordinate_null_island", "coordinate", "0, 0")),
        ({"lat": "95", "lon": "38"}, ("coordinate_impossible", "coordinate", "95, 38")),
        ({"lat": "48", "lon": "38"}, ("coordinate_outside", "coordinate", "48, 38")),
        ({"lat": "38", "lon": "35"}, ("coordinate_swapped", "coordinate", "38, 35")),
        ({"lat": "38E", "lon": "35N"}, ("coordinate_swapped", "coordinate", "38E, 35N")),
        # Both orders lie in Syria; only one of them in Aleppo.
        (
            {"lat": "37.1", "lon": "36.2", "province": "Aleppo"},
            ("coordinate_swapped", "coordinate", "37.1, 36.2"),
        ),
    ],
)
def test_what_is_refused_and_why(changes: dict[str, str], reason: tuple[str, str | None, str | None]) -> None:
    row, _ = observation("X", 35, 38, "isis", "2015-08-01")
    mapped = observations(({**row, **changes}, None), observation("Y", 35, 38, "isis", "2015-08-01")).map()
    found = reasons(mapped)
    assert [(code, field, value or None) for code, field, value in found] == [reason]
    assert sorted(outcomes(mapped)) == ["accepted", "quarantined"]


def test_what_the_reader_found_wrong_is_the_only_reason() -> None:
    mapped = observations(({"_problem": "record_malformed"}, None)).map()
    assert reasons(mapped) == [("record_malformed", None, None)]


def test_every_record_has_one_outcome_and_a_correction_supersedes() -> None:
    raw = observations(observation("X", 35, 38, "isis", "2015-08-01"))
    raw.add(
        [observation("X", 35.1, 38, "isis", "2015-08-01")],
        "second.csv",
        raw.exports[0]["received_at"].replace(day=2),
    )
    raw.add(
        [observation("X", 35.1, 38, "isis", "2015-08-01")],
        "third.csv",
        raw.exports[0]["received_at"].replace(day=3),
    )
    mapped = raw.map()
    by_export = {row["export_id"]: row["outcome"] for row in mapped.outcomes.to_pylist()}
    assert [by_export[e["export_id"]] for e in raw.exports] == ["superseded", "accepted", "duplicate"]
    assert mapped.rows.column("latitude").to_pylist() == [35.1]
