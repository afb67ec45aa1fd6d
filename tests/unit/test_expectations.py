"""Batch contracts: made from the catalogue, broken one at a time, told without clocks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sample_frames import sample_frames

from pipeline.catalogue import tables
from pipeline.expectations import Validation, suite, validate, write_report
from pipeline.expectations.suites import contracts


@pytest.fixture(scope="module")
def frames() -> dict[str, pa.Table]:
    return sample_frames()


def changed(frame: pa.Table, column: str, row: int, value: Any) -> pa.Table:
    """The frame with one value changed; nulls are let through, as a candidate could hold them."""
    values = frame.column(column).to_pylist()
    values[row] = value
    field = pa.field(column, frame.schema.field(column).type)
    return frame.set_column(frame.column_names.index(column), field, pa.array(values, field.type))


def test_every_column_of_the_catalogue_is_expected() -> None:
    for name, spec in tables().items():
        named = {(e.name, e.arguments.get("column")) for e in suite(name)}
        for column in spec.columns.values():
            if column.type == "geometry":
                continue
            assert (("ExpectColumnValuesToNotBeNull", column.name) in named) is not column.optional
            bounded = column.min is not None or column.max is not None
            assert (("ExpectColumnValuesToBeBetween", column.name) in named) is bounded
            assert (("ExpectColumnValuesToBeInSet", column.name) in named) is bool(column.values)


def test_contracts_name_columns_that_exist() -> None:
    for name, expected in contracts().items():
        for one in expected:
            given = [one.arguments.get(part) for part in ("column", "column_A", "column_B") if not one.derive]
            assert {column for column in given if column} <= set(tables()[name].columns), one


def test_importing_does_not_load_great_expectations() -> None:
    probe = "import sys, pipeline.expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.parametrize("name", ["core.strikes", "core.attribution", "core.control_areas", "marts.headline"])
def test_sound_frames_pass(frames: dict[str, pa.Table], name: str) -> None:
    validation = validate(name, frames[name])
    assert validation.success, validation.failures
    assert validation.rows == frames[name].num_rows


def test_empty_frames_pass() -> None:
    assert validate("core.front_lines", tables()["core.front_lines"].empty()).success


@pytest.mark.parametrize(
    ("name", "column", "value", "expectation", "about"),
    [
        ("core.attribution", "other_share", 0.4, "expect_column_values_to_be_between", "i + k + u = 1, to a millionth"),
        (
            "core.attribution",
            "focus_share",
            1.5,
            "expect_column_values_to_be_between",
            "The value is within its bounds",
        ),
        ("core.attribution", "shares", "{", "expect_column_values_to_be_json_parseable", "Shares are a JSON object"),
        (
            "core.attribution",
            "status",
            "lost",
            "expect_column_values_to_be_in_set",
            "The value is one of those allowed",
        ),
        ("core.strikes", "source", None, "expect_column_values_to_not_be_null", "The column is required"),
        ("core.strikes", "latitude", float("nan"), "expect_column_values_to_not_be_null", "The column is required"),
        ("core.strikes", "month", "2015-13", "expect_column_values_to_match_regex", None),
        ("marts.headline", "sentence", "62 sorties", "expect_column_values_to_not_match_regex", None),
        ("marts.headline", "n", 3, "expect_column_values_to_be_between", "No share is shown under 20 locations"),
        ("marts.headline", "not_focus_lower_t0", 0.99, "expect_column_values_to_be_between", None),
    ],
)
def test_a_broken_value_is_found(  # one row each: what is broken, and what must say so
    frames: dict[str, pa.Table], name: str, column: str, value: Any, expectation: str, about: str | None
) -> None:
    validation = validate(name, changed(frames[name], column, 0, value))
    assert not validation.success
    found = [r for r in validation.failures if r.expectation == expectation and about in (None, r.about)]
    assert found and found[0].unexpected_count >= 1


def test_windows_that_end_before_they_begin_are_found(frames: dict[str, pa.Table]) -> None:
    first = frames["core.strikes"].column("date_from")[0].as_py()
    frame = changed(frames["core.strikes"], "date_to", 0, first.replace(year=2014))
    assert [r.column for r in validate("core.strikes", frame).failures] == ["date_to, date_from"]


def test_a_repeated_key_is_found(frames: dict[str, pa.Table]) -> None:
    frame = frames["core.episodes"]
    failures = validate("core.episodes", pa.concat_tables([frame, frame.slice(0, 1)])).failures
    assert [r.about for r in failures] == ["The key is unique"]
    assert failures[0].sample[0] == frame.column("strike_id")[0].as_py()


def test_a_missing_column_fails_and_does_not_raise(frames: dict[str, pa.Table]) -> None:
    validation = validate("core.episodes", frames["core.episodes"].drop_columns(["source"]))
    assert not validation.success
    assert validation.failures[0].expectation == "expect_table_columns_to_match_ordered_list"
    assert any("source" in r.observed for r in validation.failures if r.column == "source")


def test_results_are_the_same_on_every_run_and_survive_json(frames: dict[str, pa.Table]) -> None:
    broken = changed(frames["core.episodes"], "source", 0, None)
    first, second = validate("core.episodes", broken), validate("core.episodes", broken)
    stored = json.dumps(first.model_dump(mode="json"))
    assert stored == json.dumps(second.model_dump(mode="json"))
    assert Validation(**json.loads(stored)) == first
    assert "Traceback" not in stored and "202" not in stored.replace(str(first.rows), "")


def test_the_report_stands_alone_and_escapes(frames: dict[str, pa.Table], tmp_path: Path) -> None:
    frame = changed(frames["core.record_outcomes"], "outcome", 0, "<script>alert(1)</script>")
    validations = [
        validate("core.record_outcomes", frame, part="syria"),
        validate("core.episodes", frames["core.episodes"]),
    ]
    page, results = write_report(tmp_path / "a", validations)
    html = page.read_text(encoding="utf-8")
    assert "http" not in html.replace("http-equiv", "") and "<script" not in html and "&lt;script&gt;" in html
    assert "core.record_outcomes · syria" in html
    assert json.loads(results.read_text(encoding="utf-8"))["success"] is False
    again = write_report(tmp_path / "b", validations)
    assert [p.read_bytes() for p in again] == [page.read_bytes(), results.read_bytes()]
