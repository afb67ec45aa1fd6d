"""Sentences: a row of headline or of claims in plain English.

Belongs here: wording and the formatting of numbers. Does not belong here: any figure that is not in the row.

The words are those of the theatre, and fit any: a strike is what its source calls it, a *reported strike location*
where that says nothing, and ground is "X-held".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pipeline.tables.measures import FEWEST
from pipeline.theatres import Theatre

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def tell(theatre: Theatre, row: Mapping[str, Any], split: Mapping[str, float] | None) -> str:
    """The finding of one headline row.

    Args:
        theatre: the theatre, for titles and labels.
        row: a row of marts.headline.
        split: expected share by group, in the order in which they are said; None where no share is shown.
    """
    subject = f"{_source(theatre, row['source'])} ({_scope(theatre, row)}): "
    n = row["n"]
    counted = count_of(n, noun_of(theatre, row["source"]))
    if split is None:
        if n == 0:
            return f"{subject}no {noun_of(theatre, row['source'])}."
        return f"{subject}{counted}, {why_no_share(n)}."
    focus = theatre.controllers[theatre.focus].label
    bounds = f"{span(row['not_focus_lower_t10'], row['not_focus_upper_t10'])}, given the control map"
    parts = ", ".join(f"{group_label(theatre, group)} {percent(share)}" for group, share in split.items())
    return (
        f"{subject}of {counted}, {percent(row['not_focus_expected'], 1)} ({bounds}) "
        f"lay outside {focus}-held ground, {percent(row['not_focus_at_point'], 1)} by their centres alone; "
        f"{_had_other_places(row)}. Who held the ground: {parts}."
    )


def why_no_share(n: int) -> str:
    """Why a set of so many has no share: it is too small or, where it is not, most of its ground is not known."""
    return f"too few for a share (fewer than {FEWEST})" if n < FEWEST else "no share: most of the ground is not known"


def tell_coverage(coverage: Sequence[Mapping[str, Any]]) -> str | None:
    """What reports state of their own count, beside what is named: words to follow "Of what its reports count, …".

    Args:
        coverage: ``period_from``, ``period_to``, ``stated`` and ``named`` of each report that states a count; where
            ``named`` is None the statement is of a part of the report, and is quoted alone.
    """
    if not coverage:
        return None
    return "; ".join(f"for {days(row['period_from'], row['period_to'])}, {_stated(row)}" for row in coverage)


def _stated(row: Mapping[str, Any]) -> str:
    said = f"“{row['stated']}”"
    return f"it says {said}" if row["named"] is None else f"where it states {said}, {row['named']} named"


def tell_claims(theatre: Theatre, row: Mapping[str, Any]) -> str:
    """What the claims we hold say, of one row of marts.claims_vs_control (without its sentence)."""
    window = window_title(theatre, row["window"])
    subject = f"{_source(theatre, row['source'])} ({window}): of the {row['claims']:,} claims we hold that name "
    located = f"{row['n']:,} {'is' if row['n'] == 1 else 'are'} of a place that can be located"
    wide = f"; {row['claims'] - row['n']:,} more name only a whole province" if row["claims"] > row["n"] else ""
    holders = ", ".join(f"{_holder(theatre, name)} {count:,}" for name, count in json.loads(row["holders"]).items())
    found = f"Who held the ground: {holders or 'nothing to say'}{wide}."
    if row["elsewhere"] is None:
        return f"{subject}no one in particular, {located}. {found}"
    claimed = row["claimed_controller"]
    group = next((name for name, members in theatre.groups.items() if claimed in members), claimed)
    share = f" ({percent(row['share_elsewhere'])})" if row["share_elsewhere"] is not None else ""
    open_ = f", {row['not_known']:,} on ground not known" if row["not_known"] else ""
    open_points = f", {row['not_known_points']:,} not known" if row["not_known"] else ""
    return (
        f"{subject}{_holder(theatre, claimed)} as the target, {located}; {row['elsewhere']:,} of {row['n']:,}{share} "
        f"not on {group_label(theatre, group)}-held ground{open_} "
        f"(without areas {row['elsewhere_points']:,} of {row['n_points']:,}{open_points}). {found}"
    )


def _holder(theatre: Theatre, name: str) -> str:
    return theatre.controllers[name].label if name in theatre.controllers else name


def percent(share: float, decimals: int = 0) -> str:
    """A share as a percentage: 0.775 is 78% or, with one decimal, 77.5%.

    What is not all or nothing is never rounded to 100% or 0%.
    """
    step = 10.0**-decimals
    number = round(share * 100, decimals)
    if number >= 100 and share < 1 - 1e-9:
        return f">{100 - step:.{decimals}f}%"
    if number <= 0 and share > 1e-9:
        return f"<{step:.{decimals}f}%"
    return f"{number:.{decimals}f}%"


def group_label(theatre: Theatre, group: str) -> str:
    """A group as it is said: the label of the controller that it is named after, or its own name in words."""
    if group in theatre.controllers:
        return theatre.controllers[group].label
    return group.replace("_", " ")


def window_title(theatre: Theatre, window: str) -> str:
    """A window as it is said: the theatre's title, or the month's name and year."""
    if window in theatre.windows:
        return theatre.windows[window].title
    year, month = window.split("-")
    return f"{MONTHS[int(month) - 1]} {year}"


def filter_title(theatre: Theatre, name: str) -> str | None:
    """A filter as it is said; None where it leaves nothing out.

    A filter is ``all``, ``confidence:CLASS`` or ``region:REGION``; without area-level locations it is
    ``points_only``, ``confidence:CLASS|points_only`` or ``region:REGION|points_only``.
    """
    said = [words for part in name.split("|") if (words := _filter_words(theatre, part))]
    return "; ".join(said) or None


def _filter_words(theatre: Theatre, part: str) -> str | None:
    kind, _, value = part.partition(":")
    if kind == "confidence":
        return f"confidence {value}"
    if kind == "region":
        return theatre.regions[value].title
    if kind == "points_only":
        return f"only places known to within {theatre.point_precision_m / 1000:g} km"
    return None


def _source(theatre: Theatre, name: str) -> str:
    return theatre.sources[name].title if name in theatre.sources else name


def _scope(theatre: Theatre, row: Mapping[str, Any]) -> str:
    repeats = "repeats counted" if row["unit"] == "row" else None
    said = [window_title(theatre, row["window"]), filter_title(theatre, row["filter"]), repeats]
    return "; ".join(part for part in said if part)


def _had_other_places(row: Mapping[str, Any]) -> str:
    if row["place_lower"] is None:
        return f"the {row['places']} places named are too few to say what others would have given"
    places = f"{span(row['place_lower'], row['place_upper'])} had other places been named"
    if row["map_lower"] is None:
        return places
    return f"{places}, {span(row['map_lower'], row['map_upper'])} had the map been drawn from other places too"


def days(first: date, last: date) -> str:
    """Days as they are said: 30 September – 1 October 2015."""
    end = f"{last.day} {MONTHS[last.month - 1]} {last.year}"
    if first == last:
        return end
    start = [str(first.day), MONTHS[first.month - 1], str(first.year)]
    same = 3 if first.year != last.year else 2 if first.month != last.month else 1
    return f"{' '.join(start[:same])} – {end}"


def noun_of(theatre: Theatre, source: str) -> str:
    """What one row of a source tells of: "reported strike location", or the source's own word."""
    return theatre.sources[source].noun if source in theatre.sources else "reported strike location"


def count_of(n: int, noun: str) -> str:
    """A count with its noun: 1 reported incident, 1,024 reported incidents."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def span(lower: float, upper: float) -> str:
    """Two shares as bounds: 68–85%."""
    low, high = percent(lower), percent(upper)
    if low == high:
        return low
    return f"{low} to {high}" if high.startswith(">") or low.startswith("<") else f"{low.removesuffix('%')}–{high}"
