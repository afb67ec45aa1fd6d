"""What a person went back to stays in force until there is something new."""

from __future__ import annotations

import pytest
from small_pipeline import LATER, NAME, STRIKES, strikes, take
from two_theatres import Two
from typer.testing import CliRunner

from assets.resources import Pipeline
from assets.touched import find_launch
from pipeline.cli import app
from pipeline.due import roll_back
from pipeline.publication import publish_release
from pipeline.status import in_words, read_status
from pipeline.theatres import theatres


@pytest.fixture
def releases(two: Two) -> tuple[str, str]:
    """Two releases, of which a person went back to the first."""
    two.begin(NAME)
    first = publish_release(two.settings).id
    two.take(NAME, two.small.second)
    two.make(NAME)
    second = publish_release(two.settings).id
    roll_back(two.settings, first)
    return first, second


def test_a_rollback_stands_where_nothing_new_came(two: Two, releases: tuple[str, str]) -> None:
    first, second = releases
    said = f"rolled back by a person to {first}, from {second}"
    launch = find_launch(Pipeline(two.settings), theatres()[NAME])
    assert launch.job is None and launch.told == f"everything is fresh; {said}; nothing new since"
    found = publish_release(two.settings)
    assert (found.id, found.already, found.remark) == (first, True, f"{said}; nothing new since")
    ran = CliRunner(env={"ISW_DATA": str(two.settings.root)}).invoke(app, ["run", "--no-showcase"])
    assert ran.exit_code == 0 and f"The release in force: {said}; nothing new since." in " ".join(ran.output.split())
    assert two.settings.latest.resolve().name == first


def test_the_status_names_the_release_that_a_person_went_back_to(two: Two, releases: tuple[str, str]) -> None:
    first, second = releases
    status = read_status(two.settings)
    assert status is not None and status.release == first and status.changed_at is not None
    line = in_words(two.settings)[1]
    assert line.startswith(f"Release {first}, in force since ") and f"rolled back by a person to {first}" in line
    roll_back(two.settings, second)
    assert "rolled back" not in " ".join(in_words(two.settings))


def test_the_next_release_goes_forward_once_there_is_something_new(two: Two, releases: tuple[str, str]) -> None:
    third = two.small.folder / "third.csv"
    third.write_text(strikes(range(31)), encoding="utf-8")
    take(two.settings, third, STRIKES, LATER.replace(month=3))
    two.make(NAME)
    found = publish_release(two.settings)
    assert found.id not in releases and not found.already and not found.remark
    assert two.settings.latest.resolve().name == found.id
    assert "rolled back" not in " ".join(in_words(two.settings))
