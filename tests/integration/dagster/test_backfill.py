"""A backfill in one run or several, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg
import pytest

from assets import runs
from assets.resources import Pipeline
from assets.runs import RunOutcome, run_pieces
from pipeline import running
from pipeline.errors import UserError
from pipeline.running import Outcome, run_months
from pipeline.settings import Settings

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
Asked = tuple[str, Mapping[str, str], Sequence[dg.AssetKey] | None]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """Jobs that were asked for; the third fails."""
    found: list[Asked] = []

    def run_job(
        _: Pipeline, job: str, tags: Mapping[str, str], selected: Sequence[dg.AssetKey] | None = None
    ) -> RunOutcome:
        found.append((job, tags, selected))
        return RunOutcome(len(found) != 3, f"run {len(found)}", ["it broke"] if len(found) == 3 else [])

    monkeypatch.setattr(runs, "run_job", run_job)
    return found


def test_one_piece_is_one_run_of_everything(settings: Settings, asked: list[Asked]) -> None:
    list(run_pieces(settings, "syria", [("2015-10", "2015-12")], False, print))
    assert [(job, tags[START], tags[END]) for job, tags, _ in asked] == [("syria", "2015-10", "2015-12")]


def test_pieces_are_runs_of_their_own_until_one_fails(settings: Settings, asked: list[Asked]) -> None:
    pieces = [("2015-10", "2015-11"), ("2015-12", "2015-12"), ("2016-01", "2016-01")]
    outcomes = list(run_pieces(settings, "syria", pieces, True, print))
    assert [(job, tags.get(START), tags.get(END)) for job, tags, _ in asked] == [
        ("syria_ingest", None, None),
        ("syria_months", "2015-10", "2015-11"),
        ("syria_months", "2015-12", "2015-12"),
    ]
    assert [outcome.success for outcome in outcomes] == [True, True, False]
    assert asked[1][1]["isw/why"] == "command line: backfill of 2015-10 to 2016-01, run 2 of 5"
    assert asked[1][1]["isw/force"] == "true"


@pytest.mark.parametrize(
    ("per_run", "split", "count"), [(0, None, 1), (0, 3, 3), (2, None, 2), (2, 4, 4), (0, 9, 4), (7, None, 1)]
)
def test_option_goes_before_setting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, per_run: int, split: int | None, count: int
) -> None:
    found: list[list[tuple[str, str]]] = []

    def note(_: Settings, names: list[str], pieces: list[tuple[str, str]], *rest: object) -> Outcome:
        found.append(pieces)
        return Outcome()

    monkeypatch.setattr(running, "_run_jobs", note)
    settings = settings.model_copy(update={"months_per_run": per_run})
    run_months(settings, "syria", ("2015-10", "2016-01"), True, print, split)
    assert len(found[0]) == count
    assert (found[0][0][0], found[0][-1][1]) == ("2015-10", "2016-01")


def test_a_broken_override_file_stops_it_before_anything_is_made(settings: Settings) -> None:
    path = settings.overrides_dir / "syria" / "isw_reports" / "mine.csv"
    path.parent.mkdir(parents=True)
    path.write_text("record,nonsense\n1,2\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"mine\.csv"):
        run_months(settings, "syria", ("2015-10", "2015-11"), False, print)
    assert not settings.lake_dir.exists()
