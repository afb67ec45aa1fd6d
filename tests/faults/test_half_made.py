"""No release holds a half-made theatre: while another theatre is worked at, a publication waits and says for what."""

from __future__ import annotations

import duckdb
import pytest
from small_pipeline import NAME, STRIKES
from soundness import read_latest
from two_theatres import OTHER, Two

from assets.resources import Pipeline
from assets.runs import instance
from assets.touched import find_launch
from pipeline.errors import UserError
from pipeline.publication import publish_release
from pipeline.running import run_all
from pipeline.status import in_words
from pipeline.theatres import theatres
from pipeline.work import Work

WAITS = rf"a release holds every theatre whole, and {OTHER} has \d+ stale parts .* `isw-strikes run --theatre {OTHER}`"


def _strikes(two: Two, name: str) -> int:
    with duckdb.connect(str(two.settings.latest / "strikes.duckdb"), read_only=True) as reader:
        found = reader.execute("SELECT count(*) FROM core.strikes WHERE theatre = ?", [name]).fetchone()
    return int(found[0]) if found else 0


def test_a_theatre_that_is_not_finished_holds_up_the_release_and_the_last_publishes_for_all(two: Two) -> None:
    two.begin(NAME, OTHER)
    first = publish_release(two.settings)
    for name in (NAME, OTHER):
        two.take(name, two.small.second)
    two.make(NAME)
    two.make(OTHER, without=("tables",))
    with pytest.raises(UserError, match=WAITS):
        publish_release(two.settings, [NAME])
    assert two.settings.latest.resolve().name == first.id
    two.make(OTHER)
    second = publish_release(two.settings, [OTHER])
    assert not second.already and read_latest(two.settings.root)
    assert _strikes(two, NAME) == _strikes(two, OTHER) == 30


def test_a_theatre_of_which_a_file_was_taken_and_no_more_holds_up_the_release(two: Two) -> None:
    two.begin(NAME)
    two.take(OTHER, two.small.first)
    with pytest.raises(UserError, match=WAITS):
        publish_release(two.settings, [NAME])
    assert not two.settings.latest.exists()


def test_what_is_released_is_found_while_another_theatre_is_stale_by_its_code_alone(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.begin(NAME, OTHER)
    first = publish_release(two.settings)
    monkeypatch.setattr("pipeline.due._say_stale", lambda _, named: "stale" if named[0].name == OTHER else None)
    assert publish_release(two.settings, [NAME]).id == first.id
    with pytest.raises(UserError, match="stale"):
        publish_release(two.settings, [OTHER])


def test_the_sensor_waits_with_the_release_until_every_theatre_is_finished(two: Two) -> None:
    pipeline, (small, other) = Pipeline(two.settings), (theatres()[NAME], theatres()[OTHER])
    two.begin(NAME, OTHER)
    publish_release(two.settings)
    for name in (NAME, OTHER):
        two.take(name, two.small.second)
    two.make(NAME)
    two.make(OTHER, without=("tables",))
    waits = find_launch(pipeline, small)
    assert waits.job is None and waits.told == f"the release waits: {OTHER} has 1 stale parts"
    two.make(OTHER)
    waits = find_launch(pipeline, small, {OTHER})
    assert waits.job is None and waits.told == f"the release waits: a run of {OTHER} is under way"
    assert find_launch(pipeline, other).job == f"{OTHER}_publish"
    assert find_launch(pipeline, small).job == f"{NAME}_publish"


def test_a_release_that_waited_is_asked_for_again_though_its_theatre_came_out_as_before(two: Two) -> None:
    two.begin(NAME, OTHER)
    keys = set()
    for _ in range(2):
        keys.add(find_launch(Pipeline(two.settings), theatres()[NAME]).key)
        lake = Work(two.settings).lake
        rows = lake.read("core.strikes", theatre=OTHER, month="2015-10")
        lake.replace("core.strikes", rows, theatre=OTHER, month="2015-10")
        two.make(OTHER)
    assert len(keys) == 2


def test_a_run_of_one_theatre_fails_in_words_while_another_is_not_finished(two: Two) -> None:
    two.begin(NAME, OTHER)
    first = publish_release(two.settings)
    two.take(NAME, two.small.second)
    two.make(NAME)
    two.take(OTHER, two.small.second, STRIKES)
    outcome = run_all(two.settings, [NAME], force=False, showcase=False, on_progress=lambda _: None)
    assert outcome.release is None and two.settings.latest.resolve().name == first.id
    (failure,) = outcome.failures
    assert "nothing is published, the release before stays" in failure and f"run --theatre {OTHER}" in failure
    assert f"failed: a release holds every theatre whole, and {OTHER} has" in in_words(two.settings)[0]


def test_what_is_made_but_not_released_is_published_by_a_run_of_dagster_and_told_as_new(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assets.metadata.of_release", lambda _: {})  # the stand-in pictures cannot be shown
    two.begin(NAME)

    def run() -> tuple[bool, str, list[str]]:
        outcome = run_all(two.settings, [NAME], force=False, showcase=False, on_progress=lambda _: None)
        assert outcome.failures == [] and outcome.release == two.settings.latest.resolve().name
        with instance(two.settings) as opened:
            jobs = [run.job_name for run in opened.get_runs()]
        return outcome.was_fresh, in_words(two.settings)[0], jobs

    was_fresh, told, jobs = run()
    assert not was_fresh and "published a new release" in told and jobs == ["publish"]
    was_fresh, told, jobs = run()
    assert was_fresh and "nothing had changed" in told and jobs == ["publish"]
