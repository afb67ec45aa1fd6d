"""A proposed source is read by the theatre's model as it stands, takes the rows that are plainly good, and says what
it is unsure of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from proposing import SYRIA, Try, doubts, good_rows, names, proposer, table
from shapely.geometry import box, mapping

from pipeline.errors import UserError
from pipeline.proposals import propose
from pipeline.proposals.inspection import quoted
from pipeline.settings import Settings
from pipeline.theatres import Dialect, FieldSource, read_block
from pipeline.trial import try_source


@pytest.fixture
def tried(settings: Settings, tmp_path: Path) -> Try:
    return proposer(settings, tmp_path)


def test_a_proposal_stands_in_a_theatre_file_as_it_is(tried: Try) -> None:
    proposal, _ = tried(table(*good_rows()))
    assert all(line.startswith("  ") for line in proposal.text.splitlines())
    theatre, source = read_block(SYRIA, f"sources:\n{proposal.text}", "a theatre file")
    assert theatre.sources[source.name] == source == proposal.source


def test_the_same_file_gives_the_same_text(tried: Try) -> None:
    content = table(*good_rows(note=lambda i: f"note {i}"))
    assert tried(content)[0] == tried(content)[0]


def test_an_id_of_its_own_goes_before_a_row_number(tried: Try) -> None:
    rows = [{"OBJECTID": str(i), **row} for i, row in enumerate(good_rows())]
    proposal, _ = tried(table(*rows))
    assert names(proposal)["id"] == "id"
    for row in rows:
        del row["id"]
    numbered, _ = tried(table(*rows))
    assert names(numbered)["id"] == "OBJECTID"
    assert "row number" in doubts(numbered, "id")


def test_a_column_named_so_is_the_id_though_some_rows_share_one(tried: Try) -> None:
    proposal, trial = tried(table(*good_rows(id=lambda i: "A-1" if i < 3 else f"A-{i}")))
    assert proposal.source.key == ("id",)
    assert "'A-1' (3) of `id` stand on several rows" in doubts(proposal, "id")
    assert [(found.code, found.count) for found in trial.findings] == [("record_key_conflict", 2)]


def test_without_an_id_the_content_is_the_key_and_that_is_said(tried: Try) -> None:
    rows = [{name: value for name, value in row.items() if name != "id"} for row in good_rows()]
    proposal, trial = tried(table(*rows))
    assert proposal.source.key == ()
    assert "counts as a new strike" in doubts(proposal, "key")
    assert trial.accepted == 20


def test_words_of_no_vocabulary_are_listed_with_their_counts(tried: Try) -> None:
    content = table(*good_rows(governorate=lambda i: "Atlantis" if i < 3 else "Rif Dimashq"))
    proposal, trial = tried(content)
    assert "'Atlantis' (3) of `governorate`" in doubts(proposal, "province")
    assert [(found.code, found.count, found.value) for found in trial.findings] == [("province_unknown", 3, "Atlantis")]


def test_provinces_that_the_theatre_does_not_know_are_left_out(tried: Try) -> None:
    proposal, trial = tried(table(*good_rows(governorate="Atlantis")))
    assert "province" not in proposal.source.fields
    assert "is left out" in doubts(proposal, "province")
    assert trial.accepted == 20


def test_precision_words_of_a_published_scale_name_it(tried: Try) -> None:
    content = table(*good_rows(accuracy=lambda i: "village" if i else "parish"))
    proposal, trial = tried(content)
    assert proposal.source.precision_scale == "airwars"
    assert {row["precision_m"] for row in trial.rows} == {2000, SYRIA.default_precision_m}
    assert "'parish' (1)" in doubts(proposal, "precision_m") and "village" not in doubts(proposal, "precision_m")
    assert trial.accepted == 20


def test_a_word_among_metres_is_listed(tried: Try) -> None:
    proposal, trial = tried(table(*good_rows(24, precision=lambda i: "n/a" if i == 3 else "1500")))
    assert "are taken for metres" in doubts(proposal, "precision")
    assert "'n/a' (1)" in doubts(proposal, "precision_m")
    assert {row["precision_m"] for row in trial.rows} == {1500, SYRIA.default_precision_m}


def test_a_number_of_thousands_of_digits_is_a_value_like_any_other(tried: Try) -> None:
    rows = [json.dumps(row)[:-1] + ',"count":' + "7" * 5_000 + "}" for row in good_rows()]
    _, trial = tried(f"[{','.join(rows)}]".encode(), "export.json")
    assert trial.accepted == 20


def test_codes_of_precision_are_not_taken_for_metres(tried: Try) -> None:
    proposal, trial = tried(table(*good_rows(geo_precision=lambda i: str(i % 3 + 1))))
    assert "levels of acled_geo_precision and of ucdp_where_prec; write the right one" in doubts(
        proposal, "precision_scale"
    )
    assert {row["precision_m"] for row in trial.rows} == {SYRIA.default_precision_m}


def test_codes_that_one_scale_alone_has_name_it(tried: Try) -> None:
    proposal, trial = tried(table(*good_rows(geo_precision=lambda i: str(i % 5 + 1))))
    assert proposal.source.precision_scale == "ucdp_where_prec"
    assert {row["precision_m"] for row in trial.rows} == {2000, 20000, 25000, 40000, 50000}


def test_claims_and_holders_of_no_vocabulary_are_listed(tried: Try) -> None:
    targets = ["ISIS", "militants", "ISIS (claimed Raqqa)", "unknown", "Martians"]
    proposal, trial = tried(table(*good_rows(claimed_target=lambda i: targets[i % 5], held_by="Martians")))
    assert names(proposal)["claimed_actor"] == "claimed_target"
    assert "'ISIS (claimed Raqqa)' (4), 'Martians' (4)" in doubts(proposal, "claimed_actor")
    assert "is left out" in doubts(proposal, "stated_holder")
    assert [(found.code, found.count) for found in trial.findings] == [("target_unknown", 8)]


def test_observations_of_control_are_told_from_strikes(tried: Try) -> None:
    rows = [
        {"place": f"P{i}", "lat": "36.2", "lon": "37.1", "held by": held, "valid_from": "2015-10-01"}
        for i, held in enumerate(["Daesh", "JN", "ISIS, JN, and Rebel", "Martians"] * 5)
    ]
    proposal, trial = tried(table(*rows))
    assert proposal.source.kind == "control_observations"
    assert "'Martians' (5)" in doubts(proposal, "controller")
    assert trial.counts == {"accepted": 15, "duplicate": 0, "quarantined": 5}


def areas(**properties: str) -> bytes:
    shapes = [mapping(box(west, 35, west + 1, 36)) for west in (36, 37)]
    features = [{"type": "Feature", "properties": properties, "geometry": shape} for shape in shapes]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_a_holder_and_a_day_that_only_the_files_name_tells(tried: Try) -> None:
    proposal, trial = tried(areas(), file_name="20151013_ISIS_control.geojson", theatre=SYRIA, kind="control")
    assert proposal.source.fields["controller"] == FieldSource(const="isis")
    assert "speaks of isis" in doubts(proposal, "controller")
    assert {(row["controller"], str(row["snapshot_day"])) for row in trial.rows} == {("isis", "2015-10-13")}


def test_control_that_names_nobody_is_told_of(tried: Try) -> None:
    proposal, trial = tried(areas(day="2015-10-13"), file_name="areas.geojson", theatre=SYRIA)
    assert "controller" not in proposal.source.fields
    assert "write `controller: {const: NAME}`" in doubts(proposal, "controller")
    assert trial.accepted == 0


def test_what_a_person_says_of_a_file_stands_in_the_block(tried: Try) -> None:
    rows = [{**row, "town": "حلب"} for row in good_rows()]
    proposal, trial = tried(table(*rows).decode().encode("cp1256"), dialect=Dialect(encoding="cp1256"))
    assert proposal.source.dialect.encoding == "cp1256"
    assert {row["place"] for row in trial.rows} == {"حلب"}


def test_an_encoding_that_was_guessed_is_written_down_with_its_confidence(tried: Try) -> None:
    rows = [{**row, "town": "قصف جوي على مدينة حلب وريفها الشمالي"} for row in good_rows()]
    proposal, _ = tried(table(*rows).decode().encode("cp1256"))
    assert proposal.source.dialect.encoding == "cp1256"
    assert "confidence" in doubts(proposal, "dialect.encoding")


def test_a_file_that_an_existing_source_takes_is_said(tried: Try) -> None:
    rows = good_rows(airwars_id=str, incident_code=lambda i: f"RS{i}", geolocation_accuracy="village")
    assert "syria/airwars takes this file already" in doubts(tried(table(*rows))[0], "source")


def test_hostile_names_and_values_are_neither_printed_nor_broken(tried: Try) -> None:
    hostile: dict[str, Any] = {"note\u202e: {x: [": "a: b # c\u202e"}
    proposal, trial = tried(table(*good_rows(**hostile)))
    assert trial.accepted == 20
    assert "\u202e" not in proposal.text and "\\u202E" in proposal.text
    assert quoted("a\u202eb\x1b[31m") == "'a�b�[31m'"


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({"name": "airwars"}, "has a source of that name"),
        ({"name": "Two words"}, "is no name of a source"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_words(given_: dict[str, str], told: str, tried: Try) -> None:
    with pytest.raises(UserError, match=told):
        tried(table(*good_rows()), **given_)


def test_a_file_of_nowhere_asks_for_its_theatre(tried: Try) -> None:
    with pytest.raises(UserError, match=r"give --theatre, one of syria, ukraine"):
        tried(b"name,colour\nx,red\ny,blue\n")


def test_a_file_that_cannot_be_read_says_what_to_do(tried: Try) -> None:
    with pytest.raises(UserError, match=r"--dialect sheet="):
        tried(b"\x00\x01\x02 nothing that is known", file_name="export.bin")


VALUES = st.one_of(st.text(max_size=12), st.sampled_from(["36.2", "37.1", "2015-10-13", "Aleppo", "ISIS", "", "-1"]))
ROWS = st.lists(st.fixed_dictionaries({"id": VALUES, "date": VALUES, "lat": VALUES, "x y": VALUES}), min_size=1)


@effort(max_examples=20, deadline=None)
@given(rows=ROWS)
def test_whatever_the_values_the_model_takes_the_block(rows: list[dict[str, str]], tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / "export.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    settings = Settings(data=folder / "data")
    proposal = propose(settings, path, SYRIA)
    trial = try_source(settings, path, proposal.theatre, proposal.source)
    assert sum(trial.counts.values()) == trial.export["record_count"] == len(rows)


@pytest.mark.real
def test_airwars_and_bellingcat(real_exports: Path, settings: Settings) -> None:
    for pattern, theatre, wanted, least in (
        ("syria/airwars_*.csv", "syria", ("latitude", "longitude", "date", "airwars_id"), 719),
        ("ukraine/bellingcat_*.json", "ukraine", ("latitude", "longitude", "date", "id"), 1_780),
    ):
        (path,) = real_exports.glob(pattern)
        proposal = propose(settings, path)
        found = names(proposal)
        assert proposal.theatre.name == theatre
        assert (found["latitude"], found["longitude"], found["date_from"], found["id"]) == wanted
        assert try_source(settings, path, proposal.theatre, proposal.source).accepted >= least
    assert proposal.source.date_formats == ("%m/%d/%Y",)
