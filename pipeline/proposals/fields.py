"""Fields: what each column most likely means, by its name and by its values.

Belongs here: the order of guessing, and the guesses about all that is neither a day nor a holder.
Does not belong here: days and holders (``dating``, ``holding``), coordinates (``points``), writing YAML (``block``).
"""

from __future__ import annotations

import re
from itertools import compress

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.column_names import known_names, plain, words
from pipeline.mapping import lookup
from pipeline.parsing import parse_numbers
from pipeline.proposals.dating import add_days
from pipeline.proposals.days import read_days, span_of
from pipeline.proposals.draft import MOST_WORDS, Draft, is_numeric, is_web
from pipeline.proposals.holding import add_controller, find_kind
from pipeline.proposals.inspection import Column, examples
from pipeline.proposals.points import find_points
from pipeline.strikes import UNSTATED
from pipeline.theatres import precision_scales, theatres

MOST_ID_LENGTH = 80
UNIQUE = 0.97
# Of a column whose name says that it identifies: its repeated values are told, and are the file's fault.
UNIQUE_BY_NAME = 0.8
MANY_ROWS = 20
WORDED = 0.9
DIGIT = re.compile(r"\d")
HIGHEST_LEVEL = 10  # numbers up to it are levels of a scale, larger ones metres


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
    if draft.points is not None:
        draft.fields |= draft.points.fields
    provinces = _add_province(draft)
    _add_points(draft, provinces)
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


def _add_points(draft: Draft, provinces: pa.Array | None) -> None:
    """The points once more, as the provinces of the rows may tell the order of two axes that the theatre does not."""
    if provinces is not None:
        draft.points = find_points(draft.found, draft.theatre, known_names(), provinces) or draft.points
    if draft.points is None:
        draft.doubts.append("latitude, longitude: none found; rows are placed by the gazetteer, by place and province")
        return
    draft.fields |= draft.points.fields
    draft.doubts += draft.points.doubts(draft.theatre)


def _add_province(draft: Draft) -> pa.Array | None:
    """The province of each row as the theatre names it, where a column says it."""
    fits = {c.name: c.share(pc.is_valid(lookup(c.texts, draft.theatre.province_aliases))) for c in draft.free()}
    named = draft.named("province")
    likely = sorted((c for c in draft.free() if fits[c.name] >= 0.5), key=lambda c: (c not in named, -fits[c.name]))
    if likely:
        # Several that are named so are all read, each where those before it are empty.
        columns = [likely[0], *(c for c in likely[1:] if likely[0] in named and c in named)]
        listed = [c.name for c in columns]
        draft.fields["province"] = listed if len(listed) > 1 else listed[0]
        column = Column(" or ".join(listed), pc.coalesce(*(c.texts for c in columns)))
        known = lookup(column.texts, draft.theatre.province_aliases)
        strange = draft.strange(column, known)
        if strange:
            draft.doubts.append(
                f"province: {examples(strange)} of `{column.name}` are no spelling of a province of "
                f"{draft.theatre.name}: add them to its aliases, or these rows are quarantined"
            )
        return known
    if named:
        draft.doubts.append(
            f"province: `{named[0].name}` is left out, for {draft.theatre.name} knows few of its values: "
            f"{examples(named[0].counts)}"
        )
    return None


def _add_place(draft: Draft) -> None:
    named = [c for c in draft.named("place") if not is_numeric(c)]
    if named:
        draft.fields["place"] = named[0].name
    if draft.points is None and not named:
        draft.doubts.append("place: none found, and no coordinate: every row would be quarantined")


def _add_id(draft: Draft) -> None:
    numbering = {plain(name) for name in known_names()["row_number"]}
    fitting = [c for c in draft.free() if _identifies(c, draft.found.rows, UNIQUE)]
    named = [c for c in draft.named("id") if c.plain_name not in numbering]
    good = [c for c in named if _identifies(c, draft.found.rows, UNIQUE_BY_NAME)]
    good.sort(key=lambda c: words(c.name)[-1] != "id")
    numbers = [c for c in fitting if c.plain_name in numbering]
    coded = [] if good else _coded(draft, [c for c in fitting if c not in numbers])
    chosen = next(iter([*good, *coded, *numbers]), None)
    if chosen is None:
        draft.doubts.append(
            "key: no column identifies a row, so its content does: a row that is corrected counts as a new strike "
            "and the old one stays. Name the mapped fields that stay the same under a correction, if there are any"
        )
        return
    draft.fields["id"], draft.key = chosen.name, ["id"]
    others = [c.name for c in (*good, *coded, *numbers) if c is not chosen]
    if chosen in coded:
        draft.doubts.append(f"id: no name says it; `{chosen.name}` is taken, for each row has a code of its own there")
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


def _coded(draft: Draft, fitting: list[Column]) -> list[Column]:
    """Columns with a code for each row, whatever their names: letters and digits before numbers, shorter ones first.

    Numbers alone are believed on many rows only: they may count anything.
    """
    span = span_of(draft.theatre)
    codes = [c for c in fitting if all(DIGIT.search(text) for text in c.counts) and read_days(c, span) is None]
    codes = [c for c in codes if draft.found.rows >= MANY_ROWS or not is_numeric(c)]
    return sorted(codes, key=lambda c: (is_numeric(c), sum(map(len, c.counts)) / len(c.counts)))


def _worded(draft: Draft, known: set[str]) -> Column | None:
    """The free column that says two or more words of a vocabulary, and hardly anything else."""
    for column in draft.free():
        said = {text: count for text, count in column.counts.items() if text.casefold() in known}
        if len(said) >= 2 and sum(said.values()) >= WORDED * column.filled and not is_numeric(column):
            return column
    return None


def _add_precision(draft: Draft) -> None:
    column = next(iter(draft.named("precision")), None)
    if column is None:
        by_scale = {scale.casefold() for one in precision_scales().values() for scale in one.levels}
        column = _worded(draft, by_scale)
        if column is not None:
            draft.doubts.append(f"precision: no name says it; the values of `{column.name}` are levels of a scale")
    if column is None or (len(column.counts) > MOST_WORDS and not is_numeric(column)):
        return
    draft.fields["precision"] = column.name
    if is_numeric(column):
        numbers = parse_numbers(pa.array(list(column.counts)))
        if pc.max(numbers).as_py() > HIGHEST_LEVEL:
            draft.doubts.append(f"precision: the numbers of `{column.name}` are taken for metres")
            strange = dict(compress(column.counts.items(), pc.is_null(numbers).to_pylist()))
            _add_strange_precisions(draft, column, strange)
            return
    unknown = {scale: set(column.counts) - _levels(scale, column) for scale in precision_scales()}
    fewest = min(len(texts) for texts in unknown.values())
    fitting = [scale for scale in unknown if len(unknown[scale]) == fewest and fewest <= len(column.counts) / 2]
    if len(fitting) > 1:
        draft.doubts.append(
            f"precision_scale: the values of `{column.name}` are levels of {' and of '.join(fitting)}; write the "
            "right one"
        )
    strange = dict(column.counts)
    if len(fitting) == 1:
        draft.precision_scale = fitting[0]
        draft.doubts.append(f"precision_scale: the values of `{column.name}` look like {fitting[0]}: check its levels")
        strange = {text: count for text, count in column.counts.items() if text in unknown[fitting[0]]}
    _add_strange_precisions(draft, column, strange)


def _add_strange_precisions(draft: Draft, column: Column, strange: dict[str, int]) -> None:
    """Give texts of no known meaning the theatre's default, and say so."""
    default = draft.theatre.default_precision_m
    draft.precision_m = {text: default for text in sorted(strange)} | {"default": default}
    if strange:
        draft.doubts.append(
            f"precision_m: {examples(strange)} of `{column.name}` are given {default:,.0f} m each: say how far each "
            "may be off, in metres"
        )


def _levels(scale: str, column: Column) -> set[str]:
    """Texts of a column that are levels of a scale."""
    levels = {level.casefold() for level in precision_scales()[scale].levels}
    return {text for text in column.counts if text.casefold().removesuffix(".0") in levels}


def _add_confidence(draft: Draft) -> None:
    column = next((c for c in draft.named("confidence") if len(c.counts) <= MOST_WORDS), None)
    if column is None:
        sources = [source for theatre in theatres().values() for source in theatre.sources.values()]
        column = _worded(draft, {word.casefold() for source in sources for word in source.confidence})
        if column is not None:
            draft.doubts.append(
                f"confidence: no name says it; the values of `{column.name}` are words of other sources"
            )
    if column is not None:
        draft.fields["confidence"] = column.name
        draft.confidence = {text: text.casefold() for text in sorted(column.counts)}
        draft.doubts.append(f"confidence: `{column.name}` says {examples(column.counts)}; check what they mean")


def _add_actors(draft: Draft) -> None:
    vocabularies = (
        ("claimed_actor", draft.theatre.target_aliases),
        ("stated_holder", draft.theatre.controller_aliases),
    )
    for name, spellings in vocabularies:
        column = next((c for c in draft.named(name) if not is_numeric(c)), None)
        if column is None:
            continue
        strange = {
            text: count
            for text, count in draft.strange(column, lookup(column.texts, spellings)).items()
            if text.casefold() not in UNSTATED
        }
        if sum(strange.values()) > column.filled / 2:
            draft.doubts.append(
                f"{name}: `{column.name}` is left out, for {draft.theatre.name} knows few of its values: "
                f"{examples(strange)}"
            )
            continue
        draft.fields[name] = column.name
        if strange:
            draft.doubts.append(
                f"{name}: {examples(strange)} of `{column.name}` are in no vocabulary of {draft.theatre.name}: add "
                "them to it, or these rows are quarantined"
            )


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


def _identifies(column: Column, rows: int, least: float) -> bool:
    """Whether at least this share of the rows has a text of its own, short and without spaces."""
    if len(column.counts) < least * rows or column.filled < least * rows:
        return False
    plain_texts = sum(len(text) <= MOST_ID_LENGTH and " " not in text and "." not in text for text in column.counts)
    return plain_texts >= UNIQUE * len(column.counts)
