"""Repairs: the record of what was wrong with the polygons of a source and what was done about it.

Belongs here: the kinds of fault, adding up the faults of a day, the sentence that tells each.
Does not belong here: finding or repairing them (``polygons`` for a feature, ``drawn`` for a map).

Invalid rings are made valid, and ground that two holders claim goes to one of them. Land that no polygon
covers is *not* given to a neighbour, however thin the strip: the neighbour on its other side would have a
border without the vertices of the new one, and fronts are edges that two areas share to the last bit. It
stays unknown and is told with its km². What holds no circle of ``SLIVER_M`` across is a sliver, most likely
two drawings of one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SLIVER_M = 500
SENTENCES = {
    "invalid_ring": "{pieces} feature{s} of {who} not valid ({about}): made valid, which changed {size}",
    "other_parts": "{pieces} part{s} in features of {who} that are no polygons: left out",
    "date_differs": "{pieces} feature{s} of {who} {about}: the property stands",
    "overlap": "{pieces} place{s}, {size}, in ground of {who}, who overlap: left to {about}",
    "sliver_of_overlap": (
        "{pieces} strip{s} under {width} m wide, {size}, in ground of {who}, who overlap: left to {about}"
    ),
    "covered": "{pieces} piece{s} of ground of {about}, {size}, wholly under that of {who}: left out",
    "refused": "{pieces} feature{s} refused ({about}), {size}: what no other feature covers is as if it was not drawn",
    "gap": "{pieces} place{s}, {size}, of land that no polygon covers, beside ground of {who}: left unknown",
    "sliver": (
        "{pieces} strip{s} under {width} m wide, {size}, of land that no polygon covers, beside ground of {who}: "
        "left unknown"
    ),
}


@dataclass(frozen=True)
class Fault:
    """One thing found.

    Attributes:
        kind: as in ``core.control_repairs``.
        controllers: whose ground it concerns, in order of name.
        about: tells faults of one kind apart: what was wrong, or who keeps an overlap.
        km2: area concerned; None where it has none.
        pieces: features, parts or places concerned.
    """

    kind: str
    controllers: tuple[str, ...]
    about: str = ""
    km2: float | None = None
    pieces: int = 1


@dataclass(frozen=True)
class Repair:
    """All faults of one kind of one snapshot, and the records behind them."""

    fault: Fault
    records: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What was found and done, in plain words."""
        return _tell(self.fault)


def sum_up(found: Iterable[tuple[Fault, Iterable[str]]]) -> tuple[Repair, ...]:
    """Add up the faults of a snapshot that differ in nothing but place and size.

    Args:
        found: faults with the ids of the records behind each.
    """
    groups: dict[tuple[str, tuple[str, ...], str], list[tuple[Fault, Iterable[str]]]] = {}
    for fault, records in found:
        groups.setdefault((fault.kind, fault.controllers, fault.about), []).append((fault, records))
    repairs = []
    for (kind, controllers, about), members in sorted(groups.items(), key=lambda item: item[0]):
        areas = sorted(fault.km2 for fault, _ in members if fault.km2 is not None)
        km2 = round(sum(areas), 6) if areas else None
        pieces = sum(fault.pieces for fault, _ in members)
        behind = {record for _, records in members for record in records}
        repairs.append(Repair(Fault(kind, controllers, about, km2, pieces), tuple(sorted(behind))))
    return tuple(repairs)


def _tell(fault: Fault) -> str:
    kind = "sliver_of_overlap" if fault.kind == "sliver" and fault.about else fault.kind
    return SENTENCES[kind].format(
        who=" and ".join(fault.controllers) or "nobody",
        about=fault.about,
        size="of no known size" if fault.km2 is None else f"{fault.km2:,.3f} km²",
        pieces=f"{fault.pieces:,}",
        s="" if fault.pieces == 1 else "s",
        width=SLIVER_M,
    )
