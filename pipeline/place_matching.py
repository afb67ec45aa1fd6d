"""Place matching: which place of the gazetteer a name means where no spelling of it is the same letter for letter.

Belongs here: comparing names and deciding when one place is clearly meant. Does not belong here: places spelled alike,
which ``sql/strikes/locate_strikes.sql`` finds; what becomes of a record whose place stays unknown.

A name is first compared as words (``names``); only then by how alike the words are (rapidfuzz, token sort ratio, 0 to
100), and only within the province that the record states: tried without coordinates on Airwars' names against GeoNames,
nearly every wrong match lay in another province. What stands in brackets is part of the name ("Aleppo (airport)" is
another place), unless it is that province. The best place counts where it reaches the score and leads the second place
by the lead that the source declares; where several reach the score and none leads, nothing is chosen.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
from rapidfuzz import fuzz, process

from pipeline.names import fold_name
from pipeline.theatres import PlaceMatch

# Words that tell neighbouring places apart, however alike the names are otherwise; numbers do too.
TELLING_WORDS = """
    north south east west northern southern eastern western upper lower new old greater inner outer countryside city
    province governorate airport airbase base camp dam bridge crossing
    شمال شمالي جنوب جنوبي شرق شرقي غرب غربي ريف مدينه مطار مخيم سد جسر معبر
"""
TELLING = frozenset(TELLING_WORDS.split())
SCHEMA = pa.schema(
    [
        ("place", pa.string()), ("province", pa.string()), ("place_id", pa.string()), ("place_matched", pa.string()),
        ("place_score", pa.float64()), ("place_basis", pa.string()), ("rivals", pa.string()),
    ]
)  # fmt: skip
SAME = 100.0
BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
Provinces = dict[str, str]


class Spelling(NamedTuple):
    """One spelling of a place, as words; ``where`` is its coordinate, by which places are told apart."""

    folded: str
    text: str
    place_id: str
    where: tuple[float, float]


@dataclass(frozen=True)
class Found:
    """A spelling and how alike it is to the name, 0 to 100."""

    spelling: Spelling
    score: float


def match_places(typed: pa.Table, places: pa.Table, rule: PlaceMatch | None, provinces: Provinces) -> pa.Table:
    """Match the names of records to places.

    Args:
        typed: records with the columns ``place`` and ``province`` (as the theatre names it).
        places: ``core.places`` of the theatre.
        rule: the source's rule; without one nothing is matched.
        provinces: spellings of the provinces, folded, and what each means.

    Returns:
        One row for each pair of name and province that places fit: with ``place_id``, the gazetteer's spelling, the
        score, and the basis (``folded`` for the same words, ``similar`` for words that are alike); where none leads,
        ``place_id`` is null and ``rivals`` names them with their scores.
    """
    if rule is None:
        return SCHEMA.empty_table()
    spellings = _spellings(places, provinces)
    named = typed.select(["place", "province"]).group_by(["place", "province"]).aggregate([]).to_pylist()
    rows = []
    for row in sorted(named, key=lambda row: (row["place"] or "", row["province"] or "")):
        if row["place"]:
            name = _fold(row["place"], row["province"], provinces)
            found = _best_of_each_place(name, row["province"], spellings, rule)
            rows += [row | _decide(found, rule)] if found else []
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _fold(place: str, province: str | None, provinces: Provinces) -> str:
    """The name as words, without a bracket that says the stated province of a place within it.

    Where the name itself is the province's, as that of its capital is, the bracket may say which of the two is meant.
    """
    bare = BRACKETS.sub(" ", place)
    said = [fold_name(one or other) for one, other in BRACKETS.findall(place)]
    is_in_province = province is not None and all(provinces.get(inner) == province for inner in said)
    return fold_name(bare if is_in_province and provinces.get(fold_name(bare)) != province else place)


def _spellings(places: pa.Table, provinces: Provinces) -> dict[str | None, list[Spelling]]:
    """Spellings by province; under None those of all provinces."""
    by_province: dict[str | None, list[Spelling]] = defaultdict(list)
    for row in places.sort_by("place_id").to_pylist():
        for text in (row["place"], *json.loads(row["aliases"])):
            for province in {None, row["province"]}:
                folded = _fold(text or "", province, provinces)
                if folded:
                    spelling = Spelling(folded, text, row["place_id"], (row["latitude"], row["longitude"]))
                    by_province[province].append(spelling)
    return by_province


def _best_of_each_place(
    name: str, province: str | None, spellings: dict[str | None, list[Spelling]], rule: PlaceMatch
) -> list[Found]:
    """The best spelling of each place that reaches the score less the lead, best first; ``name`` is folded."""
    candidates = spellings.get(province, [])
    if province is None:
        candidates = [spelling for spelling in candidates if spelling.folded == name]
    near = process.extract(
        name,
        [spelling.folded for spelling in candidates],
        scorer=fuzz.token_sort_ratio,
        score_cutoff=rule.min_score - rule.min_lead,
        limit=None,
    )
    best: dict[tuple[float, float], Found] = {}
    for folded, score, index in near:
        spelling = candidates[index]
        alike = SAME if folded == name else min(score, SAME - 1)
        is_same_kind = _telling(folded) == _telling(name)
        if is_same_kind and alike > getattr(best.get(spelling.where), "score", -1):
            best[spelling.where] = Found(spelling, alike)
    return sorted(best.values(), key=lambda found: (-found.score, found.spelling.text, found.spelling.place_id))


def _telling(folded: str) -> frozenset[str]:
    return frozenset(word for word in folded.split() if word in TELLING or word.isdigit())


def _decide(found: list[Found], rule: PlaceMatch) -> dict[str, object]:
    best = found[0]
    second = found[1].score if len(found) > 1 else 0.0
    if best.score >= rule.min_score and best.score - second >= rule.min_lead:
        basis = "folded" if best.score == SAME else "similar"
        chosen = {"place_id": best.spelling.place_id, "place_matched": best.spelling.text}
        return {**chosen, "place_score": best.score, "place_basis": basis, "rivals": None}
    told = [f"{each.spelling.text} {each.score:.0f}" for each in found[:5] if best.score - each.score < rule.min_lead]
    return {"rivals": " or ".join(told) if best.score >= rule.min_score else None}
