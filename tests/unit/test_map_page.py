"""The page's folder: what is in it, and that its data are those of the frames."""

from __future__ import annotations

import filecmp
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from page_columns import read_columns
from sample_frames import sample_frames

from pipeline.errors import UserError
from pipeline.front_end import KEPT, SITE, STAMP
from pipeline.map_page import rows, write_map_page
from pipeline.theatres import theatres


@pytest.fixture
def site_libraries(tmp_path: Path) -> Path:
    """Stands in for the installed libraries."""
    from pipeline import front_end

    folder = tmp_path / "libraries"
    folder.mkdir()
    for name in KEPT:
        (folder / name).write_text(name)
    (folder / STAMP).write_text(front_end._lock_digest())
    return folder


def write(folder: Path, site_libraries: Path) -> Path:
    frames = sample_frames()
    none = {name: frame.slice(0, 0) for name, frame in frames.items()}
    write_map_page(folder, theatres(), {"syria": frames, "ukraine": none}, site_libraries)
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def page(tmp_path: Path, site_libraries: Path) -> Path:
    return write(tmp_path / "map", site_libraries)


def test_only_theatres_with_strikes_are_on_the_page(page: Path) -> None:
    assert [theatre["name"] for theatre in read(page / "data" / "index.json")["theatres"]] == ["syria"]
    assert not (page / "data" / "ukraine.json").exists()


def test_strikes_are_those_of_the_frames_by_source_and_day(page: Path) -> None:
    strikes, papers = read_columns(page, "syria", "strikes"), read_columns(page, "syria", "papers")
    frame: pa.Table = sample_frames()["core.strikes"]
    assert sorted(papers["strike_id"]) == sorted(frame.column("strike_id").to_pylist())
    order = list(zip(strikes["source"], strikes["day_from"], strikes["day_to"], papers["strike_id"], strict=True))
    assert order == sorted(order)


def test_strikes_share_a_number_where_they_share_an_episode_or_a_coordinate(page: Path) -> None:
    strikes, papers = read_columns(page, "syria", "strikes"), read_columns(page, "syria", "papers")
    places = list(zip(strikes["longitude"], strikes["latitude"], strict=True))
    for numbers, shared in ((strikes["episode_no"], papers["episode_id"]), (strikes["place_no"], places)):
        assert len(set(numbers)) == len(set(shared)) == len(set(zip(numbers, shared, strict=True)))
        assert max(numbers) < len(numbers)


def test_regions_and_claims_are_those_of_the_tables(page: Path) -> None:
    frames = sample_frames()
    strikes, papers = read_columns(page, "syria", "strikes"), read_columns(page, "syria", "papers")
    held = {(r["longitude"], r["latitude"], r["region"]) for r in frames["core.region_places"].to_pylist()}
    places = zip(strikes["longitude"], strikes["latitude"], strikes["regions"], strict=True)
    assert {(x, y, name) for x, y, names in places for name in names.split()} == held
    claims = {row["strike_id"]: row for row in frames["marts.claims"].to_pylist()}
    shown = zip(papers["strike_id"], strikes["claimed"], strikes["claim"], strict=True)
    assert {strike: claimed for strike, claimed, _ in shown if claimed} == {
        strike: row["claimed_controller"] for strike, row in claims.items()
    }
    tested = {True: "elsewhere", False: "there", None: "not_known"}
    for strike, claim in zip(papers["strike_id"], strikes["claim"], strict=True):
        row = claims.get(strike)
        assert claim == (row and (tested[row["is_elsewhere"]] if row["is_located"] else "not_located"))


def test_every_strike_has_its_evidence_with_the_raw_row(page: Path) -> None:
    strikes, papers = read_columns(page, "syria", "strikes"), read_columns(page, "syria", "papers")
    size = read(page / "data" / "syria.json")["piece"]
    for row, (strike_id, place) in enumerate(zip(papers["strike_id"], strikes["place"], strict=True)):
        evidence = read(page / "data" / "syria" / f"{row // size}.json")[row % size]
        assert evidence["strike_id"] == strike_id
        assert evidence["properties"]["place"] == place
        assert evidence["ground_found"].startswith("At the centre: ")
        assert evidence["file_name"].endswith(".csv")
        assert evidence["line_no"] == papers["line_no"][row]
        assert sum(evidence["shares"].values()) == pytest.approx(1)


def test_evidence_comes_in_pieces_in_the_order_of_the_strikes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PIECE", 7)
    pieces = list(rows.evidence_pieces(theatres()["syria"], sample_frames()))
    assert {len(piece) for piece in pieces[:-1]} == {7}
    papers = rows.strike_columns(theatres()["syria"], sample_frames())["papers"]
    assert [row["strike_id"] for piece in pieces for row in piece] == papers.column("strike_id").to_pylist()


def test_windows_and_words_are_the_published_ones(page: Path) -> None:
    data = read(page / "data" / "syria.json")
    published = [row for row in sample_frames()["marts.headline"].to_pylist() if row["unit"] == "episode"]
    with_shares = [row["sentence"] for row in published if row["split"]]
    assert [row["sentence"] for row in data["published"]] == with_shares
    names = {window["name"] for window in data["windows"]}
    assert {row["window"] for row in published} <= names
    assert set(theatres()["syria"].windows) <= names


def test_each_strike_has_the_shares_of_its_attribution(page: Path) -> None:
    strikes, papers = read_columns(page, "syria", "strikes"), read_columns(page, "syria", "papers")
    answers = read_columns(page, "syria", "answers")
    given = {row["strike_id"]: row for row in sample_frames()["core.attribution"].to_pylist()}
    for strike_id, answer in zip(papers["strike_id"], strikes["answer"], strict=True):
        row = given[strike_id]
        assert [answers[name][answer] for name in ("focus", "other", "unknown", "point")] == [
            row[name] for name in ("focus_share", "other_share", "unknown_share", "focus_at_point")
        ]
        shares = {name.removeprefix("share:"): answers[name][answer] for name in answers if name.startswith("share:")}
        assert {name: share for name, share in shares.items() if share} == json.loads(row["shares"])
    assert len(answers["focus"]) < len(given)


def test_colours_and_labels_come_from_the_theatre(page: Path) -> None:
    shown = {c["name"]: c for c in read(page / "data" / "syria.json")["controllers"]}
    for name, controller in theatres()["syria"].controllers.items():
        assert (shown[name]["label"], shown[name]["colour"]) == (controller.label, controller.colour)
    assert {"contested", "unknown"} < set(shown)


def test_the_same_rows_give_the_same_files(page: Path, tmp_path: Path, site_libraries: Path) -> None:
    again = write(tmp_path / "again", site_libraries)
    names = sorted(str(path.relative_to(page)) for path in page.rglob("*") if path.is_file())
    assert names == sorted(str(path.relative_to(again)) for path in again.rglob("*") if path.is_file())
    assert filecmp.cmpfiles(page, again, names, shallow=False) == (names, [], [])


def test_nothing_of_npm_is_published(page: Path) -> None:
    names = {path.name for path in page.rglob("*")}
    assert names.isdisjoint({"package.json", "package-lock.json", ".npmrc", "node_modules", STAMP})
    assert set(KEPT) <= names


def test_without_libraries_the_reader_is_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make install"):
        write_map_page(tmp_path / "map", {}, {}, tmp_path / "none")


def test_no_script_writes_html_and_no_page_asks_another_host() -> None:
    for path in sorted(SITE.glob("*.js")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|\beval\(|new Function", text
        )
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    html = (SITE / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=|https?://", html)
