"""Plan: what would be made, and why, before anything is.

Belongs here: telling stale parts in words, and what follows from them. Does not belong here: what is stale
(``work.judge``), making it.

A part that is stale by itself is named with its reasons: changed code, theatre file (the mapping), gazetteer, exports,
overrides. What is made from it is stale only where it comes out otherwise, which nobody knows before it is made: that
is told as what may follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from pipeline.due import stale_parts
from pipeline.steps import STEPS
from pipeline.theatres import Theatre
from pipeline.work import Step, Verdict, Work

# What a step is made from.
AFTER: dict[str, tuple[str, ...]] = {
    "references": ("records",),
    "mapped_strikes": ("records", "references"),
    "control": ("records",),
    "strikes": ("mapped_strikes",),
    "attribution": ("strikes", "control"),
    "tables": ("references", "strikes", "attribution", "control"),
}

FORCED = "asked for by --force"


def plan_theatre(work: Work, theatre: Theatre, months: Sequence[str] | None = None, force: bool = False) -> list[str]:
    """What a run would make of a theatre, a line each; empty where everything is fresh. Reads the ledger only.

    Args:
        work: the data folder.
        theatre: the theatre.
        months: months of the run; all of the theatre's where None.
        force: what is fresh is made again too.
    """
    stale = stale_parts(work, theatre)
    monthly = {step.name for step in STEPS if step.is_monthly}
    outside = [v for v in stale if months is not None and v.step in monthly and v.part not in months]
    wanted = [verdict for verdict in stale if verdict not in outside]
    if force:
        wanted = _all_parts(theatre, wanted, months)
    lines = [line for step in STEPS for line in _of_step(step, theatre, wanted)]
    lines += _following(theatre, wanted)
    if outside:
        spans = ", ".join(_span(span) for span in spans_of(theatre.months(), {verdict.part for verdict in outside}))
        lines.append(f"{theatre.name}: no release, as months outside the range are stale too: {spans}")
    return lines


def _all_parts(theatre: Theatre, stale: Sequence[Verdict], months: Sequence[str] | None) -> list[Verdict]:
    """Every part that a run reaches: the stale with their reasons, the others because it was asked for."""
    why = {(verdict.step, verdict.part): verdict.why for verdict in stale}
    return [
        Verdict(step.name, theatre.name, part, why.get((step.name, part), (FORCED,)))
        for step in STEPS
        for part in step.parts(theatre)
        if months is None or not step.is_monthly or part in months
    ]


def _of_step(step: Step, theatre: Theatre, stale: Sequence[Verdict]) -> list[str]:
    """A line for each stale part of a step; neighbouring months that have the same reasons share theirs."""
    own = [verdict for verdict in stale if verdict.step == step.name]
    if not step.is_monthly:
        return [f"{theatre.name}: {step.name} {verdict.part}: {'; '.join(verdict.why)}" for verdict in own]
    lines = []
    for why, alike in groupby(own, key=reasons):
        for span in spans_of(theatre.months(), [verdict.part for verdict in alike]):
            lines.append(f"{theatre.name}: {step.name} {_span(span)}: {'; '.join(why)}")
    return lines


def reasons(verdict: Verdict) -> tuple[str, ...]:
    """A verdict's reasons, without the part that they are about."""
    return tuple(why.replace(f" in {verdict.part}", "") for why in verdict.why)


def _following(theatre: Theatre, stale: Sequence[Verdict]) -> list[str]:
    """What is made from stale steps and is not wholly stale itself, in order."""
    causes = [step for step in STEPS if any(verdict.step == step.name for verdict in stale)]
    reached = {step.name for step in causes}
    following = []
    for step in STEPS:
        if reached & set(AFTER.get(step.name, ())):
            reached.add(step.name)
            if sum(verdict.step == step.name for verdict in stale) < len(step.parts(theatre)):
                following.append(step.name)
    if not causes:
        return []
    named = ", ".join(step.name for step in causes)
    return [f"{theatre.name}: then {', '.join([*following, 'release'])}, wherever {named} come out otherwise"]


def _span(months: Sequence[str]) -> str:
    """A span of months in words."""
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]} ({len(months)} months)"


def spans_of(months: Sequence[str], wanted: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The wanted months, grouped into spans without a gap, in order."""
    places = sorted(months.index(month) for month in set(wanted))
    if not places:
        return ()
    cuts = [0, *(at for at, (one, two) in enumerate(pairwise(places), 1) if two != one + 1), len(places)]
    return tuple(tuple(months[place] for place in places[start:end]) for start, end in pairwise(cuts))


def pieces(months: Sequence[str], count: int) -> list[tuple[str, str]]:
    """Months cut into so many pieces of nearly one length, each by its first and last; fewer where months are fewer."""
    count = min(count, len(months))
    cuts = [round(place * len(months) / count) for place in range(count + 1)]
    return [(months[start], months[end - 1]) for start, end in pairwise(cuts)]
