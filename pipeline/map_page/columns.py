"""Columns: a table as the page reads it, each column by itself, gzipped, in one file that is read by ranges.

A browser takes many seconds and gigabytes to make objects of a million rows of JSON; these columns become arrays of
numbers as they are, by what browsers have since 2023 (``DecompressionStream``, typed arrays), so that no library has to
be shipped. Belongs here: how a column becomes bytes. Does not belong here: which columns there are (``rows``).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Kinds of numbers, as the page names them: unsigned and signed whole numbers by their bits, and 64-bit floats.
_TYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f64": "<f8"}


def write_columns(path: Path, tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Write tables into one file.

    Args:
        path: file to write; the same tables give the same bytes.
        tables: name → rows. Text is kept as its different values and, for each row, the number of its value; whole
            numbers in as few bits as hold them; a number that is missing is NaN, which makes its column floats.

    Returns:
        What the page needs to read them: by table the number of rows and, by column, the kind of its numbers, where its
        bytes lie, and where those of its values do.
    """
    index: dict[str, Any] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:

        def put(content: bytes) -> list[int]:
            packed = gzip.compress(content, mtime=0)
            start = file.tell()
            file.write(packed)
            return [start, len(packed)]

        for name, table in tables.items():
            columns = {}
            for column in table.column_names:
                numbers, words = _numbers(table.column(column).combine_chunks())
                kind = _kind(numbers)
                columns[column] = {"kind": kind, "at": put(numbers.astype(_TYPES[kind]).tobytes())}
                if words is not None:
                    columns[column]["words"] = put(json.dumps(words, ensure_ascii=False).encode())
            index[name] = {"rows": table.num_rows, "columns": columns}
    return index


def _numbers(values: pa.Array) -> tuple[np.ndarray, list[str | None] | None]:
    """A column as numbers and, where it is text, the values that they stand for, the missing one included."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        coded = values.dictionary_encode(null_encoding="encode")
        return coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()
    if pa.types.is_boolean(values.type):
        values = pc.cast(values, pa.uint8())
    if values.null_count:
        values = pc.fill_null(pc.cast(values, pa.float64()), float("nan"))
    return values.to_numpy(zero_copy_only=False), None


def _kind(numbers: np.ndarray) -> str:
    if numbers.dtype.kind == "f":
        return "f64"
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    for kind in ("u8", "u16", "u32") if low >= 0 else ("i32",):
        bounds = np.iinfo(_TYPES[kind])
        if bounds.min <= low and high <= bounds.max:
            return kind
    raise ValueError(f"no kind of number holds {low} to {high}")
