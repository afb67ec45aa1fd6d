"""A proposed source is read by the theatre's model as it stands, takes the rows that are plainly good, and says what
it is unsure of."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from shapely.geometry import box, mapping

from pipeline.errors import UserError
from pipeline.proposals import Proposal, propose
from pipeline.proposals.inspection import quoted
from pipeline.settings import Settings
from pipeline.theatres import Dialect, FieldSource, read_block, theatres
from pipeline.trial import Trial, try_source

SYRIA = theatres()["syria"]
GOOD = {"id": "A-1", "date": "2015-10-13", "lat": "36.2", "lon": "37.1", "town": "Anadan", "governorate": "Aleppo"}


@pytest.fixture
def tried(settings: Settings, tmp_path: Path) -> Any:
    """Proposes a source for some bytes, and tries it on them."""

    def propose_and_try(content: bytes, file_name: str = "export.csv", **given_: Any) -> tuple[Proposal, Trial]:
        path = tmp_path / file_name
        path.write_bytes(content)
        proposal = propose(settings, path, **given_)
        return proposal, try_source(settings, path, proposal.theatre, proposal.source)

    return propose_and_try


def table(*rows: dict[str, str]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def good_rows(number: int = 20, **changed: Any) -> list[dict[str, str]]:
    """Good rows, in which a column may be made of the row's number."""
    made: list[dict[str, str]] = []
    for i in range(number):
        row = {**GOOD, "id": f"A-{i:02d}", "date": f"2015-10-{i % 28 + 1:02d}"}
        made.append({**row, **{name: value(i) if callable(value) else value for name, value in changed.items()}})
    return made


def names(proposal: Proposal) -> dict[str, str]:
    """Field = column, of fields that come from one column."""
    return {name: spec.names[0] for name, spec in proposal.source.fields.items() if spec.names}


def doubts(proposal: Proposal, about: str) -> str:
    return "\n".join(doubt for doubt in proposal.doubts if doubt.startswith(about))


def test_a_proposal_stands_in_a_theatre_file_as_it_is(tried: Any) -> None:
    proposal, _ = tried(table(*good_rows()))
    assert all(line.startswith("  ") for line in proposal.text.splitlines())
    theatre, source = read_block(SYRIA, f"sources:\n{proposal.text}", "a theatre file")
    assert theatre.sources[source.name] == source == proposal.source


def test_the_same_file_gives_the_same_text(tried: Any) -> None:
    content = table(*good_rows(note=lambda i: f"note {i}"))
    assert tried(content)[0] == tried(content)[0]


def test_swapped_columns_are_exchanged_and_said(tried: Any) -> None:
    content = table(*good_rows(lat=lambda i: f"{38 + i / 100}", lon=lambda i: f"{34 + i / 100}"))
    proposal, trial = tried(content, theatre=SYRIA)
    assert (names(proposal)["latitude"], names(proposal)["longitude"]) == ("lon", "lat")
    assert "hold each other's values (20 of 20" in doubts(proposal, "latitude, longitude")
    assert trial.accepted == 20


def test_a_few_swapped_rows_leave_the_order_alone(tried: Any) -> None:
    content = table(*good_rows(lat=lambda i: "38.5" if i < 2 else "34.1", lon=lambda i: "34.1" if i < 2 else "38.5"))
    proposal, trial = tried(content, theatre=SYRIA)
    assert names(proposal)["latitude"] == "lat"
    assert "2 rows look swapped" in doubts(proposal, "latitude, longitude")
    assert [(found.code, found.count) for found in trial.findings] == [("coordinate_swapped", 2)]


# Both orders of these lie in Syria; only one of them in Aleppo.
def test_columns_swapped_by_their_province_are_exchanged_and_said(tried: Any) -> None:
    proposal, trial = tried(table(*good_rows(lat="37.1", lon="36.2")), theatre=SYRIA)
    assert (names(proposal)["latitude"], names(proposal)["longitude"]) == ("lon", "lat")
    assert "hold each other's values (20 of 20" in doubts(proposal, "latitude, longitude")
    assert trial.accepted == 20


def test_a_few_rows_swapped_by_their_province_are_told(tried: Any) -> None:
    content = table(*good_rows(lat=lambda i: "37.1" if i < 2 else "36.2", lon=lambda i: "36.2" if i < 2 else "37.1"))
    proposal, trial = tried(content, theatre=SYRIA)
    assert "2 rows look swapped" in doubts(proposal, "latitude, longitude")
    assert [(found.code, found.count) for found in trial.findings] == [("coordinate_swapped", 2)]


@pytest.mark.parametrize(
    ("row", "order", "doubted"),
    [
        ({"at": "37.1, 36.2", "governorate": "Aleppo"}, "lon_lat", False),
        ({"at": "36.2, 37.1", "governorate": "Aleppo"}, "lat_lon", False),
        ({"at": "37.1, 36.2"}, "lat_lon", True),
    ],
)
def test_the_province_settles_the_order_of_a_pair_and_without_one_it_is_doubted(
    row: dict[str, str], order: str, doubted: bool, tried: Any
) -> None:
    rows = [{"id": f"A{i}", "date": "2015-10-13", **row} for i in range(20)]
    proposal, trial = tried(table(*rows), theatre=SYRIA)
    assert proposal.source.coordinate_order == order and trial.accepted == 20
    assert ("20 of 20 rows of `at` lie in syria in either order" in doubts(proposal, "coordinate_order")) == doubted


def test_coordinates_are_found_by_values_where_names_say_nothing(tried: Any) -> None:
    rows = [{"a": f"A{i}", "b": "2015-10-13", "c": f"{38.1 + i / 50}", "d": f"{33.1 + i / 50}"} for i in range(20)]
    proposal, trial = tried(table(*rows))
    assert (names(proposal)["latitude"], names(proposal)["longitude"]) == ("d", "c")
    assert "no names say which they are" in doubts(proposal, "latitude, longitude")
    assert trial.accepted == 20


@pytest.mark.parametrize("order", ["lat_lon", "lon_lat"])
def test_one_column_of_both_coordinates_is_read_in_its_order(order: str, tried: Any) -> None:
    pairs = [(f"34.{i:02d}", f"38.{i:02d}") for i in range(20)]
    texts = [", ".join(pair if order == "lat_lon" else reversed(pair)) for pair in pairs]
    rows = [{"id": f"A{i}", "date": "2015-10-13", "location": text} for i, text in enumerate(texts)]
    proposal, trial = tried(table(*rows))
    assert names(proposal)["coordinate"] == "location" and proposal.source.coordinate_order == order
    assert [(row["latitude"], row["longitude"]) for row in trial.rows][1] == (34.01, 38.01)


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("%Y-%m-%dT%H:%M:%S%z", "2015-10-13T05:00:00Z"),
        ("%d/%m/%Y", "13/10/2015"),
        ("%m/%d/%Y", "10/13/2015"),
        ("%d %B %Y", "13 October 2015"),
        ("%d.%m.%Y", "13.10.2015"),
        ("%Y%m%d", "20151013"),
        ("epoch_ms", "1444694400000"),
    ],
)
def test_the_format_that_reads_all_values_is_found(format_: str, text: str, tried: Any) -> None:
    proposal, trial = tried(table(*good_rows(date=text)))
    assert proposal.source.date_formats == (format_,)
    assert not doubts(proposal, "date_formats")
    assert {str(row["date_from"]) for row in trial.rows} == {"2015-10-13"}


def test_the_theatres_months_decide_between_day_and_month(tried: Any) -> None:
    proposal, _ = tried(table(*good_rows(date="11/03/2016")), theatre=SYRIA)
    assert proposal.source.date_formats == ("%d/%m/%Y",)
    assert "20 rows of `date`" in doubts(proposal, "date_formats") and "speak for" in doubts(proposal, "date_formats")


def test_a_date_that_nothing_decides_is_said(tried: Any) -> None:
    proposal, _ = tried(table(*good_rows(date="10/11/2015")), theatre=SYRIA)
    said = doubts(proposal, "date_formats")
    assert "'10/11/2015'" in said and "nothing decides: check it" in said


def test_two_formats_in_one_column_are_both_taken_and_the_rest_is_said(tried: Any) -> None:
    texts = ["2015-10-13"] * 12 + ["13 Oct 2015"] * 7 + ["last week"]
    proposal, trial = tried(table(*good_rows(date=lambda i: texts[i])))
    assert proposal.source.date_formats == ("%Y-%m-%d", "%d %b %Y")
    assert "'last week' (1)" in doubts(proposal, "date_from")
    assert [(found.code, found.value) for found in trial.findings] == [("date_unparsable", "last week")]


def test_when_a_row_was_edited_is_no_day_of_an_event(tried: Any) -> None:
    rows = [{"modified": "2025-01-01", **row} for row in good_rows()]
    rows = [{("happened" if k == "date" else k): v for k, v in row.items()} for row in rows]
    proposal, _ = tried(table(*rows))
    assert names(proposal)["date_from"] == "happened"
    assert "no name says which column it is" in doubts(proposal, "date_from")


def test_an_id_of_its_own_goes_before_a_row_number(tried: Any) -> None:
    rows = [{"OBJECTID": str(i), **row} for i, row in enumerate(good_rows())]
    proposal, _ = tried(table(*rows))
    assert names(proposal)["id"] == "id"
    for row in rows:
        del row["id"]
    numbered, _ = tried(table(*rows))
    assert names(numbered)["id"] == "OBJECTID"
    assert "row number" in doubts(numbered, "id")


def test_a_column_named_so_is_the_id_though_some_rows_share_one(tried: Any) -> None:
    proposal, trial = tried(table(*good_rows(id=lambda i: "A-1" if i < 3 else f"A-{i}")))
    assert proposal.source.key == ("id",)
    assert "'A-1' (3) of `id` stand on several rows" in doubts(proposal, "id")
    assert [(found.code, found.count) for found in trial.findings] == [("record_key_conflict", 2)]


def test_without_an_id_the_content_is_the_key_and_that_is_said(tried: Any) -> None:
    rows = [{name: value for name, value in row.items() if name != "id"} for row in good_rows()]
    proposal, trial = tried(table(*rows))
    assert proposal.source.key == ()
    assert "counts as a new strike" in doubts(proposal, "key")
    assert trial.accepted == 20


def test_words_of_no_vocabulary_are_listed_with_their_counts(tried: Any) -> None:
    content = table(*good_rows(governorate=lambda i: "Atlantis" if i < 3 else "Rif Dimashq"))
    proposal, trial = tried(content)
    assert "'Atlantis' (3) of `governorate`" in doubts(proposal, "province")
    assert [(found.code, found.count, found.value) for found in trial.findings] == [("province_unknown", 3, "Atlantis")]


def test_provinces_that_the_theatre_does_not_know_are_left_out(tried: Any) -> None:
    proposal, trial = tried(table(*good_rows(governorate="Atlantis")))
    assert "province" not in proposal.source.fields
    assert "is left out" in doubts(proposal, "province")
    assert trial.accepted == 20


def test_precision_words_of_a_published_scale_name_it(tried: Any) -> None:
    content = table(*good_rows(accuracy=lambda i: "village" if i else "parish"))
    proposal, trial = tried(content)
    assert proposal.source.precision_scale == "airwars"
    assert {row["precision_m"] for row in trial.rows} == {2000, SYRIA.default_precision_m}
    assert "'parish' (1)" in doubts(proposal, "precision_m") and "village" not in doubts(proposal, "precision_m")
    assert trial.accepted == 20


def test_a_word_among_metres_is_listed(tried: Any) -> None:
    proposal, trial = tried(table(*good_rows(24, precision=lambda i: "n/a" if i == 3 else "1500")))
    assert "are taken for metres" in doubts(proposal, "precision")
    assert "'n/a' (1)" in doubts(proposal, "precision_m")
    assert {row["precision_m"] for row in trial.rows} == {1500, SYRIA.default_precision_m}


def test_a_number_of_thousands_of_digits_is_a_value_like_any_other(tried: Any) -> None:
    rows = [json.dumps(row)[:-1] + ',"count":' + "7" * 5_000 + "}" for row in good_rows()]
    _, trial = tried(f"[{','.join(rows)}]".encode(), "export.json")
    assert trial.accepted == 20


def test_codes_of_precision_are_not_taken_for_metres(tried: Any) -> None:
    proposal, trial = tried(table(*good_rows(geo_precision=lambda i: str(i % 3 + 1))))
    assert "levels of acled_geo_precision and of ucdp_where_prec; write the right one" in doubts(
        proposal, "precision_scale"
    )
    assert {row["precision_m"] for row in trial.rows} == {SYRIA.default_precision_m}


def test_codes_that_one_scale_alone_has_name_it(tried: Any) -> None:
    proposal, trial = tried(table(*good_rows(geo_precision=lambda i: str(i % 5 + 1))))
    assert proposal.source.precision_scale == "ucdp_where_prec"
    assert {row["precision_m"] for row in trial.rows} == {2000, 20000, 25000, 40000, 50000}


def test_claims_and_holders_of_no_vocabulary_are_listed(tried: Any) -> None:
    targets = ["ISIS", "militants", "ISIS (claimed Raqqa)", "unknown", "Martians"]
    proposal, trial = tried(table(*good_rows(claimed_target=lambda i: targets[i % 5], held_by="Martians")))
    assert names(proposal)["claimed_actor"] == "claimed_target"
    assert "'ISIS (claimed Raqqa)' (4), 'Martians' (4)" in doubts(proposal, "claimed_actor")
    assert "is left out" in doubts(proposal, "stated_holder")
    assert [(found.code, found.count) for found in trial.findings] == [("target_unknown", 8)]


def test_observations_of_control_are_told_from_strikes(tried: Any) -> None:
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


def test_a_holder_and_a_day_that_only_the_files_name_tells(tried: Any) -> None:
    proposal, trial = tried(areas(), file_name="20151013_ISIS_control.geojson", theatre=SYRIA, kind="control")
    assert proposal.source.fields["controller"] == FieldSource(const="isis")
    assert "speaks of isis" in doubts(proposal, "controller")
    assert {(row["controller"], str(row["snapshot_day"])) for row in trial.rows} == {("isis", "2015-10-13")}


def test_control_that_names_nobody_is_told_of(tried: Any) -> None:
    proposal, trial = tried(areas(day="2015-10-13"), file_name="areas.geojson", theatre=SYRIA)
    assert "controller" not in proposal.source.fields
    assert "write `controller: {const: NAME}`" in doubts(proposal, "controller")
    assert trial.accepted == 0


def test_what_a_person_says_of_a_file_stands_in_the_block(tried: Any) -> None:
    rows = [{**row, "town": "حلب"} for row in good_rows()]
    proposal, trial = tried(table(*rows).decode().encode("cp1256"), dialect=Dialect(encoding="cp1256"))
    assert proposal.source.dialect.encoding == "cp1256"
    assert {row["place"] for row in trial.rows} == {"حلب"}


def test_an_encoding_that_was_guessed_is_written_down_with_its_confidence(tried: Any) -> None:
    rows = [{**row, "town": "قصف جوي على مدينة حلب وريفها الشمالي"} for row in good_rows()]
    proposal, _ = tried(table(*rows).decode().encode("cp1256"))
    assert proposal.source.dialect.encoding == "cp1256"
    assert "confidence" in doubts(proposal, "dialect.encoding")


def test_a_file_that_an_existing_source_takes_is_said(tried: Any) -> None:
    rows = good_rows(airwars_id=str, incident_code=lambda i: f"RS{i}", geolocation_accuracy="village")
    assert "syria/airwars takes this file already" in doubts(tried(table(*rows))[0], "source")


def test_hostile_names_and_values_are_neither_printed_nor_broken(tried: Any) -> None:
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
def test_a_name_that_cannot_be_is_refused_in_words(given_: dict[str, str], told: str, tried: Any) -> None:
    with pytest.raises(UserError, match=told):
        tried(table(*good_rows()), **given_)


def test_a_file_of_nowhere_asks_for_its_theatre(tried: Any) -> None:
    with pytest.raises(UserError, match=r"give --theatre, one of syria, ukraine"):
        tried(b"name,colour\nx,red\ny,blue\n")


def test_a_file_that_cannot_be_read_says_what_to_do(tried: Any) -> None:
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
