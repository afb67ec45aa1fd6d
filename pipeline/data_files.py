"""Data files of the lake that are written batch by batch.

Belongs here: one Parquet file of one partition, made outside the table until a commit names it.
Does not belong here: the commit (``lake``). delta-rs writes data files too, but keeps all of them in memory until the
last is written, which is too much for the records of a large export.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
from deltalake.fs import DeltaStorageHandler
from deltalake.transaction import AddAction

from pipeline.catalogue import Table


def write_data_file(
    table: str, options: dict[str, str] | None, spec: Table, where: dict[str, str], batches: Iterable[pa.Table]
) -> AddAction:
    """Write rows of one partition into a file, and return what a commit says to add it; none is left on an error.

    Args:
        table: address of the table.
        options: what the Delta library has to be told of the store.
        spec: its description.
        where: partition column = value, for every partition column; the file holds the other columns.
        batches: the rows, which conform to ``spec``.
    """
    folder = "/".join(f"{column}={where[column]}" for column in spec.storage or ())
    path = f"{folder}/part-{uuid.uuid4()}.snappy.parquet"
    files = pyarrow.fs.PyFileSystem(DeltaStorageHandler(table, options))
    schema = pa.schema([field for field in spec.arrow_schema if field.name not in where])
    count = 0
    try:
        with (
            files.open_output_stream(path) as target,
            pq.ParquetWriter(target, schema, compression="snappy") as writer,
        ):
            for rows in batches:
                writer.write_table(rows.select(schema.names))
                count += rows.num_rows
        size = files.get_file_info(path).size
    except BaseException:
        with suppress(OSError):  # it may not exist yet
            files.delete_file(path)
        raise
    written_at = int(time.time() * 1000)  # Delta's log tells it of every file
    return AddAction(path, size, dict(where), written_at, True, json.dumps({"numRecords": count}))
