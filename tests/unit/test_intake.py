"""Taking files in: what is one export and what is another."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from pipeline import desk, exports
from pipeline.intake import ingest
from pipeline.lake import Lake
from pipeline.mapping import Received
from pipeline.references import TABLES as REFERENCES
from pipeline.settings import Settings
from pipeline.strikes import map_strikes
from pipeline.theatres import FieldSource, theatres

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
AIRWARS = "airwars_id,incident_code,geolocation_accuracy,date,location_en,latitude,longitude\n"


def _collection(*features: dict[str, object], **members: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **members})


def _control(folder: Path, day: str) -> Path:
    square = {"type": "Polygon", "coordinates": [[[36, 49], [37, 49], [37, 50], [36, 50], [36, 49]]]}
    path = folder / f"{day}_RussianAssessedCoTinUkraine.geojson"
    path.write_text(_collection({"type": "Feature", "properties": {"FID": 1}, "geometry": square}), encoding="utf-8")
    return path


def test_the_same_bytes_are_one_export_unless_the_name_tells_the_day(settings: Settings, tmp_path: Path) -> None:
    ukraine = theatres()["ukraine"]
    days = [_control(tmp_path, day) for day in ("20220907", "20220920")]
    taken = [ingest(settings, path, ukraine, ukraine.sources["isw_control"], RECEIVED) for path in [*days, days[0]]]
    assert [file.is_new for file in taken] == [True, True, False]
    rows = Lake(settings).read("raw.exports").to_pylist()
    assert len({row["export_id"] for row in rows}) == 2 and len({row["sha256"] for row in rows}) == 1

    syria = theatres()["syria"]
    for name, is_new in (("a.csv", True), ("b.csv", False)):
        path = tmp_path / name
        path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
        assert ingest(settings, path, syria, syria.sources["airwars"], RECEIVED).is_new is is_new


def test_of_several_receipts_of_the_same_bytes_the_earliest_that_was_declared_counts(
    settings: Settings, tmp_path: Path
) -> None:
    syria = theatres()["syria"]
    airwars = syria.sources["airwars"]
    receipts = [("b.csv", 3), ("c.csv", 2), ("a.csv", 2), ("d.csv", 9)]
    kept = []
    for number, order in enumerate((receipts, receipts[::-1])):
        own = Settings(data=settings.root / str(number))
        for name, day in order:
            path = tmp_path / name
            path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
            ingest(own, path, syria, airwars, datetime(2026, 11, day, tzinfo=UTC))
        kept.append(Lake(own).read("raw.exports").to_pylist())
    ((row,), other) = kept
    assert other == [row]
    assert (row["file_name"], row["received_at"].day) == ("a.csv", 2)


def test_a_whole_list_that_is_declared_again_is_an_export_again_whatever_was_taken_first(
    settings: Settings, tmp_path: Path
) -> None:
    syria = theatres()["syria"]
    complete = syria.sources["airwars"].model_copy(update={"is_complete": True})
    one, two = (AIRWARS + f"{key},c,village,2015-10-01,x,36.2,37.1\n" for key in "12")
    receipts = [("a.csv", 1, one), ("b.csv", 2, two), ("c.csv", 3, one), ("a.csv", 3, one), ("d.csv", 4, one)]
    kept = []
    for number, order in enumerate((receipts, receipts[::-1])):
        own = Settings(data=settings.root / str(number))
        for name, day, content in order:
            path = tmp_path / name
            path.write_text(content, encoding="utf-8")
            ingest(own, path, syria, complete, datetime(2026, 11, day, tzinfo=UTC))
        rows = Lake(own).read("raw.exports").to_pylist()
        kept.append(sorted((row["received_at"].day, row["file_name"], row["export_id"]) for row in rows))
        assert Lake(own).read("raw.records").num_rows == len(rows)
    assert kept == [kept[0]] * len(kept)
    assert [row[:2] for row in kept[0]] == [(1, "a.csv"), (2, "b.csv"), (3, "a.csv"), (4, "d.csv")]


@pytest.mark.parametrize("is_complete", [False, True])
def test_what_a_person_let_in_stays_let_in_when_an_earlier_receipt_takes_its_id(
    settings: Settings, tmp_path: Path, is_complete: bool
) -> None:
    syria = theatres()["syria"]
    source = syria.sources["airwars"].model_copy(update={"is_complete": is_complete})
    path = tmp_path / "a.csv"
    path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
    first = ingest(settings, path, syria, source, RECEIVED)
    where = {"theatre": "syria", "source": "airwars", "export_id": first.export_id}
    word = {"accepted_at": RECEIVED, "accepted_by": "A. Reader", "reason": "it is right"}
    lake = Lake(settings)
    lake.replace("raw.acceptances", [{**where, **word}], **where)
    ingest(settings, path, syria, source, RECEIVED - timedelta(days=9))
    (accepted,) = lake.read("raw.acceptances").to_pylist()
    (later,) = (row for row in lake.read("raw.exports").to_pylist() if row["received_at"] == RECEIVED)
    assert accepted["export_id"] == later["export_id"] != first.export_id and accepted["reason"] == word["reason"]


@pytest.mark.parametrize("is_complete", [False, True])
def test_of_two_receipts_at_once_none_is_lost(settings: Settings, tmp_path: Path, is_complete: bool) -> None:
    syria = theatres()["syria"]
    source = syria.sources["airwars"].model_copy(update={"is_complete": is_complete})
    path = tmp_path / "a.csv"
    path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
    days, ready = [1, 5], Barrier(2)

    def take(day: int) -> None:
        ready.wait()
        ingest(settings, path, syria, source, RECEIVED.replace(day=day))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take, days))
    received = {row["received_at"].day for row in Lake(settings).read("raw.exports").to_pylist()}
    assert received == (set(days) if is_complete else {1})


def test_a_receipt_of_another_machine_that_comes_between_is_seen(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syria = theatres()["syria"]
    source = syria.sources["airwars"]
    path = tmp_path / "a.csv"
    path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
    ingest(settings, path, syria, syria.sources["mod_claims"], RECEIVED)  # so that the tables are there
    read, others = exports.read_export, [RECEIVED]

    def be_overtaken(*given: Any) -> Any:
        if others:
            ingest(settings, path, syria, source, others.pop())
        return read(*given)

    monkeypatch.setattr(desk, "take_turn", lambda _: nullcontext())  # which another machine does not wait for
    monkeypatch.setattr(exports, "read_export", be_overtaken)
    late = ingest(settings, path, syria, source, RECEIVED + timedelta(days=4))
    (row,) = Lake(settings).read("raw.exports", source="airwars").to_pylist()
    assert not late.is_new and row["received_at"] == RECEIVED


@pytest.mark.parametrize("order", [1, -1], ids=["gained", "lost"])
def test_a_file_is_known_though_the_source_is_read_by_name_now_or_no_longer(
    settings: Settings, tmp_path: Path, order: int
) -> None:
    syria = theatres()["syria"]
    plain = syria.sources["airwars"]
    named = plain.model_copy(update={"fields": plain.fields | {"note": FieldSource(file_name=True)}})
    path = tmp_path / "same.csv"
    path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
    before, after = (plain, named)[::order]
    taken = [ingest(settings, path, syria, source, RECEIVED) for source in (before, after)]
    assert [file.is_new for file in taken] == [True, False]
    earlier = ingest(settings, path, syria, after, RECEIVED - timedelta(days=1))
    (row,) = Lake(settings).read("raw.exports").to_pylist()
    assert not earlier.is_new and row["export_id"] == taken[0].export_id and row["received_at"] < RECEIVED


@pytest.mark.parametrize("is_fetched", [False, True], ids=["given", "fetched"])
def test_known_bytes_that_come_after_others_are_said_anew(settings: Settings, tmp_path: Path, is_fetched: bool) -> None:
    syria = theatres()["syria"]
    complete = syria.sources["airwars"].model_copy(update={"is_complete": True})
    rows = [f"{key},c,village,2015-10-01,x,36.2,37.1\n" for key in "123"]
    whole, mistaken = AIRWARS + "".join(rows), AIRWARS + "".join(rows[:2])
    path = tmp_path / "layer.csv"
    taken = []
    for content in (whole, whole, mistaken, whole, whole):
        path.write_text(content, encoding="utf-8")
        taken.append(ingest(settings, path, syria, complete, is_fetched=is_fetched))
    assert [file.is_new for file in taken] == [True, False, True, True, False]
    assert [file.export_id for file in taken].count(taken[3].export_id) == 2
    kept = {row["export_id"]: row["received_at"] for row in Lake(settings).read("raw.exports").to_pylist()}
    assert len(kept) == 3 and taken[3].said_before == kept[taken[0].export_id]
    assert kept[taken[0].export_id] < kept[taken[2].export_id] < kept[taken[3].export_id]

    lake = Lake(settings)
    references = [lake.read(name, theatre="syria") for name in REFERENCES.values()]
    mapped = map_strikes(
        syria, complete.model_copy(update={"max_withdrawn_share": 0.5}),
        Received(lake.read("raw.records"), lake.read("raw.exports")), *references,
    )  # fmt: skip
    # Its own server says so now; a file that someone gives again is most likely an old copy, and can be accepted.
    assert [row["held_because"] for row in mapped.receipts.to_pylist()] == [
        None,
        None,
        None if is_fetched else "reverts",
    ]
    assert mapped.rows.num_rows == (3 if is_fetched else 2)


def test_a_server_that_says_the_same_again_undoes_no_file_given_in_between(settings: Settings, tmp_path: Path) -> None:
    syria = theatres()["syria"]
    airwars = syria.sources["airwars"]
    path = tmp_path / "layer.csv"
    taken = []
    for day, is_fetched in (("01", True), ("02", False), ("01", True)):
        path.write_text(AIRWARS + f"1,c,village,2015-10-{day},x,36.2,37.1\n", encoding="utf-8")
        taken.append(ingest(settings, path, syria, airwars, is_fetched=is_fetched).is_new)
    assert taken == [True, True, False]


def test_a_file_with_half_a_coordinate_is_refused_by_the_name_of_the_column(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "airwars.csv"
    path.write_text(AIRWARS.replace("latitude,", "") + "1,c,village,2015-10-01,x,37.1\n", encoding="utf-8")
    syria = theatres()["syria"]
    problem = ingest(settings, path, syria, syria.sources["airwars"], RECEIVED).problem
    assert problem is not None and problem.startswith("export_missing_column") and "no column latitude" in problem
