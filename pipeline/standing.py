"""Standing: what the exports applied so far say of each key, and an export measured against it.

Belongs here: which of two contents of one key counts, counting the keys that an export lacks, refuses or says
otherwise. Does not belong here: what follows from the counts (``history``).

Each export is looked at once, and costs as much as it and the one before it hold: a source may have thousands.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

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
        connection: holds ``sayings``: what each export says of each key, null where its records were all refused.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        frame = connection.execute(sql("history/list_statements")).to_arrow_table()
        keys, self._key_texts = _numbers(frame.column("source_key"))
        contents, self._content_texts = _numbers(frame.column("content"))
        receipts = frame.column("receipt_no").to_numpy()
        is_further = np.zeros(len(keys), bool)
        is_further[1:] = (receipts[1:] == receipts[:-1]) & (keys[1:] == keys[:-1])
        self._further: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for receipt_no, key, content in zip(
            *(column[is_further].tolist() for column in (receipts, keys, contents)), strict=True
        ):
            self._further[receipt_no][key].append(content)
        keys, contents, receipts = keys[~is_further], contents[~is_further], receipts[~is_further]
        numbers, starts = np.unique(receipts, return_index=True)
        ends = np.append(starts, len(receipts))[1:]
        self._statements = {
            int(number): (keys[start:end], contents[start:end])
            for number, start, end in zip(numbers, starts, ends, strict=True)
        }
        self._content = np.full(keys.max(initial=-1) + 1, SILENT)
        self._holder = np.zeros_like(self._content)
        self._last = np.empty(0, np.int64)
        self._choices: list[dict[str, Any]] = []

    def _said(self, receipt_no: int) -> tuple[np.ndarray, np.ndarray]:
        return self._statements.get(receipt_no, (np.empty(0, np.int64), np.empty(0, np.int64)))

    def choose(self, receipt_no: int) -> None:
        """Where an export has two contents of a key, take the one that stands, else that of its first record.

        So the same rows in another order say the same, and what an earlier export said comes back by no repetition.
        """
        keys, contents = self._said(receipt_no)
        conflicts = self._further[receipt_no]
        places = {key: at for at, key in enumerate(keys.tolist())} if conflicts else {}
        for key, further in conflicts.items():
            at = places[key]
            if self._content[key] in further:
                contents[at] = self._content[key]
            self._choices.append(
                {
                    "receipt_no": receipt_no,
                    "source_key": self._key_texts[key].as_py(),
                    "content": self._content_texts[contents[at]].as_py(),
                }
            )

    def choices(self) -> pa.Table:
        """Of each key of which an export has two contents, the one that was chosen."""
        schema = pa.schema([("receipt_no", pa.int64()), ("source_key", pa.string()), ("content", pa.string())])
        return pa.Table.from_pylist(self._choices, schema)

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


def _numbers(texts: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """The same number for the same text, ``SILENT`` for null; and the texts by their numbers."""
    coded = pc.dictionary_encode(texts.combine_chunks())
    return np.array(pc.fill_null(coded.indices, SILENT), np.int64), coded.dictionary
