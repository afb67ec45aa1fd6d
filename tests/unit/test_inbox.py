"""The inbox: what is taken, and what is left with its reason."""

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
from pipeline.settings import Settings
from pipeline.theatres import theatres

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


def test_an_old_time_stamp_in_the_inbox_moves_no_export_that_is_already_there(settings: Settings) -> None:
    content = AIRWARS + "1,c,village,2015-10-01,x,36.2,37.1\n"
    _drop(settings, "airwars.csv", content)
    take_inbox(settings)
    before = Lake(settings).read("raw.exports").to_pylist()
    _drop(settings, "again.csv", content, age=1_000_000)
    ((again,), _) = take_inbox(settings)
    assert not again.is_new
    assert Lake(settings).read("raw.exports").to_pylist() == before


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
    assert told[1:] == ["inbox: looking at 1 files", "taking 1 of 1: airwars.csv, for syria airwars"]


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
