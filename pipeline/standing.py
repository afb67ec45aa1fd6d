"""Standing: what the exports applied so far say of each key, and an export measured against it.

Belongs here: counting the keys that an export lacks, refuses or says otherwise. Does not belong here: what follows from
the counts (``history``).

Each export is looked at once, and costs as much as it and the one before it hold: a source may have thousands.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sessions import sql

SILENT = -1


@dataclass(frozen=True)
class Measured:
    """One export against what stood before it.

    Attributes:
        standing: keys that stood by the export applied last, and by those before it since the last that withdrew.
        lacking: of those, keys that it lacks.
        refused: of those, keys that it has, and of which all its records were refused.
        changed: keys of which it says otherwise than what stands.
    """

    standing: int
    lacking: int
    refused: int
    changed: int


class Standing:
    """What stands of each key of one source, as its exports are applied in order of receipt.

    Args:
        connection: holds ``statements``: what each export says of each key, null where its records were all refused.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        frame = connection.execute(sql("history/list_statements")).to_arrow_table()
        keys, contents = _numbers(frame.column("source_key")), _numbers(frame.column("content"))
        receipts = frame.column("receipt_no").to_numpy()
        numbers, starts = np.unique(receipts, return_index=True)
        ends = np.append(starts, len(receipts))[1:]
        self._statements = {
            int(number): (keys[start:end], contents[start:end])
            for number, start, end in zip(numbers, starts, ends, strict=True)
        }
        self._content = np.full(keys.max(initial=-1) + 1, SILENT)
        self._holder = np.zeros_like(self._content)
        self._last = np.empty(0, np.int64)

    def _said(self, receipt_no: int) -> tuple[np.ndarray, np.ndarray]:
        return self._statements.get(receipt_no, (np.empty(0, np.int64), np.empty(0, np.int64)))

    def measure(self, receipt_no: int) -> Measured:
        """Measure an export against the exports applied so far."""
        keys, contents = self._said(receipt_no)
        self._holder[keys] = receipt_no
        standing = self._last[self._content[self._last] != SILENT]
        is_there = self._holder[standing] == receipt_no
        before = self._content[keys]
        return Measured(
            standing=len(standing),
            lacking=int((~is_there).sum()),
            refused=int(np.isin(standing, keys[contents == SILENT]).sum()),
            changed=int(((before != SILENT) & (contents != SILENT) & (contents != before)).sum()),
        )

    def apply(self, receipt_no: int, withdraws: bool) -> None:
        """Let an export count: what it says stands from now on, and what it lacks too unless it withdraws nothing."""
        keys, contents = self._said(receipt_no)
        self._content[keys[contents != SILENT]] = contents[contents != SILENT]
        self._last = keys if withdraws else np.union1d(self._last, keys)


def _numbers(texts: pa.ChunkedArray) -> np.ndarray:
    """The same number for the same text; ``SILENT`` for null."""
    coded = pc.dictionary_encode(texts.combine_chunks())
    return np.asarray(pc.fill_null(coded.indices, SILENT), np.int64)
