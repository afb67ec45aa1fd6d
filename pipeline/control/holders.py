"""Holders: reading who holds ground out of a legend or a cell.

Belongs here: single and joint legends ("ISIS, JN, and Rebel") by the theatre's spellings.
Does not belong here: refusing a record (see the SQL of each kind).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pyarrow as pa

from pipeline.names import fold_name
from pipeline.theatres import CONTESTED, Theatre

JOINT = re.compile(r"\s*(?:[,;/+&|]|\band\b|\bor\b)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Holders:
    """Controller and parties (a JSON list) of each record, and words in no vocabulary; null where nothing."""

    controller: pa.Array
    parties: pa.Array
    unknown: pa.Array


def read_holders(theatre: Theatre, texts: pa.Array, party_texts: pa.Array) -> Holders:
    """Read the holders of records.

    A joint legend is contested ground with all that it names as parties. Parties are kept for contested
    ground only.

    Args:
        theatre: gives the spellings.
        texts: who holds the ground, as the source says.
        party_texts: the parties to contested ground, where the source says them apart.
    """
    controllers: list[str | None] = []
    parties: list[str] = []
    unknown: list[str | None] = []
    for text, party_text in zip(texts.to_pylist(), party_texts.to_pylist(), strict=True):
        named, strange = _read(theatre, text or "")
        said, strange_parties = _read(theatre, party_text or "")
        is_contested = CONTESTED in named or len(named) > 1
        controllers.append(CONTESTED if is_contested else next(iter(named), None))
        parties.append(json.dumps(sorted((named | said) - {CONTESTED}) if is_contested else []))
        unknown.append("; ".join(strange + strange_parties) or None)
    return Holders(*(pa.array(column, pa.string()) for column in (controllers, parties, unknown)))


def _read(theatre: Theatre, text: str) -> tuple[set[str], list[str]]:
    spellings = theatre.controller_aliases
    whole = spellings.get(fold_name(text))
    if whole is not None:
        return {whole}, []
    words = [word for word in JOINT.split(text.strip()) if word]
    named = {spellings[fold_name(word)] for word in words if fold_name(word) in spellings}
    return named, [word for word in words if fold_name(word) not in spellings]
