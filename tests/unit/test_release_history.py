"""What is kept of releases, and what differs between two."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sample_frames import sample_frames

from pipeline.errors import UserError
from pipeline.release import Release, compare_releases, superfluous


def release(name: str, as_of: str, is_latest: bool = False) -> Release:
    return Release(name, Path(name), as_of, "code", is_latest, {})


def test_the_newest_each_months_last_and_the_one_in_force_are_kept() -> None:
    days = ["01-03", "01-20", "02-01", "02-09", "02-28", "03-01", "03-02", "03-03"]
    known = [release(day, f"2026-{day}T00:00:00Z", day == "02-01") for day in days]
    assert [one.id for one in superfluous(known, 2)] == ["01-03", "02-09", "03-01"]
    assert superfluous(known, len(known)) == []


def test_of_one_moments_releases_the_later_made_stays() -> None:
    same = [release(name, "2026-01-03T00:00:00Z", name == "c") for name in "abc"]
    assert [one.id for one in superfluous(same, 1)] == ["a", "b"]


def write(folder: Path, frames: dict[str, pa.Table]) -> Path:
    (folder / "tables").mkdir(parents=True)
    for name in ("core.strikes", "core.attribution", "marts.headline"):
        pq.write_table(frames[name], folder / "tables" / f"{name}.parquet")
    return folder


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return write(tmp_path / "before", sample_frames())


def test_a_release_does_not_differ_from_itself(before: Path) -> None:
    found = compare_releases(before, write(before.parent / "again", sample_frames()))
    assert (found.strikes, found.headlines) == ([], [])
    assert list(found.in_words(5)) == ["No strike, no attribution and no headline differs."]


def test_each_way_in_which_a_strike_can_differ_is_told(before: Path, tmp_path: Path) -> None:
    frames = sample_frames()
    strikes, attribution = frames["core.strikes"].to_pylist(), frames["core.attribution"].to_pylist()
    gone, moved, reheld = (strikes[at]["strike_id"] for at in range(3))
    strikes = [row for row in strikes if row["strike_id"] != gone]
    added = strikes[-1] | {"strike_id": "f" * 16, "place": "Nowhere"}
    for row in strikes:
        if row["strike_id"] == moved:
            row["date_to"] += timedelta(days=2)
    held = next(row for row in attribution if row["strike_id"] == reheld)
    held["controller"] = "kurdish" if held["controller"] != "kurdish" else "isis"
    headline = frames["marts.headline"].to_pylist()
    for row in headline:
        if row["filter"] == "all" and row["unit"] == "episode" and row["window"] == "article":
            row["n"] += 1
    changed = {
        "core.strikes": pa.Table.from_pylist([*strikes, added], frames["core.strikes"].schema),
        "core.attribution": pa.Table.from_pylist(attribution, frames["core.attribution"].schema),
        "marts.headline": pa.Table.from_pylist(headline, frames["marts.headline"].schema),
    }
    found = compare_releases(before, write(tmp_path / "after", changed))
    assert {row["strike_id"]: row["change"] for row in found.strikes} == {
        gone: "gone",
        moved: "changed",
        reheld: "re-attributed",
        "f" * 16: "added",
    }
    told = "\n".join(found.in_words(5))
    assert "1 strikes gone" in told
    assert "days: " in told
    assert "held by: " in told
    assert "Nowhere" in told
    assert all(row["n_after"] == row["n_before"] + 1 for row in found.headlines)
    assert found.headlines


def test_what_is_not_named_is_counted(before: Path, tmp_path: Path) -> None:
    frames = sample_frames()
    none = frames | {"core.strikes": frames["core.strikes"].slice(0, 0)}
    found = compare_releases(before, write(tmp_path / "after", none))
    lines = list(found.in_words(3))
    assert sum(line.startswith("  syria") for line in lines if "→" not in line) == 3
    assert f"  and {frames['core.strikes'].num_rows - 3:,} more" in lines


def test_a_strike_that_a_newer_list_lacks_is_withdrawn_and_not_just_gone(before: Path, tmp_path: Path) -> None:
    frames = sample_frames()
    lacking, refused = frames["core.strikes"].column("strike_id").to_pylist()[:2]
    strikes = [row for row in frames["core.strikes"].to_pylist() if row["strike_id"] not in (lacking, refused)]
    revisions = frames["core.revisions"].to_pylist()
    next(row for row in revisions if row["strike_id"] == lacking).update(status="withdrawn")
    changed = frames | {"core.strikes": pa.Table.from_pylist(strikes, frames["core.strikes"].schema)}
    after = write(tmp_path / "after", changed)
    pq.write_table(
        pa.Table.from_pylist(revisions, frames["core.revisions"].schema), after / "tables" / "core.revisions.parquet"
    )
    found = compare_releases(before, after)
    assert {row["strike_id"]: row["change"] for row in found.strikes} == {lacking: "withdrawn", refused: "gone"}
    assert "1 strikes withdrawn (a newer complete list lacks them)" in list(found.in_words(5))


def test_a_release_of_another_layout_is_told_in_words(before: Path, tmp_path: Path) -> None:
    frames = sample_frames()
    older = frames | {"core.strikes": frames["core.strikes"].drop_columns(["precision_m"])}
    with pytest.raises(UserError, match="laid one of them out otherwise"):
        compare_releases(write(tmp_path / "older", older), write(tmp_path / "again", older))
