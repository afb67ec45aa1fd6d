"""The parts of a FlatGeobuf file, beside GDAL: how many features stand in it, whatever its header tells.

Belongs here: the two numbers of the header that this takes, and the lengths of the features.
Does not belong here: records (``gdal_layers``). See flatgeobuf.org, "Specification", and FlatBuffers, "Internals".
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

MAGIC_BYTES = 8
# Places of the fields in the header's table, and what one that is left out means.
FEATURES_COUNT, INDEX_NODE_SIZE = 8, 9
NODE_SIZE, NODE_BYTES = 16, 40
# The least that a feature takes: where its table stands, and a table of nothing.
LEAST_BYTES = 8


def count_features(path: Path) -> tuple[int, int] | None:
    """How many features the header tells of, and how many follow one another to the end of the file.

    Returns:
        None where the header tells of no number, or the lengths do not lead to the end: GDAL tells what it is then.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return _count(content)
        except struct.error:
            return None


def _count(content: mmap.mmap) -> tuple[int, int] | None:
    (header_bytes,) = struct.unpack_from("<I", content, MAGIC_BYTES)
    header = MAGIC_BYTES + 4
    told = _number(content, header, FEATURES_COUNT, "<Q", 0)
    if not told:
        return None
    at = header + header_bytes + _index_bytes(told, _number(content, header, INDEX_NODE_SIZE, "<H", NODE_SIZE))
    found, end = 0, len(content)
    while at < end:
        (size,) = struct.unpack_from("<I", content, at)
        if size < LEAST_BYTES:
            return None
        at += 4 + size
        found += 1
    return (told, found) if at == end else None


def _number(content: mmap.mmap, root: int, field: int, kind: str, otherwise: int) -> int:
    """A number of a FlatBuffer's root table."""
    table = root + struct.unpack_from("<I", content, root)[0]
    fields = table - struct.unpack_from("<i", content, table)[0]
    place = 4 + 2 * field
    if place >= struct.unpack_from("<H", content, fields)[0]:
        return otherwise
    offset = struct.unpack_from("<H", content, fields + place)[0]
    return int(struct.unpack_from(kind, content, table + offset)[0]) if offset else otherwise


def _index_bytes(items: int, node_size: int) -> int:
    """Size of the packed tree before the features: its leaves, and the nodes over them up to one."""
    if not node_size:
        return 0
    node_size = max(node_size, 2)
    level, nodes = -(-items // node_size), items
    while level > 1:
        nodes += level
        level = -(-level // node_size)
    return NODE_BYTES * (nodes + 1)
