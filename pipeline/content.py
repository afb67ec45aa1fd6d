"""The content of a table as a digest, by which two tables are told to hold the same.

Belongs here: what counts as content (names, types, values, order of rows) and what does not (chunks, padding).
Does not belong here: digests of files, code and configuration (``ledger``, ``release``).
"""

from __future__ import annotations

import hashlib

import pyarrow as pa


def content_digest(frame: pa.Table) -> str:
    """SHA-256 of a table's content: names, types and values in row order, whatever its chunks.

    What lies in memory under a null, or in the padding of bits, is nobody's value and does not count.
    """
    digest = hashlib.sha256(str(frame.schema.remove_metadata()).encode())
    for column in frame.columns:
        # One column at a time, so that no second copy of the whole table is held.
        combined = column.combine_chunks()
        for chunk in combined.chunks if isinstance(combined, pa.ChunkedArray) else [combined]:
            for part in (chunk.is_valid(), chunk.fill_null(_empty_value(chunk.type))):
                whole_bytes = part.cast(pa.int8()) if pa.types.is_boolean(part.type) else part
                # IPC of one compacted array has no offsets or padding left over from slicing.
                compact = pa.concat_arrays([whole_bytes])
                digest.update(pa.record_batch([compact], names=["c"]).serialize())
    return digest.hexdigest()


def _empty_value(kind: pa.DataType) -> pa.Scalar:
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return pa.scalar("" if pa.types.is_string(kind) else b"", kind)
    return pa.scalar(False) if pa.types.is_boolean(kind) else pa.scalar(0, kind)
