"""Columns of the page: what is written is what is read, in as few bits as hold it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_columns import read_columns

from pipeline.map_page.columns import write_columns

VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): st.none() | st.text(),
    pa.int64(): st.integers(-(2**31), 2**31 - 1),
    pa.float64(): st.none() | st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
}


def written(folder: Path, table: pa.Table) -> dict[str, list[Any]]:
    index = write_columns(folder / "data" / "x.columns", {"rows": table})
    (folder / "data" / "x.json").write_text(json.dumps({"tables": index}))
    return read_columns(folder, "x", "rows")


@pytest.mark.parametrize("kind", list(VALUES), ids=str)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_written_is_read_back(kind: pa.DataType, data: st.DataObject, tmp_path: Path) -> None:
    values = data.draw(st.lists(VALUES[kind], max_size=20))
    read = written(tmp_path, pa.table({"a": pa.array(values, kind)}))["a"]
    assert [None if isinstance(value, float) and math.isnan(value) else value for value in read] == values


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([], "u8"),
        ([0, 255], "u8"),
        ([256], "u16"),
        ([65_536], "u32"),
        ([-1, 5], "i32"),
        ([1, None], "f64"),
        ([True], "u8"),
    ],
)
def test_whole_numbers_take_as_few_bits_as_hold_them(values: list[Any], kind: str, tmp_path: Path) -> None:
    table = pa.table({"a": pa.array(values, None if values else pa.int64())})
    index = write_columns(tmp_path / "x.columns", {"rows": table})
    assert index["rows"]["columns"]["a"]["kind"] == kind


@pytest.mark.parametrize("values", [[-1, 2**31], [2**32]])
def test_a_number_that_no_kind_holds_is_refused(values: list[int], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no kind of number holds"):
        write_columns(tmp_path / "x.columns", {"rows": pa.table({"a": values})})
