"""Draft: a mapping in the making, and what every guess about it needs.

Belongs here: the draft's parts, and looking for columns by name. Does not belong here: any guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pyarrow.compute as pc

from pipeline.column_names import known_names
from pipeline.parsing import parse_numbers
from pipeline.proposals.inspection import Column, Inspection
from pipeline.proposals.points import Points
from pipeline.theatres import Theatre

MOST_WORDS = 40  # a column with more different texts is prose, not a vocabulary
WEB = re.compile(r"https?://", re.IGNORECASE)


def _columns_of(spec: Any) -> list[str]:
    if isinstance(spec, dict):
        return list(spec.get("names", []))
    return list(spec) if isinstance(spec, list) else [spec]


@dataclass
class Draft:
    """A mapping in the making; ``fields.fill`` fills it.

    Attributes:
        found: the export.
        theatre: the theatre.
        asked: ``strikes`` or ``control`` where a person said so.
        kind: kind of source.
        fields: field of the mapping = what the YAML says of it.
        key: fields of the key.
        date_formats: formats of all days that are mapped.
        precision_scale: publisher's scale of precision that the words are of.
        precision_m: words of precision in metres.
        confidence: words of confidence.
        layers: layers read; all where empty.
        doubts: what is not sure, in words, the gravest first as far as that can be said.
        points: where records lie.
    """

    found: Inspection
    theatre: Theatre
    asked: str | None = None
    kind: str = "strikes"
    fields: dict[str, Any] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    date_formats: list[str] = field(default_factory=list)
    precision_scale: str | None = None
    precision_m: dict[str, float] = field(default_factory=dict)
    confidence: dict[str, str] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    points: Points | None = None

    @property
    def taken(self) -> set[str]:
        """Columns that are mapped."""
        return set(chain.from_iterable(_columns_of(spec) for spec in self.fields.values()))

    def free(self) -> list[Column]:
        """Columns that are not mapped yet and hold plain values."""
        return [c for c in self.found.columns.values() if c.name not in self.taken and not c.is_nested]

    def named(self, field_: str) -> list[Column]:
        """Such columns by the names that exports give to a field, the most telling first."""
        return self.found.named(known_names()[field_], self.free())

    def strange(self, column: Column, known: Any) -> dict[str, int]:
        """Texts of a column that are in no vocabulary, with their counts."""
        unknown = set(column.texts.filter(pc.and_(pc.is_null(known), pc.is_valid(column.texts))).to_pylist())
        return {text: count for text, count in column.counts.items() if text in unknown}


def is_numeric(column: Column) -> bool:
    """Whether nearly all texts are numbers."""
    return column.share(pc.is_valid(parse_numbers(column.texts))) > 0.95


def is_web(column: Column) -> bool:
    """Whether most texts are web addresses."""
    return sum(count for text, count in column.counts.items() if WEB.match(text)) > 0.8 * column.filled
