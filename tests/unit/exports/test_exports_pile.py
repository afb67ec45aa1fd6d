"""Records wait in memory up to the cap and on disk beyond it, and come back as they were added."""

from __future__ import annotations

import pyarrow as pa
import pytest
from export_files import read_bytes

from pipeline.exports.pile import Pile
from pipeline.settings import Settings

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])
TABLES = [pa.table({"n": range(at, at + 100), "text": ["x" * 50] * 100}, SCHEMA) for at in range(0, 1_000, 100)]


@pytest.mark.parametrize("cap", [1, 20_000, 10**9])
def test_a_pile_gives_back_what_was_added_as_often_as_asked(settings: Settings, cap: int) -> None:
    pile = Pile(settings.model_copy(update={"records_memory_bytes": cap}), SCHEMA)
    for table in TABLES:
        pile.add(table)
    whole = pa.concat_tables(TABLES)
    assert pile.num_rows == 1_000
    assert pa.Table.from_batches(pile.batches()).equals(whole)
    assert pile.table().equals(whole)
    assert pa.Table.from_batches(pile.batches()).equals(whole)


def test_beyond_the_cap_little_of_a_pile_is_in_memory_and_no_file_is_left(settings: Settings) -> None:
    before = pa.total_allocated_bytes()
    pile = Pile(settings.model_copy(update={"records_memory_bytes": 10_000}), SCHEMA)
    for number in range(200):
        pile.add(pa.table({"n": [number] * 100, "text": ["y" * 100] * 100}, SCHEMA))
    held = [pa.total_allocated_bytes() - before for _ in pile.batches()]
    assert (len(held), max(held) < 200_000) == (200, True)  # of 2.2 MB
    assert list(settings.root.iterdir()) == []


def test_batches_of_records_are_as_large_as_memory_allows() -> None:
    rows = b"a\n" + b"".join(b"%d %s\n" % (n, b"z" * 1_000) for n in range(3_000))
    batches = list(read_bytes(rows, records_memory_bytes=2_000_000).pile.batches())
    assert sum(batch.num_rows for batch in batches) == 3_000
    assert max(batch.nbytes for batch in batches[1:]) < 2_000_000 / 8
