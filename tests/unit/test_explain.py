"""The command that explains one strike: the release's words and the row as received."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.explain import FILES, PARTS, explain_strike, raw_values
from pipeline.release.files import write_parquet
from pipeline.settings import Settings
from pipeline.trace import FILES as TRACE_FILES
from pipeline.trace import trace_strike

CORRECTED = {
    "theatre": "syria", "source": "isw_reports", "file_name": "fix.csv", "line_no": 2, "record": "k", "field": "place",
    "value": "Talbisah", "who": "A. Reader", "why": "The photo shows it", "state": "applied",
    "value_before": None, "value_after": "Talbisah",
}  # fmt: skip


@pytest.fixture
def released(settings: Settings) -> Settings:
    """A data folder whose latest release has the tables that an explanation is read from."""
    folder = settings.latest / "tables"
    folder.mkdir(parents=True)
    frames = sample_frames()
    strike = frames["core.strikes"].to_pylist()[0]
    touched = {name: strike[name] for name in ("record_id", "export_id")}
    frames["core.overrides"] = table("core.overrides").conform([{**CORRECTED, **touched}])
    for name in {*FILES.values(), *TRACE_FILES.values()}:
        write_parquet(folder / f"{name}.parquet", table(name), frames[name])
    return settings


def test_all_parts_of_the_explanation_and_the_raw_row_are_told(released: Settings) -> None:
    row = sample_frames()["marts.explanations"].to_pylist()[0]
    strike = sample_frames()["core.strikes"].to_pylist()[0]
    told = "\n".join(explain_strike(released, row["strike_id"]))
    assert told.startswith(f"{row['strike_id']}: {row['what']}")
    for part, title in PARTS.items():
        assert f"  {title:<12} {row[part]}" in told
    assert "isw_reports.csv, record" in told
    assert "place = " in told
    (export,) = (row for row in sample_frames()["raw.exports"].to_pylist() if row["export_id"] == strike["export_id"])
    assert f", sha256 {export['sha256']}" in told


def test_values_of_a_row_are_told_as_they_were_received() -> None:
    digits = "7" * 5_000
    told = raw_values(f'{{"id":1.10,"n":{digits},"name":"a \\"b\\"","parts":["x",1.10],"none":null,"empty":""}}')
    assert told == [("id", "1.10"), ("n", digits), ("name", 'a "b"'), ("parts", '["x",1.10]')]


def test_what_a_person_corrected_is_told_of_that_strike_and_of_no_other(released: Settings) -> None:
    first, second = sample_frames()["core.strikes"].column("strike_id").to_pylist()[:2]
    told = "place: nothing became 'Talbisah', by A. Reader: The photo shows it (fix.csv line 2)"
    assert told in "\n".join(explain_strike(released, first))
    assert told in "\n".join(trace_strike(released, first))
    assert "A. Reader" not in "\n".join(explain_strike(released, second))


def test_records_of_another_theatre_with_the_same_ids_are_no_part_of_a_strike(released: Settings) -> None:
    strike_id = sample_frames()["core.strikes"].column("strike_id")[0].as_py()
    told = explain_strike(released, strike_id)
    for name in ("raw.records", "raw.exports"):
        frame = sample_frames()[name]
        theirs = [{**row, "theatre": "ukraine"} for row in frame.to_pylist()]
        both = pa.concat_tables([frame, table(name).conform(theirs)])
        write_parquet(released.latest / "tables" / f"{name}.parquet", table(name), both)
    assert explain_strike(released, strike_id) == told


def test_a_beginning_is_enough_where_only_one_strike_has_it(released: Settings) -> None:
    ids = sample_frames()["core.strikes"].column("strike_id").to_pylist()
    whole = ids[0]
    enough = next(n for n in range(1, len(whole) + 1) if sum(id_.startswith(whole[:n]) for id_ in ids) == 1)
    assert explain_strike(released, whole[:enough])[0].startswith(whole)
    with pytest.raises(UserError, match="strikes begin with"):
        explain_strike(released, "")


def test_what_cannot_be_explained_is_said_with_what_to_do(settings: Settings, released: Settings) -> None:
    with pytest.raises(UserError, match="has no strike 'nothing'"):
        explain_strike(released, "nothing")
    with pytest.raises(UserError, match="run `isw-strikes run` first"):
        explain_strike(Settings(data=settings.root / "empty"), "s")
