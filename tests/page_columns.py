"""The page's columns as a test reads them: by their index, without the page's own code."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

TYPES = {"u8": "u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f64": "<f8"}


def read_columns(page: Path, theatre: str, table: str) -> dict[str, list[Any]]:
    """Columns of a table by name, text as text."""
    index = json.loads((page / "data" / f"{theatre}.json").read_text(encoding="utf-8"))["tables"][table]
    held = (page / "data" / f"{theatre}.columns").read_bytes()

    def cut(span: list[int]) -> bytes:
        return gzip.decompress(held[span[0] : span[0] + span[1]])

    columns: dict[str, list[Any]] = {}
    for name, column in index["columns"].items():
        values = np.frombuffer(cut(column["at"]), TYPES[column["kind"]]).tolist()
        if "words" in column:
            words = json.loads(cut(column["words"]))
            values = [words[code] for code in values]
        assert len(values) == index["rows"]
        columns[name] = values
    return columns
