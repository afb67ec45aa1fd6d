"""Precision: from the level that a publisher states to a radius in metres.

Belongs here: reading a level by the source's scale, its own words, or as a number.
Does not belong here: what no location can be more precise than (a grid square, a place of the gazetteer).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.parsing import map_unique, parse_numbers
from pipeline.theatres import Source, precision_scales


def read_precision(source: Source, texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Metres of each precision (the source's default where none is given), and the reason to refuse it, if any."""
    words: dict[str, float | None] = {}
    if source.precision_scale:
        levels = precision_scales()[source.precision_scale].levels
        words = {level.casefold(): body.metres for level, body in levels.items()}
    words |= {word.casefold(): metres for word, metres in source.precision_m.items() if word != "default"}

    def plain(text: str) -> str:
        # A table that turned whole numbers into decimals wrote level 1.0.
        return text.casefold().removesuffix(".0")

    metres = map_unique(texts, lambda text: words.get(plain(text)), pa.float64())
    is_level = pc.fill_null(map_unique(texts, lambda text: plain(text) in words, pa.bool_()), False)
    if not source.precision_scale:
        # Where there is a scale, a number that is none of its levels is no radius.
        metres = pc.coalesce(metres, parse_numbers(texts))
    is_silent = pc.and_(pc.is_valid(texts), pc.is_null(metres))
    fault = pc.if_else(is_silent, pc.if_else(is_level, "precision_too_wide", "precision_unknown"), None)
    return pc.coalesce(metres, pa.scalar(source.precision_m.get("default"), pa.float64())), fault
