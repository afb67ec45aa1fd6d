"""Areas: from the snapshots of a source to dated rows, each standing as long as nothing about it changes.

Belongs here: what a snapshot is, merging what stays the same from one to the next, ids made of content.
Does not belong here: making the shapes of a snapshot (``observed``, ``drawn``, ``merged``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Generic, TypeVar

import pyarrow as pa

from pipeline.catalogue import table
from pipeline.control.repairs import Repair

Item = TypeVar("Item")


@dataclass(frozen=True)
class Ground:
    """One connected piece of ground on one snapshot.

    ``shape`` is a normalised polygon (WKB, OGC:CRS84); ``notes`` tell what was done to it;
    ``records`` made it.
    """

    controller: str
    parties: tuple[str, ...]
    method: str
    shape: bytes
    notes: tuple[str, ...] = ()
    records: tuple[str, ...] = ()

    @property
    def key(self) -> Hashable:
        """What must stay the same for two snapshots to show one area."""
        return (self.controller, self.parties, self.method, self.shape)


@dataclass(frozen=True)
class Front:
    """One line between the ground of two controllers on one snapshot (WKB, OGC:CRS84), named in order."""

    controller_a: str
    controller_b: str
    shape: bytes

    @property
    def key(self) -> Hashable:
        """What must stay the same for two snapshots to show one line."""
        return (self.controller_a, self.controller_b, self.shape)


@dataclass(frozen=True)
class Snapshot:
    """Who held what from ``day`` until ``in_force_to`` (exclusive)."""

    day: date
    in_force_to: date
    grounds: tuple[Ground, ...]
    fronts: tuple[Front, ...]
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True)
class ControlBuild:
    """Rows of one source: ``core.control_areas``, ``core.control_snapshots``, ``core.front_lines``,
    ``core.control_repairs`` and ``work.control_changes``."""

    areas: pa.Table
    snapshots: pa.Table
    fronts: pa.Table
    repairs: pa.Table
    changes: pa.Table


@dataclass
class Span(Generic[Item]):
    """The same item over consecutive snapshots."""

    start: date
    end: date
    items: list[Item] = field(default_factory=list)


def in_force_ends(days: Iterable[date], max_age_days: int, known_until: date | None) -> dict[date, date]:
    """The day after the last on which each snapshot is in force (see the package's docstring for the rule).

    Args:
        days: snapshot days.
        max_age_days: age in days above which a snapshot is not used.
        known_until: last day about which the source speaks, where it speaks of changes only.
    """
    ordered = sorted(set(days))
    ends = {}
    for day, following in zip(ordered, [*ordered[1:], date.max], strict=False):
        speaks_until = max(day, known_until) if known_until else day
        ends[day] = min(following, speaks_until + timedelta(days=max_age_days + 1))
    return ends


def merge_spans(snapshots: Iterable[tuple[date, date, Iterable[tuple[Hashable, Item]]]]) -> list[Span[Item]]:
    """Join what stays the same over snapshots of which each ends where the next begins.

    Args:
        snapshots: day, end (exclusive) and keyed items of each snapshot, in order of day.
    """
    spans: list[Span[Item]] = []
    standing: dict[Hashable, Span[Item]] = {}
    for day, end, items in snapshots:
        current: dict[Hashable, Span[Item]] = {}
        for key, item in items:
            span = standing.get(key)
            if span is None or span.end != day:
                span = Span(day, end)
                spans.append(span)
            span.end = end
            span.items.append(item)
            current[key] = span
        standing = current
    return spans


def assemble(theatre: str, source: str, snapshots: Iterable[Snapshot], changes: pa.Table | None = None) -> ControlBuild:
    """Turn snapshots into rows.

    Args:
        theatre: name of the theatre.
        source: name of the source.
        snapshots: snapshots of that source, in any order.
        changes: its ``work.control_changes``, where it has any.
    """
    ordered = sorted(snapshots, key=lambda snapshot: snapshot.day)
    identity = {"theatre": theatre, "source": source}
    grounds = merge_spans((s.day, s.in_force_to, [(g.key, g) for g in s.grounds]) for s in ordered)
    fronts = merge_spans((s.day, s.in_force_to, [(f.key, f) for f in s.fronts]) for s in ordered)
    repairs = merge_spans((s.day, s.in_force_to, [(r.fault, r) for r in s.repairs]) for s in ordered)
    days = [{**identity, "snapshot_day": s.day, "in_force_to": s.in_force_to, "areas": len(s.grounds)} for s in ordered]
    return ControlBuild(
        areas=_ordered("core.control_areas", [_area_row(identity, span) for span in grounds]),
        snapshots=table("core.control_snapshots").conform(days),
        fronts=_ordered("core.front_lines", [_front_row(identity, span) for span in fronts]),
        repairs=_ordered("core.control_repairs", [_repair_row(identity, span) for span in repairs]),
        changes=table("work.control_changes").empty() if changes is None else changes,
    )


def _ordered(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    spec = table(name)
    return spec.conform(rows).sort_by([("valid_from", "ascending"), (spec.key[0], "ascending")])


def _area_row(identity: dict[str, str], span: Span[Ground]) -> dict[str, Any]:
    ground = span.items[0]
    notes = sorted({note for item in span.items for note in item.notes})
    parties = json.dumps(ground.parties)
    row = {
        **identity,
        "controller": ground.controller,
        "parties": parties,
        "valid_from": span.start,
        "valid_to": span.end,
        "method": ground.method,
        "repair": "; ".join(notes) or None,
        "record_ids": json.dumps(sorted({record for item in span.items for record in item.records})),
        "geometry": ground.shape,
    }
    digest = _digest(identity, ground.controller, parties, span, ground.shape)
    return {"area_id": "a" + digest, **row}


def _front_row(identity: dict[str, str], span: Span[Front]) -> dict[str, Any]:
    front = span.items[0]
    row = {
        **identity,
        "controller_a": front.controller_a,
        "controller_b": front.controller_b,
        "valid_from": span.start,
        "valid_to": span.end,
        "geometry": front.shape,
    }
    digest = _digest(identity, front.controller_a, front.controller_b, span, front.shape)
    return {"front_id": "f" + digest, **row}


def _repair_row(identity: dict[str, str], span: Span[Repair]) -> dict[str, Any]:
    repair = span.items[0]
    controllers = json.dumps(repair.fault.controllers)
    row = {
        **identity,
        "kind": repair.fault.kind,
        "controllers": controllers,
        "valid_from": span.start,
        "valid_to": span.end,
        "pieces": repair.fault.pieces,
        "area_km2": repair.fault.km2,
        "sentence": repair.sentence,
        "record_ids": json.dumps(sorted({record for item in span.items for record in item.records})),
    }
    digest = _digest(identity, repair.fault.kind, controllers, span, repair.sentence.encode())
    return {"repair_id": "r" + digest, **row}


def _digest(identity: dict[str, str], first: str, second: str, span: Span[Any], shape: bytes) -> str:
    texts = [*identity.values(), first, second, span.start.isoformat(), span.end.isoformat()]
    return hashlib.sha256("|".join(texts).encode() + b"|" + shape).hexdigest()[:16]
