"""Records of one export while they are read: in memory up to a cap, beyond it on disk.

Belongs here: keeping batches of Arrow and giving them back as one table.
Does not belong here: what is in them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pyarrow as pa

from pipeline.settings import Settings


class Pile:
    """Batches of one schema. Those on disk come back as pages of a file that the system may drop and read again."""

    def __init__(self, settings: Settings, schema: pa.Schema) -> None:
        self._settings, self._schema = settings, schema
        self._tables: list[pa.Table] = []
        self._bytes = 0
        self._path: Path | None = None
        self._writer: pa.RecordBatchFileWriter | None = None

    def add(self, table: pa.Table) -> None:
        """Add a batch; what is in memory goes to disk once it exceeds the cap."""
        self._tables.append(table)
        self._bytes += table.nbytes
        if self._bytes > self._settings.records_memory_bytes:
            self._write()

    def __enter__(self) -> Pile:
        return self

    def __exit__(self, *_: object) -> None:
        # The pages stay readable for a table that was made of them.
        if self._path is not None:
            self._path.unlink()

    def table(self) -> pa.Table:
        """All batches in order, as one table; the end of adding."""
        if self._writer is None or self._path is None:
            return pa.concat_tables(self._tables)
        self._write()
        self._writer.close()
        with pa.memory_map(os.fspath(self._path)) as source:
            return pa.ipc.open_file(source).read_all()

    def _write(self) -> None:
        if self._writer is None:
            self._settings.root.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".reading-", dir=self._settings.root)
            os.close(handle)
            self._path = Path(name)
            self._writer = pa.ipc.new_file(name, self._schema)
        for table in self._tables:
            self._writer.write_table(table)
        self._tables.clear()
        self._bytes = 0
