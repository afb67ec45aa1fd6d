"""Records of one export while they are read: in memory up to a cap, beyond it on disk.

Belongs here: keeping batches of Arrow and giving them back, one by one or as one table.
Does not belong here: what is in them.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from pipeline.settings import Settings


class Pile:
    """Tables of one schema, in the order in which they were added.

    What is on disk lies in a file without a name, which is gone with the pile and with the process.
    """

    def __init__(self, settings: Settings, schema: pa.Schema) -> None:
        self.schema = schema
        self.num_rows = 0
        self._settings = settings
        self._tables: list[pa.Table] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._writer: pa.RecordBatchFileWriter | None = None

    def add(self, table: pa.Table) -> None:
        """Add a table; what is in memory goes to disk once it exceeds the cap."""
        self._tables.append(table)
        self._bytes += table.nbytes
        self.num_rows += table.num_rows
        if self._bytes > self._settings.records_memory_bytes:
            self._write()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Every batch in order, each read when it is asked for; the end of adding."""
        file = self._finish()
        if file is None:
            for table in self._tables:
                yield from table.to_batches()
        else:
            reader = pa.ipc.open_file(file)
            yield from (reader.get_batch(number) for number in range(reader.num_record_batches))

    def table(self) -> pa.Table:
        """All batches as one table; the end of adding.

        Of those on disk it holds pages of the file, which the system may drop and read again.
        """
        file = self._finish()
        if file is None:
            return pa.concat_tables([self.schema.empty_table(), *self._tables])
        return pa.ipc.open_file(pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))).read_all()

    def _finish(self) -> IO[bytes] | None:
        """The file with all batches in it; None where there is none."""
        if self._writer is not None and self._file is not None:
            self._write()
            self._writer.close()
            self._file.flush()
            self._writer = None
        return self._file

    def _write(self) -> None:
        if self._writer is None:
            self._settings.root.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._settings.root)  # noqa: SIM115 - open as long as the pile
            self._writer = pa.ipc.new_file(self._file, self.schema)
        for table in self._tables:
            self._writer.write_table(table)
        self._tables.clear()
        self._bytes = 0
