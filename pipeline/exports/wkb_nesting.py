"""How deeply a WKB geometry is nested, before anything of it is built.

Belongs here: walking through the headers of a geometry's parts. GEOS reads a part within a part by calling itself, so
900 kB of collections within one another would end the process.
Does not belong here: building geometries (``geometry``), whose reader says what else is wrong with one.
"""

from __future__ import annotations

import struct

# Kinds of geometry by their numbers in ISO 13249-3: those that hold positions, and those that hold geometries.
POINT, POLYGON = 1, 3
LINES = frozenset({2, 8})
WHOLES = frozenset({4, 5, 6, 7, 9, 10, 11, 12})
# Flags of the older, extended WKB.
WITH_Z, WITH_M, WITH_SRID = 0x80000000, 0x40000000, 0x20000000
FLAGS = WITH_Z | WITH_M | WITH_SRID
NUMBER = 8
# What a geometry that holds others takes at the least: byte order, kind, count.
HEADER = 9


def is_nested_over(wkb: bytes, most: int) -> bool:
    """Whether more than ``most`` wholes (collections, multipolygons…) of a geometry lie within one another.

    A damaged geometry is looked at as far as it can be followed, which is as far as GEOS goes into it.
    """
    waiting = [1]  # geometries that are still to come, at each level
    at = 0
    try:
        while waiting:
            if not waiting[-1]:
                waiting.pop()
                continue
            waiting[-1] -= 1
            kind, size, order, at = _header(wkb, at)
            if kind in WHOLES:
                waiting.append(struct.unpack_from(order + "I", wkb, at)[0])
                at += 4
                if len(waiting) - 1 > most:
                    return True
            else:
                at = _past_positions(wkb, kind, size, order, at)
    except struct.error:
        pass
    return False


def _header(wkb: bytes, at: int) -> tuple[int, int, str, int]:
    """Kind, bytes of a position, byte order, and where the header ends."""
    order = "<" if wkb[at : at + 1] == b"\1" else ">"
    (code,) = struct.unpack_from(order + "I", wkb, at + 1)
    dimensions, kind = divmod(code & ~FLAGS, 1000)
    has_z = bool(code & WITH_Z) or dimensions in (1, 3)
    has_m = bool(code & WITH_M) or dimensions in (2, 3)
    return kind, NUMBER * (2 + has_z + has_m), order, at + 5 + (4 if code & WITH_SRID else 0)


def _past_positions(wkb: bytes, kind: int, size: int, order: str, at: int) -> int:
    """Where the positions of a point, line or polygon end.

    Raises:
        struct.error: the geometry ends before, or is of another kind.
    """
    if kind == POINT:
        return at + size
    if kind in LINES:
        return at + 4 + size * int(struct.unpack_from(order + "I", wkb, at)[0])
    if kind != POLYGON:
        raise struct.error(f"kind {kind} is not known")
    (rings,) = struct.unpack_from(order + "I", wkb, at)
    at += 4
    for _ in range(rings):
        at += 4 + size * int(struct.unpack_from(order + "I", wkb, at)[0])
    return at
