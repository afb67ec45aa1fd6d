"""Taking files in: what is one export, what is another, and what is left in the inbox with its reason."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.exports import registry
from pipeline.exports.types import Content, Given, Reader
from pipeline.inbox import STABLE_SECONDS, look_into_inbox, take_inbox, tell_left
from pipeline.intake import ingest
from pipeline.lake import Lake
from pipeline.mapping import Received
from pipeline.references import TABLES as REFERENCES
from pipeline.settings import Settings
from pipeline.strikes import map_strikes
from pipeline.theatres import FieldSource, theatres

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
AIRWARS = "airwars_id,incident_code,geolocation_accuracy,date,location_en,latitude,longitude\n"
STRANGE_CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:FOO::99999"}}


def _drop(settings: Settings, name: str, content: str, age: float = 60) -> Path:
    path = settings.inbox_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    then = datetime.now(UTC).timestamp() - age
    os.utime(path, (then, then))
    return path


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


def test_what_a_person_let_in_stays_let_in_when_an_earlier_receipt_takes_its_id(
    settings: Settings, tmp_path: Path
) -> None:
    syria = theatres()["syria"]
    complete = syria.sources["airwars"].model_copy(update={"is_complete": True})
    path = tmp_path / "a.csv"
    path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
    first = ingest(settings, path, syria, complete, RECEIVED)
    where = {"theatre": "syria", "source": "airwars", "export_id": first.export_id}
    word = {"accepted_at": RECEIVED, "accepted_by": "A. Reader", "reason": "it is right"}
    lake = Lake(settings)
    lake.replace("raw.acceptances", [{**where, **word}], **where)
    ingest(settings, path, syria, complete, RECEIVED - timedelta(days=9))
    (accepted,) = lake.read("raw.acceptances").to_pylist()
    (later,) = (row for row in lake.read("raw.exports").to_pylist() if row["received_at"] == RECEIVED)
    assert accepted["export_id"] == later["export_id"] != first.export_id and accepted["reason"] == word["reason"]


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


def test_an_old_time_stamp_in_the_inbox_moves_no_export_that_is_already_there(settings: Settings) -> None:
    content = AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n"
    _drop(settings, "airwars.csv", content)
    take_inbox(settings)
    before = Lake(settings).read("raw.exports").to_pylist()
    _drop(settings, "again.csv", content, age=1_000_000)
    ((again,), _) = take_inbox(settings)
    assert not again.is_new
    assert Lake(settings).read("raw.exports").to_pylist() == before


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


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", "", "no bytes or no rows (export_empty: the file holds no bytes). Ask the sender"),
        (
            "notes.csv",
            "hello\nworld\n",
            "no source recognises its name or columns. Put it in inbox/<theatre>/<source>/",
        ),
        ("syria/x/notes.csv", "hello\nworld\n", "no source of syria recognises its name or columns. Put it in"),
        ("syria/x/notes.csv", "hello\nworld\n", "its folder `x` is no source, and no source of syria"),
        ("siria/airwars/notes.csv", "hello\nworld\n", "its folder `siria` is no theatre, and"),
        ("siria/airwars/notes.csv", "hello\nworld\n", "the theatres are syria, ukraine"),
        ("utm.geojson", _collection({"type": "Feature", "properties": {}, "geometry": None}, crs=STRANGE_CRS), "FOO"),
    ],
)
def test_a_file_that_is_left_in_the_inbox_has_its_own_reason(
    settings: Settings, name: str, content: str, said: str
) -> None:
    path = _drop(settings, name, content)
    taken, left = take_inbox(settings)
    assert not taken and path.exists()
    assert said in str(left[0].hint)
    assert ("inbox/<theatre>/<source>/" in str(left[0].hint)) == (path.name == "notes.csv")


def test_an_empty_inbox_asks_no_cluster(settings: Settings) -> None:
    told: list[str] = []
    alone = settings.model_copy(update={"dask": "tcp://nowhere:1"})
    assert take_inbox(alone, on_progress=told.append) == ([], []) and told == []


def test_a_folder_that_names_no_source_is_looked_through_within_its_theatre(settings: Settings) -> None:
    row = "1,c,village,2015-10-01,x,36.2,37.1\n"
    for name in ("syria/mailed/a.csv", "ukraine/mailed/b.csv", "2024/mailed/c.csv"):
        _drop(settings, name, AIRWARS + row)
    targets = {waiting.path.name: waiting.targets for waiting in look_into_inbox(settings)}
    assert targets == {"a.csv": (("syria", "airwars"),), "b.csv": (), "c.csv": (("syria", "airwars"),)}


def test_files_that_stay_for_one_reason_are_told_of_in_a_line_for_each_folder(settings: Settings) -> None:
    for number in range(5):
        _drop(settings, f"ukraine/mailed/{number}.csv", "a,b\n1,2\n")
    _drop(settings, "ukraine/empty.csv", "")
    several, one = sorted(tell_left(take_inbox(settings)[1]), reverse=True)
    assert "mailed: 5 files (0.csv, 1.csv, 2.csv, …): its folder `mailed` is no source" in several
    assert "bellingcat" in several
    assert "empty.csv: it cannot be read" in one


def test_a_run_over_one_theatre_leaves_the_files_of_others_and_says_so(settings: Settings) -> None:
    told: list[str] = []
    path = _drop(settings, "airwars.csv", AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n")
    taken, left = take_inbox(settings, ["ukraine"], told.append)
    assert not taken and path.exists() and "of another theatre" in tell_left(left)[0]
    assert told == ["inbox: looking at 1 files"]
    taken, left = take_inbox(settings, ["syria"], told.append)
    assert len(taken) == 1 and not left
    assert told[1:] == ["inbox: looking at 1 files", "taking 1 of 1: airwars.csv"]


def test_a_file_that_changed_a_moment_ago_is_told_of_and_taken_once_it_is_stable(settings: Settings) -> None:
    _drop(settings, "airwars.csv", AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", age=0)
    young = look_into_inbox(settings)
    assert young[0].is_young and "run again" in str(young[0].hint)
    later = datetime.now(UTC).timestamp() + STABLE_SECONDS
    assert look_into_inbox(settings, later)[0].targets == (("syria", "airwars"),)
    taken, left = take_inbox(settings)
    assert [file.records for file in taken] == [1] and not left


def test_a_correction_in_the_inbox_counts_whatever_its_time_stamp(settings: Settings, tmp_path: Path) -> None:
    syria = theatres()["syria"]
    path = tmp_path / "first.csv"
    path.write_text(AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n", encoding="utf-8")
    ingest(settings, path, syria, syria.sources["airwars"])
    _drop(settings, "b-older.csv", AIRWARS + "1,c,village,2015-10-02,x,36.2,37.1\n", age=90_000)
    _drop(settings, "a-newer.csv", AIRWARS + "1,c,village,2015-10-03,x,36.2,37.1\n", age=80_000)
    take_inbox(settings)
    kept = sorted(Lake(settings).read("raw.exports").to_pylist(), key=lambda row: row["received_at"])
    assert [row["file_name"] for row in kept] == ["first.csv", "b-older.csv", "a-newer.csv"]
    assert len({row["received_at"] for row in kept}) == 3


@pytest.mark.parametrize("stamp", [315_532_800, 4_000_000_000], ids=["1980", "2096"])
def test_a_time_stamp_that_no_receipt_can_have_is_not_taken_for_one(settings: Settings, stamp: int) -> None:
    path = _drop(settings, "airwars.csv", AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n")
    os.utime(path, (stamp, stamp))
    taken, left = take_inbox(settings)
    assert len(taken) == 1 and not left
    (row,) = Lake(settings).read("raw.exports").to_pylist()
    assert abs(datetime.now(UTC) - row["received_at"]) < timedelta(hours=1)


def test_a_file_that_cannot_be_taken_stays_in_the_inbox_and_stops_no_other(settings: Settings) -> None:
    row = "1,c,village,2015-10-01,x,36.2,37.1\n"
    capped = settings.model_copy(update={"max_export_bytes": 300})
    big = _drop(settings, "a-big.csv", AIRWARS + row * 10)
    good = _drop(settings, "syria/airwars/b-good.csv", AIRWARS + row)
    merged = _drop(settings, "syria/merged/c.csv", AIRWARS + row)
    with pytest.MonkeyPatch.context() as patch:
        made = (
            theatres()["syria"]
            .sources["control_observations"]
            .model_copy(update={"name": "merged", "kind": "control_merged"})
        )
        patch.setitem(theatres()["syria"].sources, "merged", made)
        taken, left = take_inbox(capped)
    assert [file.path for file in taken] == [str(good)] and not good.exists()
    assert {one.path: str(one.hint).partition(":")[0] for one in left} == {
        big: f"{big} was not received", merged: "syria/merged is made of None and None and takes no file",
    }  # fmt: skip
    assert "max_export_bytes = 300" in str(left[0].hint)


def test_a_file_that_a_library_stumbles_over_stops_no_other_of_the_inbox(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_: Given) -> Content:
        raise KeyError("geometry")

    readers = [Reader("bad", lambda head, _: head.startswith(b"bad"), stumble), *registry.READERS]
    monkeypatch.setattr(registry, "READERS", readers)
    lost = _drop(settings, "a-bad.bin", "bad")
    sorted_already = _drop(settings, "syria/airwars/b-bad.bin", "bad")
    good = _drop(settings, "syria/airwars/c-good.csv", AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n")
    taken, left = take_inbox(settings)
    assert [(file.path, file.records) for file in taken] == [(str(sorted_already), 0), (str(good), 1)]
    assert "b-bad.bin: The content breaks the rules of its own format: reading it failed: KeyError" in str(
        taken[0].problem
    )
    assert [one.path for one in left] == [lost] and "reading it failed: KeyError: 'geometry'" in str(left[0].hint)
