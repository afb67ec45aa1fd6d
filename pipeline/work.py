"""Work: do the stale parts of a step, check them, and only then put them in place.

Belongs here: deciding what is stale and why, validating candidates before they replace a partition, writing the ledger.
Does not belong here: which steps there are and what they compute (``steps``), who starts them (``cli``, Dagster).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.ledger import Entry, Ledger, Output, code_digest
from pipeline.settings import Settings
from pipeline.theatres import Theatre

# Parts built and validated together; bounds memory and what an interrupted run has to do again.
BATCH = 24


class CandidateRefused(UserError):
    """A candidate broke its batch contract; what was there before stays in place.

    ``validation`` is the result that failed, as JSON.
    """

    def __init__(self, message: str, validation: dict[str, Any]) -> None:
        super().__init__(message)
        self.validation = validation


@dataclass(frozen=True)
class Candidate:
    """Rows about to replace one partition of one table."""

    table: str
    frame: pa.Table
    where: dict[str, str]


@dataclass(frozen=True)
class Built:
    """What a step built for one part."""

    candidates: tuple[Candidate, ...]
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Work:
    """One data folder at work."""

    settings: Settings

    def __post_init__(self) -> None:
        self.lake = Lake(self.settings)
        self.ledger = Ledger(self.settings)
        # Rows that many parts are judged by, with the files that they were read from (``inputs``).
        self.memory: dict[tuple[str, ...], tuple[tuple[str, ...], pa.Table]] = {}


@dataclass(frozen=True)
class Step:
    """One step of the pipeline.

    Attributes:
        name: its name, also that of the Dagster asset.
        tables: tables that it writes.
        parts: the parts of a theatre that it works on, in order.
        inputs: digests of all that a part is made from but the code, by a name that a person understands.
        build: makes the parts.
        code: modules and folders under ``pipeline`` that decide what it makes.
    """

    name: str
    title: str
    tables: tuple[str, ...]
    parts: Callable[[Theatre], list[str]]
    inputs: Callable[[Work, Theatre, str], dict[str, str]]
    build: Callable[[Work, Theatre, Sequence[str]], Mapping[str, Built]]
    is_monthly: bool = False
    code: tuple[str, ...] = ()

    def wanted(self, work: Work, theatre: Theatre, part: str) -> dict[str, str]:
        """Digests of all that a part is made from, code included."""
        code = {"code": code_digest(*self.code)} if self.code else {}
        return code | self.inputs(work, theatre, part)


@dataclass(frozen=True)
class Verdict:
    """Whether a part is fresh; if not, why."""

    step: str
    theatre: str
    part: str
    why: tuple[str, ...]

    @property
    def is_fresh(self) -> bool:
        """True where nothing has to be done."""
        return not self.why


@dataclass(frozen=True)
class Done:
    """What became of one part."""

    verdict: Verdict
    rows: dict[str, int]
    validations: tuple[dict[str, Any], ...] = ()


def judge(work: Work, theatre: Theatre, step: Step, part: str, wanted: dict[str, str] | None = None) -> Verdict:
    """Say whether a part is fresh, from the ledger and the files in place; reads no data."""
    entry = work.ledger.read(step.name, theatre.name, part)
    wanted = step.wanted(work, theatre, part) if wanted is None else wanted
    if entry is None:
        return Verdict(step.name, theatre.name, part, ("never made",))
    why = [f"{name} changed" for name in wanted if entry.inputs.get(name) != wanted[name]]
    why += [f"{name} is gone" for name in entry.inputs if name not in wanted]
    for name, output in entry.outputs.items():
        if work.lake.files(name, **output.where) != output.files:
            why.append(f"{name} was replaced by another run or damaged")
    return Verdict(step.name, theatre.name, part, tuple(why))


def run_step(
    work: Work,
    theatre: Theatre,
    step: Step,
    parts: Iterable[str] | None = None,
    force: bool = False,
    on_progress: Callable[[str], None] = lambda _: None,
) -> list[Done]:
    """Do the stale parts of a step; each part commits on its own.

    Args:
        work: the data folder.
        theatre: the theatre.
        step: the step.
        parts: parts wanted; all where None.
        force: do fresh parts too.
        on_progress: told a line when a part is done.

    Raises:
        CandidateRefused: a candidate broke its contract; nothing of that batch was written.
    """
    wanted = list(step.parts(theatre) if parts is None else parts)
    done: dict[str, Done] = {}
    stale: list[tuple[str, Verdict, dict[str, str]]] = []
    for part in wanted:
        inputs = step.wanted(work, theatre, part)
        verdict = judge(work, theatre, step, part, inputs)
        if verdict.is_fresh and not force:
            done[part] = _fresh(work, step, theatre, part, verdict)
        else:
            stale.append((part, verdict if verdict.why else Verdict(*_key(verdict), ("forced",)), inputs))
    for start in range(0, len(stale), BATCH):
        done |= _run_batch(work, theatre, step, stale[start : start + BATCH], on_progress)
    return [done[part] for part in wanted]


def _key(verdict: Verdict) -> tuple[str, str, str]:
    return verdict.step, verdict.theatre, verdict.part


def _fresh(work: Work, step: Step, theatre: Theatre, part: str, verdict: Verdict) -> Done:
    entry = work.ledger.read(step.name, theatre.name, part)
    rows = {name: output.rows for name, output in entry.outputs.items()} if entry else {}
    return Done(verdict, rows, tuple(entry.notes.get("validations", ())) if entry else ())


def _run_batch(
    work: Work,
    theatre: Theatre,
    step: Step,
    stale: list[tuple[str, Verdict, dict[str, str]]],
    on_progress: Callable[[str], None],
) -> dict[str, Done]:
    built = _build(work, theatre, step, {part: inputs for part, _, inputs in stale})
    validations = _validate(step, theatre, list(built.values()))
    done = {}
    for part, verdict, inputs in stale:
        outputs = {}
        for candidate in built[part].candidates:
            commit = work.lake.replace(candidate.table, candidate.frame, **candidate.where)
            outputs[candidate.table] = Output(commit.digest, commit.rows, commit.files, candidate.where)
        notes = {**built[part].notes, "validations": validations, "why": list(verdict.why)}
        # Where another run has replaced the part meanwhile, what stands is its work, and its entry tells of it.
        if all(work.lake.files(name, **output.where) == output.files for name, output in outputs.items()):
            work.ledger.write(Entry(step.name, theatre.name, part, inputs, outputs, notes))
        rows = {name: output.rows for name, output in outputs.items()}
        done[part] = Done(verdict, rows, tuple(validations))
        if any(rows.values()):
            on_progress(f"{theatre.name} {step.name} {part}: {_told(rows)} ({'; '.join(verdict.why)})")
    return done


def _build(work: Work, theatre: Theatre, step: Step, inputs: dict[str, dict[str, str]]) -> Mapping[str, Built]:
    """Build parts: here, or in pieces on the workers of a cluster."""
    if not work.settings.dask or len(inputs) == 1:
        return step.build(work, theatre, list(inputs))
    from pipeline.spreading import cut, spread  # noqa: PLC0415 - loads where it is used

    pieces = [(theatre, (step.name, list(piece))) for piece in cut(work.settings, inputs)]
    built: dict[str, Built] = {}
    for piece, seen in spread(work.settings, _build_piece, pieces):
        built |= piece
        for part, wanted in seen.items():
            # Another run may have moved on what this one saw; the part is then stale, as it would be without a cluster.
            if wanted != inputs[part] and wanted != step.wanted(work, theatre, part):
                names = ", ".join(name for name, value in inputs[part].items() if wanted.get(name) != value)
                raise UserError(
                    f"{theatre.name} {step.name} {part}: a Dask worker sees other inputs than this machine ({names}): "
                    "give both the same ISW_STORE, overrides folder and files of the theatre"
                )
    return built


def _build_piece(
    settings: Settings, theatre: Theatre, piece: tuple[str, list[str]]
) -> tuple[Mapping[str, Built], dict[str, dict[str, str]]]:
    """Build some parts on a worker; also what it saw as their inputs."""
    from pipeline.steps import step  # noqa: PLC0415 - the steps are made of what this module gives

    name, parts = piece
    found, work = step(name), Work(settings)
    seen = {part: found.wanted(work, theatre, part) for part in parts}
    return found.build(work, theatre, parts), seen


def _told(rows: dict[str, int]) -> str:
    """Row counts worth a line: not those of empty tables, nor of the book-keeping that every step keeps."""
    told = [
        f"{count:,} {name.split('.')[1]}" for name, count in rows.items() if count and name != "core.record_outcomes"
    ]
    return ", ".join(told)


def _validate(step: Step, theatre: Theatre, built: list[Built]) -> list[dict[str, Any]]:
    from pipeline.expectations import validate  # noqa: PLC0415 - Great Expectations takes seconds to import

    frames: dict[str, list[pa.Table]] = {}
    for part in built:
        for candidate in part.candidates:
            frames.setdefault(candidate.table, []).append(candidate.frame)
    validations = []
    for name, pieces in frames.items():
        frame = pa.concat_tables(pieces)
        if not frame.num_rows:
            continue
        validation = validate(name, frame, part=theatre.name)
        if not validation.success:
            broken = "; ".join(f"{r.column or name}: {r.about} ({r.observed})" for r in validation.failures)
            raise CandidateRefused(
                f"{theatre.name} {step.name}: {name} broke its contract: {broken}. Nothing was replaced.",
                validation.model_dump(mode="json"),
            )
        validations.append(validation.model_dump(mode="json"))
    return validations
