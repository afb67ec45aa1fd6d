"""A control source made of two others, through the step that makes control."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import shapely

from pipeline.errors import UserError
from pipeline.intake import ingest
from pipeline.settings import Settings
from pipeline.steps import control_frames, step
from pipeline.theatres import Theatre, theatres
from pipeline.who import Question, answer
from pipeline.work import Work, judge, run_step

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
DAY, NEAR, FAR = date(2015, 11, 1), (35.0, 38.0), (35.0, 38.5)


@pytest.fixture
def theatre() -> Theatre:
    """Syria with a map and observations merged, and that in force."""
    raw = theatres()["syria"].model_dump(exclude_unset=True)
    said = {"title": "Both", "publisher": "us", "credit": "us", "terms": "ours"}
    made_of = {"base": "commons_map", "overrides": "control_observations", "reach_m": 10_000}
    raw["sources"]["both"] = {"name": "both", "kind": "control_merged", **said, **made_of}
    raw["control"]["in_force"] = "both"
    return Theatre(**raw)


def _map(folder: Path, holder: str, day: date) -> Path:
    shape = json.loads(shapely.to_geojson(shapely.box(37, 34, 39, 36)))
    properties = {"controller": holder, "as_of": str(day), "source": "drawn"}
    feature = {"type": "Feature", "properties": properties, "geometry": shape}
    path = folder / f"{holder}_{day}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def _observations(folder: Path) -> Path:
    path = folder / "observations.csv"
    fields = "place,place_ar,province,lat,lon,controller,valid_from,valid_to,basis,source,note"
    path.write_text(f"{fields}\nA,,,{NEAR[0]},{NEAR[1]},kurdish,2015-10-01,,,,\n")
    return path


def test_it_is_an_ordinary_control_source(theatre: Theatre, settings: Settings, tmp_path: Path) -> None:
    work = Work(settings)
    ingest(settings, _observations(tmp_path), theatre, theatre.sources["control_observations"], RECEIVED)
    questions = [Question(*place, day) for place in (NEAR, FAR) for day in (date(2015, 10, 15), DAY)]

    def holders() -> list[tuple[str, str]]:
        run_step(work, theatre, step("control"))
        found = answer(theatre, questions, control_frames(work, theatre))
        return [(row["controller"], row["status"]) for row in found]

    # Without a map there is nothing, whatever is observed.
    assert holders() == [("unknown", "no_snapshot")] * 4
    ingest(settings, _map(tmp_path, "isis", DAY), theatre, theatre.sources["commons_map"], RECEIVED)
    assert judge(work, theatre, step("control"), "both").why == ("exports of commons_map changed",)
    before_the_map = ("unknown", "no_snapshot")
    assert holders() == [before_the_map, ("kurdish", "held"), before_the_map, ("isis", "held")]
    assert judge(work, theatre, step("control"), "both").is_fresh
    # It stands beside the two that it is made of.
    assert set(work.lake.read("core.control_areas").column("source").to_pylist()) == {
        "both",
        "commons_map",
        "control_observations",
    }


def test_it_takes_no_file(theatre: Theatre, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="made of commons_map and control_observations"):
        ingest(settings, _map(tmp_path, "isis", DAY), theatre, theatre.sources["both"], RECEIVED)
