"""Proposals: a mapping for an export that no source of a theatre describes yet.

Belongs here: guessing by names *and* values (``header``, ``inspection``, ``days``, ``points``, ``fields``), and writing
the guess down as a source's YAML with all that is not sure about it (``block``).
Does not belong here: trying a mapping (``trial``), deciding: a person reads the proposal and changes it.

A proposal depends on the file, the theatre and ``column_names.yaml`` alone: the same file gives the same text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pipeline.column_names import known_names
from pipeline.errors import UserError
from pipeline.proposals.block import Proposal, write_block
from pipeline.proposals.days import read_days, span_of
from pipeline.proposals.draft import Draft
from pipeline.proposals.fields import fill
from pipeline.proposals.header import inspect_table
from pipeline.proposals.inspection import Inspection, quoted
from pipeline.proposals.points import find_points
from pipeline.settings import Settings
from pipeline.theatres import Dialect, Theatre, theatres

__all__ = ["Kind", "Proposal", "propose"]

Kind = Literal["strikes", "control"]


def propose(
    settings: Settings,
    path: Path,
    theatre: Theatre | None = None,
    name: str | None = None,
    kind: Kind | None = None,
    dialect: Dialect | None = None,
) -> Proposal:
    """Inspect an export and propose a source for it.

    Args:
        settings: gives the caps.
        path: the export.
        theatre: its theatre; the one in which its coordinates or days lie where None.
        name: name of the source; made of the file's name where None.
        kind: whether it tells of strikes or of control; by its shapes and columns where None.
        dialect: what the file does not say of itself.

    Raises:
        UserError: it cannot be read, fits no theatre, or the name is taken.
    """
    told = list[str]()
    found, dialect = inspect_table(settings, path, dialect or Dialect(), told)
    if theatre is None:
        told.append("theatre: not given, chosen by where and when the rows lie")
    theatre = theatre or _choose_theatre(found)
    return write_block(settings, path, found, theatre, fill(Draft(found, theatre, kind)), name, dialect, told)


def _choose_theatre(found: Inspection) -> Theatre:
    """The theatre in which most coordinates or shapes lie; where there are none, most days."""
    names = known_names()
    scores = {}
    for theatre in theatres().values():
        points = find_points(found, theatre, names)
        drawn, everything = found.centres_in(theatre.extent)
        span = span_of(theatre)
        days = [read for column in found.columns.values() if (read := read_days(column, span))]
        scores[theatre.name] = (
            points.inside / max(points.read, 1) if points else drawn / max(everything, 1),
            max((day.in_span / max(day.read, 1) for day in days), default=0.0),
        )
    ranked = sorted(scores, key=lambda name: scores[name], reverse=True)
    if max(scores[ranked[0]]) < 0.5 or (len(ranked) > 1 and scores[ranked[0]] == scores[ranked[1]]):
        raise UserError(
            f"{found.file_name}: neither coordinates nor days say which theatre it is of: "
            f"give --theatre, one of {', '.join(scores)}. Its columns are read as "
            f"{', '.join(quoted(name) for name in list(found.columns)[:5])}: if those are no names of columns, delete "
            "the rows above the header or give --dialect header_row=2"
        )
    return theatres()[ranked[0]]
