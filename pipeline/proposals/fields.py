"""Fields: what each column most likely means, by its name and by its values.

Belongs here: the order of guessing, and the guesses about all that is neither a day nor a holder.
Does not belong here: days and holders (``dating``, ``holding``), coordinates (``points``), writing YAML (``block``).
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow.compute as pc

from pipeline.mapping import lookup
from pipeline.proposals.dating import add_days
from pipeline.proposals.draft import MOST_WORDS, Draft, is_numeric, is_web, known_names
from pipeline.proposals.holding import add_controller, find_kind
from pipeline.proposals.inspection import Column, examples, plain, words
from pipeline.proposals.points import Axis, find_points
from pipeline.theatres import theatres

MOST_ID_LENGTH = 80
UNIQUE = 0.97


def fill(draft: Draft) -> Draft:
    """Guess the mapping of a draft that knows its export and theatre; gives it back filled."""
    draft.kind = find_kind(draft)
    draft.points = find_points(draft.found, draft.theatre, known_names())
    if draft.kind == "control_polygons":
        add_controller(draft)
        add_days(draft, "valid_from")
        return draft
    if draft.kind == "strikes":
        add_days(draft, "date_from", "date_to", "published", "period_from", "period_to")
    else:
        add_controller(draft)
        add_days(draft, "valid_from", "valid_to")
    _add_points(draft)
    _add_province(draft)
    _add_place(draft)
    if draft.kind == "strikes":
        _add_id(draft)
        _add_precision(draft)
        _add_confidence(draft)
        _add_actors(draft)
        _add_named(draft, "note")
        _add_url(draft, "report_url")
    else:
        _add_named(draft, "place_local")
        _add_named(draft, "note")
        _add_url(draft, "citation")
        draft.key = [name for name in ("place", "province", "valid_from") if name in draft.fields]
    return draft


def _add_points(draft: Draft) -> None:
    if draft.points is None:
        draft.doubts.append("latitude, longitude: none found; rows are placed by the gazetteer, by place and province")
        return
    for name, axis in (("latitude", draft.points.latitude), ("longitude", draft.points.longitude)):
        draft.fields[name] = _spec(axis)
    draft.doubts += draft.points.doubts(draft.theatre)


def _add_province(draft: Draft) -> None:
    fits = {c.name: c.share(pc.is_valid(lookup(c.texts, draft.theatre.province_aliases))) for c in draft.free()}
    named = draft.named("province")
    likely = sorted((c for c in draft.free() if fits[c.name] >= 0.5), key=lambda c: (c not in named, -fits[c.name]))
    if likely:
        column = likely[0]
        draft.fields["province"] = column.name
        known = lookup(column.texts, draft.theatre.province_aliases)
        strange = draft.strange(column, known)
        if strange:
            draft.doubts.append(
                f"province: {examples(strange)} of `{column.name}` are no spelling of a province of "
                f"{draft.theatre.name}: add them to its aliases, or these rows are quarantined"
            )
    elif named:
        draft.doubts.append(
            f"province: `{named[0].name}` is left out, for {draft.theatre.name} knows few of its values: "
            f"{examples(named[0].counts)}"
        )


def _add_place(draft: Draft) -> None:
    named = [c for c in draft.named("place") if not is_numeric(c)]
    if named:
        draft.fields["place"] = named[0].name
    if "latitude" not in draft.fields and not named:
        draft.doubts.append("place: none found, and no coordinate: every row would be quarantined")


def _add_id(draft: Draft) -> None:
    numbering = {plain(name) for name in known_names()["row_number"]}
    fitting = [c for c in draft.free() if _identifies(c, draft.found.rows)]
    good = [c for c in draft.named("id") if c in fitting and c.plain_name not in numbering]
    good.sort(key=lambda c: words(c.name)[-1] != "id")
    numbers = [c for c in fitting if c.plain_name in numbering]
    chosen = next(iter([*good, *numbers]), None)
    if chosen is None:
        draft.doubts.append(
            "key: no column identifies a row, so its content does: a row that is corrected counts as a new strike "
            "and the old one stays. Name the mapped fields that stay the same under a correction, if there are any"
        )
        return
    draft.fields["id"], draft.key = chosen.name, ["id"]
    others = [c.name for c in (*good, *numbers) if c is not chosen]
    if others:
        draft.doubts.append(f"id: `{chosen.name}` is taken; {', '.join(f'`{n}`' for n in others)} would do too")
    if chosen in numbers:
        draft.doubts.append(f"id: `{chosen.name}` may be a row number, which changes from one export to the next")
    repeated = {text: count for text, count in chosen.counts.items() if count > 1}
    if repeated:
        draft.doubts.append(f"id: {examples(repeated)} of `{chosen.name}` stand on several rows")
    lacking = draft.found.rows - chosen.filled
    if lacking:
        draft.doubts.append(f"id: {lacking:,} rows have no `{chosen.name}`; they would be quarantined")


def _add_precision(draft: Draft) -> None:
    column = next(iter(draft.named("precision")), None)
    if column is None or (len(column.counts) > MOST_WORDS and not is_numeric(column)):
        return
    draft.fields["precision"] = column.name
    default = draft.theatre.default_precision_m
    numeric = is_numeric(column)
    if numeric and max(float(text) for text in column.counts) > 10:
        draft.precision_m = {"default": default}
        draft.doubts.append(f"precision: the numbers of `{column.name}` are taken for metres")
        return
    known = _known_precisions()
    draft.precision_m = {text: known.get(text.casefold(), default) for text in sorted(column.counts)}
    draft.precision_m["default"] = default
    strange = {text: count for text, count in column.counts.items() if text.casefold() not in known}
    if strange:
        what = "codes" if numeric else "words"
        draft.doubts.append(
            f"precision_m: the {what} {examples(strange)} of `{column.name}` are given {default:,.0f} m each: "
            "say how far each may be off, in metres"
        )


def _add_confidence(draft: Draft) -> None:
    column = next((c for c in draft.named("confidence") if len(c.counts) <= MOST_WORDS), None)
    if column is not None:
        draft.fields["confidence"] = column.name
        draft.confidence = {text: text.casefold() for text in sorted(column.counts)}
        draft.doubts.append(f"confidence: `{column.name}` says {examples(column.counts)}; check what they mean")


def _add_actors(draft: Draft) -> None:
    for name, otherwise in (("claimed_actor", "count as generic"), ("stated_holder", "are not read")):
        column = next((c for c in draft.named(name) if not is_numeric(c)), None)
        if column is None:
            continue
        known = lookup(column.texts, draft.theatre.controller_aliases)
        if not known.null_count < len(known):
            draft.doubts.append(f"{name}: `{column.name}` is left out, for it names no controller of the theatre")
            continue
        draft.fields[name] = column.name
        strange = draft.strange(column, known)
        if strange:
            draft.doubts.append(f"{name}: {examples(strange)} of `{column.name}` {otherwise}")


def _add_named(draft: Draft, name: str) -> None:
    column = next((c for c in draft.named(name) if not is_numeric(c)), None)
    if column is not None:
        draft.fields[name] = column.name


def _add_url(draft: Draft, name: str) -> None:
    """A column of web addresses; a citation may be any text."""
    likely = [c for c in draft.named(name) if name == "citation" or is_web(c)]
    column = next(iter([*likely, *(c for c in draft.free() if is_web(c))]), None)
    if column is not None:
        draft.fields[name] = column.name


def _spec(axis: Axis) -> str | dict[str, Any]:
    if axis.column is None:
        return {"geometry": True}
    return {"names": [axis.column], "pattern": axis.pattern} if axis.pattern else axis.column


def _identifies(column: Column, rows: int) -> bool:
    """Whether nearly every row has a text of its own, short and without spaces."""
    if len(column.counts) < UNIQUE * rows or column.filled < UNIQUE * rows:
        return False
    plain_texts = sum(len(text) <= MOST_ID_LENGTH and " " not in text and "." not in text for text in column.counts)
    return plain_texts >= UNIQUE * len(column.counts)


@cache
def _known_precisions() -> dict[str, float]:
    """Metres of the precision words that sources of any theatre have."""
    return {
        word.casefold(): metres
        for theatre in theatres().values()
        for source in theatre.sources.values()
        for word, metres in source.precision_m.items()
        if word != "default"
    }
