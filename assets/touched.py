"""Touched: what should run next for a theatre, from the ledger alone.

Belongs here: the order of ingest, months and tables. Does not belong here: Dagster's
sensors (``sensors``), or what is stale (``pipeline.work.judge``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from assets import jobs
from assets.resources import Pipeline
from pipeline.due import is_released, release_inputs, theatres_with_exports
from pipeline.ledger import digest
from pipeline.plan import reasons, spans_of
from pipeline.released import say_rollback
from pipeline.steps import STEPS
from pipeline.theatres import Theatre
from pipeline.work import Step, Verdict, Work, judge

SHOWN_REASONS = 3


@dataclass(frozen=True)
class Launch:
    """What to start next.

    Attributes:
        job: job to start; None for nothing.
        told: why, or why not, in words.
        key: the same for the same stale state, so that ticks in a row start one run, and failures over it are counted.
        spans: spans of months, each a run of its own.
        is_finished: whether nothing is left to do, not even by a person.
    """

    job: str | None
    told: str
    key: str = ""
    spans: tuple[tuple[str, ...], ...] = ()
    is_finished: bool = False


@dataclass(frozen=True)
class Stale:
    """A stale part, and the digest of what it should be made from and what it was made from."""

    verdict: Verdict
    state: str


def find_launch(pipeline: Pipeline, theatre: Theatre, busy: Collection[str] = ()) -> Launch:
    """The next thing to start for a theatre: its ingest, then its months, then its tables and the release.

    A release holds every theatre whole: one that is due waits until no other theatre is stale or busy, and that which
    is finished last publishes for all.

    Args:
        pipeline: the pipeline.
        theatre: the theatre.
        busy: names of theatres with a run under way.
    """
    work = pipeline.work()
    present = theatres_with_exports(work)
    if theatre.name not in {one.name for one in present}:
        return Launch(None, "nothing was received", is_finished=True)
    monthly = [step for step in pipeline.steps if step.is_monthly]
    tables = [step for step in pipeline.steps if step.name == jobs.TABLES]
    ingest = [step for step in pipeline.steps if step not in (*monthly, *tables)]
    stale = _stale(work, theatre, ingest)
    if stale:
        return _ingest(theatre, stale)
    stale = _stale(work, theatre, monthly)
    if stale:
        months = {part.verdict.part for part in stale}
        told = _why(stale) + _cause(work, theatre, stale)
        return Launch(jobs.months_name(theatre.name), told, _key(stale), spans_of(theatre.months(), months))
    stale = _stale(work, theatre, tables)
    if stale:
        return Launch(jobs.publish_name(theatre.name), _why(stale), _key(stale))
    return _release(pipeline, work, theatre, present, busy)


def _release(pipeline: Pipeline, work: Work, theatre: Theatre, present: list[Theatre], busy: Collection[str]) -> Launch:
    if is_released(work):
        rolled_back = say_rollback(pipeline.settings)
        told = f"everything is fresh; {rolled_back}; nothing new since" if rolled_back else "everything is fresh"
        return Launch(None, told, is_finished=True)
    waits = _wait_for(pipeline, work, [other for other in present if other.name != theatre.name], busy)
    if waits:
        return Launch(None, f"the release waits: {waits}")
    return Launch(jobs.publish_name(theatre.name), "the release is older than the tables", _state(work, present))


def _wait_for(pipeline: Pipeline, work: Work, others: Iterable[Theatre], busy: Collection[str]) -> str:
    """Which other theatres are not finished, in words; empty where all are."""
    told = []
    for other in others:
        stale = [] if other.name in busy else _stale(work, other, pipeline.steps)
        if other.name in busy:
            told.append(f"a run of {other.name} is under way")
        elif stale:
            told.append(f"{other.name} has {len(stale)} stale parts")
    return ", ".join(told)


def _ingest(theatre: Theatre, stale: list[Stale]) -> Launch:
    """New exports, those just let in, and what people correct are mapped at once. A changed theatre file or code waits
    for a person: it may touch everything.
    """
    whys = [reason for part in stale for reason in part.verdict.why]
    if any(reason.startswith(("exports of", "acceptances of", "overrides of")) for reason in whys):
        return Launch(jobs.ingest_name(theatre.name), _why(stale), _key(stale))
    return Launch(None, f"run the job {theatre.name} once, because {_why(stale)}")


def _stale(work: Work, theatre: Theatre, steps: Iterable[Step]) -> list[Stale]:
    found = []
    for step in steps:
        for part in step.parts(theatre):
            wanted = step.wanted(work, theatre, part)
            verdict = judge(work, theatre, step, part, wanted)
            if not verdict.is_fresh:
                entry = work.ledger.read(step.name, theatre.name, part)
                outputs = [output.files for output in entry.outputs.values()] if entry else []
                found.append(Stale(verdict, digest([wanted, outputs])))
    return found


def _key(stale: Sequence[Stale]) -> str:
    return digest([(part.verdict.step, part.verdict.part, part.state) for part in stale])


def _state(work: Work, present: list[Theatre]) -> str:
    """Digest of all that a release would be made from, and of the files in which it stands: where a release waited for
    a theatre that then came out as before, it is asked for again.
    """
    entries = [
        work.ledger.read(step.name, one.name, part) for one in present for step in STEPS for part in step.parts(one)
    ]
    files = [output.files for entry in entries if entry for output in entry.outputs.values()]
    return digest([release_inputs(work, present), files])


def _why(stale: Sequence[Stale]) -> str:
    """The first different reasons in words, without the parts that they are about."""
    said = list(dict.fromkeys(why for part in stale for why in reasons(part.verdict)))
    more = f" and {len(said) - SHOWN_REASONS} more" if len(said) > SHOWN_REASONS else ""
    return "; ".join(said[:SHOWN_REASONS]) + more


def _cause(work: Work, theatre: Theatre, stale: Sequence[Stale]) -> str:
    """Why the sources that touched these months were mapped again, with the newest export where one came in."""
    whys = " ".join(why for part in stale for why in part.verdict.why)
    told = []
    for step in ("mapped_strikes", "control"):
        for source in theatre.sources:
            entry = work.ledger.read(step, theatre.name, source)
            if entry is None or not re.search(rf"(strikes of|control by) {re.escape(source)} in ", whys):
                continue
            made = [why for why in entry.notes.get("why", ()) if why.endswith(" changed")]
            told += [f"{why}{_newest(work, theatre, why)}" for why in made]
    return f" (since {'; '.join(told)})" if told else ""


def _newest(work: Work, theatre: Theatre, why: str) -> str:
    """The newest export of the source whose exports changed."""
    found = re.fullmatch(r"exports of (\S+) changed", why)
    if found is None:
        return ""
    columns = ["file_name", "received_at"]
    rows = work.lake.read("raw.exports", columns=columns, theatre=theatre.name, source=found[1]).to_pylist()
    return f", the newest of which is {max(rows, key=lambda row: row['received_at'])['file_name']}" if rows else ""
