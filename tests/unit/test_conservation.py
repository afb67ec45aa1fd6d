"""Conservation of a release: a record is one of its theatre and source, of each accepted one something is made, of each
withdrawn one a tombstone is left, and each strike leads to all of its records.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
import pytest
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.sessions import sql

Rows = dict[str, list[dict[str, Any]]]
POLYGON, COVERED = "0000000000000000//1", "0000000000000000//2"


def _failures(rows: Rows, check: str = "conservation") -> list[str]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE SCHEMA core")
        for name, listed in rows.items():
            connection.register("frame", table(name).conform(listed))
            connection.execute(f"CREATE TABLE {name} AS FROM frame")
        return [failure for (failure,) in connection.execute(sql(f"release/check_{check}")).fetchall()]


@pytest.fixture
def rows() -> Rows:
    """The sample with a map of two polygons, of which the second lies under the first."""
    frames = sample_frames()
    found = {name: frame.to_pylist() for name, frame in frames.items() if name.startswith(("raw.", "core."))}
    export = {**found["raw.exports"][0], "source": "drawn_map", "export_id": "0" * 64, "record_count": 2}
    found["raw.exports"].append(export)
    for number, record_id in enumerate((POLYGON, COVERED), 1):
        own = {"theatre": "syria", "source": "drawn_map", "export_id": "0" * 64, "record_id": record_id}
        found["raw.records"].append({**found["raw.records"][0], **own, "record_no": number})
        found["core.record_outcomes"].append({**own, "outcome": "accepted", "target_id": record_id})
    area = {**found["core.control_areas"][0], "source": "drawn_map", "method": "polygon", "area_id": "drawn"}
    found["core.control_areas"].append({**area, "record_ids": json.dumps([POLYGON])})
    repair = {name: area[name] for name in ("theatre", "source", "valid_from", "valid_to")}
    repair |= {"repair_id": "r", "kind": "covered", "controllers": "[]", "pieces": 1, "sentence": "Left out."}
    found["core.control_repairs"].append({**repair, "area_km2": 1.0, "record_ids": json.dumps([POLYGON, COVERED])})
    return found


def test_a_polygon_under_others_is_told_as_a_repair(rows: Rows) -> None:
    assert _failures(rows) == []


def test_a_polygon_that_was_refused_may_be_told_as_a_repair(rows: Rows) -> None:
    outcome = rows["core.record_outcomes"][-1]
    outcome["outcome"] = "quarantined"
    why = {"file_name": "map.csv", "reason_code": "controller_unknown", "hint": "Look."}
    seen = dict.fromkeys(("first_seen", "last_seen"), rows["raw.exports"][0]["received_at"])
    rows["core.quarantine"].append({**outcome, **why, **seen})
    rows["core.control_repairs"][-1] |= {"kind": "refused", "record_ids": json.dumps([COVERED])}
    assert _failures(rows) == []


def test_a_merged_source_draws_with_the_records_of_others(rows: Rows) -> None:
    rows["core.control_areas"].append({**rows["core.control_areas"][-1], "source": "merged", "area_id": "merged"})
    assert _failures(rows) == []


def _same_bytes_to_another_source(rows: Rows) -> None:
    """The first source's export is given to another one too, which accepts its first record and makes nothing."""
    export = rows["raw.exports"][0]
    rows["raw.exports"].append({**export, "source": "again"})
    for name in ("raw.records", "core.record_outcomes"):
        own = [row for row in rows[name] if row["source"] == export["source"]]
        rows[name] += [{**row, "source": "again"} for row in own]
    for outcome in rows["core.record_outcomes"]:
        if outcome["source"] == "again":
            outcome["outcome"] = "accepted" if outcome["record_id"].endswith("//1") else "duplicate"


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda rows: rows["core.control_repairs"].clear(), f"record {COVERED} of drawn_map is accepted, but nothing"),
        (_same_bytes_to_another_source, "//1 of again is accepted, but nothing was made of it"),
        (
            lambda rows: rows["core.record_outcomes"][-1].update(outcome="quarantined"),
            f"record {COVERED} of drawn_map made a row, but is not accepted",
        ),
        (
            lambda rows: rows["core.control_areas"].append(
                {**rows["core.control_areas"][-1], "source": "merged", "area_id": "m", "record_ids": '["nowhere"]'}
            ),
            "record nowhere made a row of merged, but is not accepted",
        ),
    ],
)
def test_what_is_lost_or_made_of_nothing_is_told(harm: Callable[[Rows], None], told: str, rows: Rows) -> None:
    harm(rows)
    assert any(told in failure for failure in _failures(rows))


def _withdraw_the_first(rows: Rows) -> None:
    """The first strike is withdrawn: no strike any more, and a tombstone."""
    first = rows["core.strikes"].pop(0)
    for name in ("core.record_outcomes", "core.sightings"):
        next(row for row in rows[name] if row["record_id"] == first["record_id"])["outcome"] = "withdrawn"
    rows["core.revisions"][0] |= {"status": "withdrawn", "known_to": rows["core.revisions"][0]["known_from"]}
    rows["core.past_strikes"] = [first]


def test_a_withdrawn_strike_keeps_its_tombstone_and_the_records_still_add_up(rows: Rows) -> None:
    _withdraw_the_first(rows)
    assert _failures(rows) == _failures(rows, "history") == []


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda rows: rows["core.revisions"].pop(0), "was withdrawn, but left no tombstone"),
        (lambda rows: rows["core.revisions"][0].update(status="current"), "is not as the last revision"),
        (lambda rows: rows["core.strikes"].pop(0), "is not as the last revision"),
        (lambda rows: rows["core.strikes"][0].update(revision=2), "is not as the last revision"),
        (lambda rows: rows["core.strikes"][0].update(sightings=2), "counts 2 sightings; core.sightings has 1"),
        (lambda rows: rows["core.sightings"].pop(0), "is withdrawn, and missing in core.sightings"),
        (lambda rows: rows["core.sightings"][3].update(outcome="duplicate"), "is accepted, and duplicate in"),
    ],
)
def test_a_history_that_does_not_hold_together_is_told(harm: Callable[[Rows], None], told: str, rows: Rows) -> None:
    _withdraw_the_first(rows)
    harm(rows)
    assert any(told in failure for failure in _failures(rows, "history"))
