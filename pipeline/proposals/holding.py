"""Holding: who holds ground, and whether an export tells of it at all.

Belongs here: the kind of source, and its controllers by columns, layers or names.
Does not belong here: reading legends (``control.holders``).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.column_names import known_names, words
from pipeline.control.holders import read_holders
from pipeline.mapping import lookup
from pipeline.proposals.draft import MOST_WORDS, Draft
from pipeline.proposals.inspection import Column, examples


def find_kind(draft: Draft) -> str:
    """The kind of source: what a person said, else by shapes and columns."""
    drawn = draft.found.polygons > draft.found.rows / 2
    why = "most rows have areas" if drawn else "a column says who holds a place" if _holds(draft) else "no areas"
    if draft.asked is None:
        draft.doubts.append(
            f"kind: not given, taken for {'control' if drawn or _holds(draft) else 'strikes'} "
            f"({why}); say --kind strikes or --kind control"
        )
    if draft.asked == "strikes" or (draft.asked is None and not drawn and not _holds(draft)):
        return "strikes"
    return "control_polygons" if drawn else "control_observations"


def _holds(draft: Draft) -> bool:
    """Whether a column says who holds a place, and another from when: observations of control."""
    holders = draft.found.named(known_names()["controller"])
    starts = [c for c in draft.found.columns.values() if c.plain_name in ("validfrom", "asof")]
    return bool(starts) and any(c.share(pc.is_valid(_held(draft, c))) > 0.5 for c in holders)


def _held(draft: Draft, column: Column) -> Any:
    """The controller of each row, null where a word is in no vocabulary; joint legends are contested."""
    holders = read_holders(draft.theatre, column.texts, pc.if_else(True, None, column.texts))
    return pc.if_else(pc.is_valid(holders.unknown), None, holders.controller)


def add_controller(draft: Draft) -> None:
    """Map who holds the ground: a column of known controllers, else layers or names that speak of one."""
    words_only = [c for c in draft.free() if len(c.counts) <= MOST_WORDS]
    fits = {c.name: c.share(pc.is_valid(_held(draft, c))) * c.filled / draft.found.rows for c in words_only}
    named = [c for c in draft.named("controller") if c.name in fits]
    likely = sorted(
        (c for c in draft.free() if fits.get(c.name, 0) >= 0.5), key=lambda c: (c not in named, -fits[c.name])
    )
    column = next(iter(likely or [c for c in named if fits[c.name] > 0]), None)
    if column is not None:
        draft.fields["controller"] = column.name
        strange = draft.strange(column, _held(draft, column))
        if strange:
            draft.doubts.append(
                f"controller: {examples(strange)} of `{column.name}` are no controller of {draft.theatre.name}: add "
                "them to the aliases of one, or these rows are quarantined"
            )
        return
    _add_controller_of_names(draft, named)


def _named_by(draft: Draft, text: str) -> str | None:
    """The controller of which a text is a spelling."""
    found: str | None = lookup(pa.array([text], pa.string()), draft.theatre.controller_aliases)[0].as_py()
    return found


def _add_controller_of_names(draft: Draft, named: list[Column]) -> None:
    """Who holds ground by the names of layers, else by the one controller that the file's name speaks of."""
    layers = [layer for layer in draft.found.layers if _named_by(draft, layer)]
    if layers:
        draft.fields["controller"], draft.layers = {"layer": True}, layers
        left = {layer: n for layer, n in draft.found.layers.items() if layer not in layers}
        if left:
            draft.doubts.append(f"layers: {examples(left)} name no controller and are left out")
        return
    if named:
        draft.doubts.append(
            f"controller: `{named[0].name}` is left out, for it names no controller of the theatre: "
            f"{examples(named[0].counts)}"
        )
    spoken = [word for text in (*draft.found.layers, draft.found.file_name) for word in words(text)]
    said = next((holder for word in spoken if (holder := _named_by(draft, word))), None)
    if said is None:
        draft.doubts.append(
            "controller: nothing says who holds the ground; write `controller: {const: NAME}` under fields, with "
            f"one of {', '.join(draft.theatre.controllers)}, or every row is quarantined"
        )
        return
    draft.fields["controller"] = {"const": said}
    draft.doubts.append(f"controller: no column says it; the name of the file or layer speaks of {said}")
