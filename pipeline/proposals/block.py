"""Block: a draft written down as a source's YAML, as it stands under ``sources:`` in a theatre file.

Belongs here: names, recognition, dialect, comments, and the check that the theatre takes the block as it stands.
Does not belong here: any guess about a column (``fields``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError
from pipeline.exports import recognise
from pipeline.exports.crs import ASSUMED
from pipeline.proposals.draft import Draft
from pipeline.proposals.inspection import Inspection, examples, visible
from pipeline.settings import Settings
from pipeline.theatres import Dialect, Source, Theatre, read_block

NAME = re.compile(r"[a-z][a-z0-9_]*")
GUESSED = re.compile(r"no encoding is declared: read as (\S+?)(?=[\s;,]|$)")
RECOGNISED_BY = 8
# What a block says where only a person can know it.
TO_BE_SAID, NOT_STATED = "(say what it is)", "not stated"
WIDE = 10_000


@dataclass(frozen=True)
class Proposal:
    """A proposed source.

    Attributes:
        theatre: the theatre.
        source: the source, as the theatre's model reads ``text``.
        text: its YAML, to stand under ``sources:``.
        summary: what the file is, in a line.
        doubts: what is not sure about it, in words.
        unmapped: columns that are not mapped.
    """

    theatre: Theatre
    source: Source
    text: str
    summary: str
    doubts: list[str]
    unmapped: list[str]


def write_block(
    settings: Settings,
    path: Path,
    found: Inspection,
    theatre: Theatre,
    draft: Draft,
    name: str | None,
    dialect: Dialect,
    doubts: list[str],
) -> Proposal:
    """Write a draft down.

    Args:
        settings: gives the caps.
        path: the file.
        found: what was found in it.
        theatre: its theatre.
        draft: the mapping.
        name: name of the source; made of the file's name where None.
        dialect: what a person said of the file.
        doubts: what is not sure before the draft's own doubts.

    Raises:
        UserError: the name is taken or is no name.
    """
    name = _name(found.file_name, theatre, name)
    told = dialect.model_dump(exclude_none=True) | _guessed_dialect(found, doubts)
    for known_theatre, known_source in recognise(settings, path):
        doubts.append(f"source: {known_theatre}/{known_source} takes this file already; perhaps none is needed")
    doubts += draft.doubts + _doubts_of_file(found, draft)
    doubts.append("title, publisher, credit and terms: say whose it is, and what may be done with it")
    stem = re.sub(r"[\W\d_]+", " ", Path(found.file_name).stem).strip() or name
    lines: list[tuple[str, Any, str]] = [
        ("kind", draft.kind, ""),
        ("title", f"{stem} {TO_BE_SAID}", ""),
        ("publisher", NOT_STATED, "who publishes it"),
        ("credit", NOT_STATED, "how to credit it"),
        ("terms", NOT_STATED, "what may be done with it"),
        ("recognise", _recognise(found, draft), "how a file in the inbox is known"),
        ("dialect", told, ""),
        ("layers", draft.layers, ""),
        ("key", draft.key, "fields that stay the same when a row is corrected"),
        ("fields", draft.fields, ""),
        ("date_formats", draft.date_formats or ["%Y-%m-%d"], ""),
        ("coordinate_order", _order(draft), ""),
        ("precision_scale", draft.precision_scale, ""),
        ("precision_m", {word: _short(metres) for word, metres in draft.precision_m.items()}, ""),
        ("confidence", draft.confidence, ""),
    ]
    kept = [line for line in lines if line[1] or line[0] in ("key", "fields")]
    text = f"  {name}:\n" + "".join(_line(*line) for line in kept)
    if draft.kind != "control_polygons":
        text += "    # is_complete: true  # where each export is the whole list: what a newer one lacks is withdrawn\n"
    read_theatre, source = read_block(theatre, text, "the proposal")
    unmapped = [column for column in found.columns if column not in draft.taken]
    return Proposal(read_theatre, source, text, _summary(found, theatre, draft), doubts, unmapped)


def left_to_say(source: Source) -> list[str]:
    """Fields of a source that still say what a proposal puts there; they stand beside every figure."""
    said = {name: getattr(source, name) for name in ("title", "publisher", "credit", "terms")}
    return [name for name, text in said.items() if text == NOT_STATED or text.endswith(TO_BE_SAID)]


def _name(file_name: str, theatre: Theatre, asked: str | None) -> str:
    if asked is not None:
        if not NAME.fullmatch(asked):
            raise UserError(f"--name {asked!r} is no name of a source: write small letters, digits and _")
        if asked in theatre.sources:
            raise UserError(f"--name {asked}: theatre {theatre.name} has a source of that name; choose another")
        return asked
    made = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[\W\d_]{4,}", "_", Path(file_name).stem.lower())).strip("_0123456789")
    name = made or "new_source"
    count = 1
    while name in theatre.sources:
        count += 1
        name = f"{made or 'new_source'}_{count}"
    return name


def _guessed_dialect(found: Inspection, doubts: list[str]) -> dict[str, str]:
    """An encoding that was guessed, so that later exports are not guessed at anew."""
    notes = found.export["notes"] or ""
    guess = GUESSED.search(notes)
    if guess is None:
        return {}
    doubts.append(f"dialect.encoding: {notes[guess.start() :].split(';')[0]}")
    return {"encoding": guess.group(1)}


def _doubts_of_file(found: Inspection, draft: Draft) -> list[str]:
    doubts = []
    if found.export["crs"] == ASSUMED:
        doubts.append("dialect.crs: the file names no system of coordinates; its numbers look like degrees")
    if found.faulty:
        doubts.append(f"file: {found.faulty:,} rows have a broken shape; `source check` says which")
    if found.export["format"] == "csv" and len(found.columns) + len(found.empty) == 1:
        doubts.append("dialect.delimiter: there is one column only; perhaps another character cuts the rows")
    named = {layer: count for layer, count in found.layers.items() if layer}
    if len(named) > 1 and not draft.layers:
        doubts.append(f"layers: the file has {examples(named)}; list those to be read under `layers`, if not all")
    return doubts


def _recognise(found: Inspection, draft: Draft) -> dict[str, Any]:
    """By the columns that are mapped; by the file's name where they would not tell it from another file."""
    columns = [name for name in found.columns if name in draft.taken and not name.startswith("_")]
    if draft.kind != "control_polygons" and len(columns) >= 3:
        return {"fields": columns[:RECOGNISED_BY]}
    pattern = re.sub(r"\d+", "*", re.sub(r"[\[\]?*]", "?", found.file_name))
    return {"file_name": pattern} | ({"fields": columns} if columns else {})


def _line(key: str, value: Any, comment: str) -> str:
    beside = f"  # {comment}" if comment else ""
    if key in ("fields", "precision_m", "confidence"):
        entries = "".join(f"      {_flow(name)}: {_flow(what)}\n" for name, what in value.items())
        return f"    {key}:\n{entries}" if entries else f"    {key}: {{}}\n"
    return f"    {key}: {_flow(value)}{beside}\n"


def _order(draft: Draft) -> str | None:
    """Which coordinate comes first, where one column holds both."""
    return draft.points.order if draft.points and "coordinate" in draft.fields else None


def _short(metres: float) -> float:
    return int(metres) if metres == int(metres) else metres


def _flow(value: Any) -> str:
    """A value on one line; one with characters that nobody sees is written with escapes."""
    texts = [
        yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=is_readable, width=WIDE)
        for is_readable in (True, False)
    ]
    lines = [text.removesuffix("\n").removesuffix("\n...") for text in texts]
    return lines[0] if visible(lines[0]) == lines[0] else lines[1]


def _summary(found: Inspection, theatre: Theatre, draft: Draft) -> str:
    parts = [f"{found.rows:,} records", f"{len(found.columns)} columns"]
    for what in ("encoding", "crs"):
        if found.export[what]:
            parts.append(str(found.export[what]))
    if draft.points and draft.kind != "control_polygons":
        parts.append(f"{draft.points.inside:,} coordinates in {theatre.name}")
    return f"{found.file_name}: {found.export['format']}, {', '.join(parts)}"
