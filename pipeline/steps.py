"""Steps: the one table of what the pipeline does for a theatre, in order, and what each step depends on.

Belongs here: naming the inputs, parts and outputs of each step, and calling the stage that does it.
Does not belong here: the stages themselves, when they run, or Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.attribution import CONTROL_TABLES, ControlFrames, attribute_strikes
from pipeline.base_map import land
from pipeline.catalogue import table, tables
from pipeline.lake import content_digest
from pipeline.ledger import digest
from pipeline.references import TABLES as REFERENCE_TABLES
from pipeline.references import map_references
from pipeline.strikes import map_strikes
from pipeline.theatres import CONTROL_KINDS, Source, Theatre
from pipeline.work import Built, Candidate, Step, Work

if TYPE_CHECKING:
    from pipeline.control import MappedControl

# What the step of control writes: what attribution reads, and what is told of it.
CONTROL_OUTPUTS = (*CONTROL_TABLES, "core.control_repairs", "work.control_changes")
MARTS = tuple(name for name, spec in tables().items() if spec.schema_name == "marts" and spec.storage is not None)
OUTCOME_TABLES = ("core.record_outcomes", "core.quarantine")
ABSENT = "absent"
ATTRIBUTION_CODE = ("attribution.py", "distances.py", "overlay.py", "sql/attribution", "catalogue")


def _exports(work: Work, theatre: Theatre, source: str) -> str:
    rows = work.lake.read(
        "raw.exports", columns=["source", "export_id", "received_at"], theatre=theatre.name, source=source
    )
    return digest(sorted(map(str, rows.to_pylist()))) if rows.num_rows else ABSENT


def _output(work: Work, step: str, theatre: Theatre, part: str, name: str) -> str:
    entry = work.ledger.read(step, theatre.name, part)
    return entry.outputs[name].digest[:16] if entry and name in entry.outputs else ABSENT


def _note(work: Work, step: str, theatre: Theatre, part: str, name: str) -> Any:
    entry = work.ledger.read(step, theatre.name, part)
    return entry.notes.get(name) if entry else None


def _mapping_config(theatre: Theatre, source: Source) -> str:
    kept = {"extent", "first_month", "last_month", "provinces", "provinces_file", "controllers", "focus"}
    precision = {"default_precision_m", "point_precision_m"}
    return digest([theatre.model_dump(mode="json", include=kept | precision), source.model_dump(mode="json")])


def _control_config(theatre: Theatre, *sources: Source) -> str:
    kept = {"controllers", "control", "land", "land_name", "projection", "focus"}
    return digest([theatre.model_dump(mode="json", include=kept), *(s.model_dump(mode="json") for s in sources)])


def _reference_inputs(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    return {
        "theatre file": _mapping_config(theatre, theatre.sources[part]),
        f"exports of {part}": _exports(work, theatre, part),
    }


def _raw(work: Work, theatre: Theatre, source: str) -> tuple[pa.Table, pa.Table]:
    where: dict[str, Any] = {"theatre": theatre.name, "source": source}
    return work.lake.read("raw.records", **where), work.lake.read("raw.exports", **where)


def _with_outcomes(
    work: Work, theatre: Theatre, source: str, outcomes: pa.Table, quarantine: pa.Table
) -> list[Candidate]:
    where: dict[str, Any] = {"theatre": theatre.name, "source": source}
    refused = work.lake.read("raw.refused_exports", **where)
    return [
        Candidate("core.record_outcomes", outcomes, where),
        Candidate("core.quarantine", pa.concat_tables([quarantine, refused]), where),
    ]


def _build_references(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    built = {}
    for part in parts:
        source = theatre.sources[part]
        mapped = map_references(theatre, source, *_raw(work, theatre, part))
        candidates = [
            Candidate(REFERENCE_TABLES[source.kind], mapped.rows, {"theatre": theatre.name, "source": part}),
            *_with_outcomes(work, theatre, part, mapped.outcomes, mapped.quarantine),
        ]
        built[part] = Built(tuple(candidates))
    return built


def _mapped_inputs(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    inputs = {
        "theatre file": _mapping_config(theatre, theatre.sources[part]),
        f"exports of {part}": _exports(work, theatre, part),
    }
    for name, source in theatre.of_kind("places", "reports", "report_additions").items():
        inputs[name] = _output(work, "references", theatre, name, REFERENCE_TABLES[source.kind])
    return inputs


def _build_mapped(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    references = [work.lake.read(name, theatre=theatre.name) for name in REFERENCE_TABLES.values()]
    built = {}
    for part in parts:
        mapped = map_strikes(theatre, theatre.sources[part], *_raw(work, theatre, part), *references)
        months = {
            month: content_digest(_of_month(mapped.rows, month))[:16]
            for month in sorted(set(mapped.rows.column("month").to_pylist()))
        }
        candidates = [
            Candidate("work.mapped_strikes", mapped.rows, {"theatre": theatre.name, "source": part}),
            *_with_outcomes(work, theatre, part, mapped.outcomes, mapped.quarantine),
        ]
        built[part] = Built(tuple(candidates), {"months": months})
    return built


def _of_month(frame: pa.Table, month: str) -> pa.Table:
    return frame.filter(pc.equal(frame.column("month"), month)).sort_by("strike_id")


def _control_inputs(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    source = theatre.sources[part]
    read = [part] if source.kind != "control_merged" else [source.base or "", source.overrides or ""]
    config = _control_config(theatre, source, *(theatre.sources[name] for name in read if name != part))
    return {"theatre file": config} | {f"exports of {name}": _exports(work, theatre, name) for name in read}


def _build_control(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    from pipeline.control import build_control, map_control, merge_control  # noqa: PLC0415 - loads where it is used

    def mapped(name: str) -> MappedControl:
        return map_control(theatre, theatre.sources[name], *_raw(work, theatre, name))

    built = {}
    for part in parts:
        source = theatre.sources[part]
        observations = table("core.control_observations").empty()
        outcomes: list[Candidate] = []
        if source.kind == "control_merged":
            # Mapped again: a part never waits for another of its own step.
            made = merge_control(theatre, source, mapped(source.base or "").rows, mapped(source.overrides or "").rows)
        else:
            own = mapped(part)
            made = build_control(theatre, source, own.rows)
            observations = own.rows if source.kind == "control_observations" else observations
            outcomes = _with_outcomes(work, theatre, part, own.outcomes, own.quarantine)
        frames = (observations, made.snapshots, made.areas, made.fronts, made.repairs, made.changes)
        where = {"theatre": theatre.name, "source": part}
        candidates = [Candidate(name, frame, where) for name, frame in zip(CONTROL_OUTPUTS, frames, strict=True)]
        built[part] = Built((*candidates, *outcomes))
    return built


def _strike_sources(theatre: Theatre) -> list[str]:
    return list(theatre.of_kind("strikes"))


def _strikes_inputs(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    inputs = {}
    for source in _strike_sources(theatre):
        months = _note(work, "mapped_strikes", theatre, source, "months") or {}
        inputs[f"strikes of {source} in {part}"] = months.get(part, "none")
    return inputs


def _build_strikes(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    mapped = work.lake.read("work.mapped_strikes", theatre=theatre.name)
    built = {}
    for part in parts:
        rows = _of_month(mapped, part)
        notes = {}
        if rows.num_rows:
            notes = {
                "date_from": str(pc.min(rows.column("date_from")).as_py()),
                "date_to": str(pc.max(rows.column("date_to")).as_py()),
            }
        candidate = Candidate("core.strikes", rows, {"theatre": theatre.name, "month": part})
        built[part] = Built((candidate,), notes)
    return built


def _attribution_inputs(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    source = theatre.control.in_force
    kept = {"controllers", "focus", "projection"}
    return {
        "theatre file": digest([theatre.model_dump(mode="json", include=kept), source]),
        "land": digest(land(theatre).hex()),
        f"strikes in {part}": _output(work, "strikes", theatre, part, "core.strikes"),
        f"control by {source} in {part}": _control_of_month(work, theatre, source, part),
    }


def _control_of_month(work: Work, theatre: Theatre, source: str, part: str) -> str:
    """Digest of the control rows that stand on a day of the month's strikes: their ids are made of their content."""
    entry = work.ledger.read("strikes", theatre.name, part)
    if entry is None or "date_from" not in entry.notes:
        return "none"
    first, last = (date.fromisoformat(entry.notes[name]) for name in ("date_from", "date_to"))
    ids = []
    for name, id_, start, end in (
        ("core.control_snapshots", "snapshot_day", "snapshot_day", "in_force_to"),
        ("core.control_areas", "area_id", "valid_from", "valid_to"),
        ("core.front_lines", "front_id", "valid_from", "valid_to"),
        ("core.control_observations", "observation_id", "valid_from", "valid_to"),
    ):
        # An observation's id names its place and day only; what it says decides the margin.
        said = ["latitude", "longitude", "controller"] if name == "core.control_observations" else []
        columns = list(dict.fromkeys([id_, start, end, *said]))
        rows = work.lake.read(name, columns=columns, theatre=theatre.name, source=source)
        stands = pc.and_(
            pc.less_equal(rows.column(start), pa.scalar(last)),
            pc.fill_null(pc.greater(rows.column(end), pa.scalar(first)), True),
        )
        ids.append(sorted(map(str, rows.filter(stands).to_pylist())))
    return digest(ids)


def control_frames(work: Work, theatre: Theatre, source: str | None = None) -> ControlFrames:
    """Control of one source (the one in force where None) as it stands in the lake."""
    source = source or theatre.control.in_force
    frames = {name: work.lake.read(name, theatre=theatre.name, source=source) for name in CONTROL_TABLES}
    return ControlFrames.of(source, frames)


def _build_attribution(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    strikes = work.lake.read("core.strikes", theatre=theatre.name, month=list(parts))
    attributed = attribute_strikes(theatre, strikes, control_frames(work, theatre))
    return {
        part: Built(
            (Candidate("core.attribution", _of_month(attributed, part), {"theatre": theatre.name, "month": part}),)
        )
        for part in parts
    }


def _table_inputs(work: Work, theatre: Theatre, part: str) -> dict[str, str]:
    months = theatre.months()
    strikes = [_output(work, "strikes", theatre, month, "core.strikes") for month in months]
    attributed = [_output(work, "attribution", theatre, month, "core.attribution") for month in months]
    references = [
        _output(work, "references", theatre, name, REFERENCE_TABLES[source.kind])
        for name, source in theatre.of_kind("reports", "places").items()
    ]
    control = [
        _output(work, "control", theatre, source, name)
        for source in theatre.of_kind(*CONTROL_KINDS)
        for name in (*CONTROL_TABLES, "work.control_changes")
    ]
    return {
        "theatre file": digest(theatre.model_dump(mode="json")),
        "reports and places": digest(references),
        "strikes": digest(strikes),
        "attribution": digest(attributed),
        "control": digest(control),
    }  # fmt: skip


def _build_tables(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    from pipeline.other_days import attribute_other_days  # noqa: PLC0415 - loads where it is used
    from pipeline.tables import build_tables  # noqa: PLC0415 - as above
    from pipeline.variants import attribute_variants  # noqa: PLC0415 - as above

    names = (
        "core.strikes", "core.attribution", "core.reports", "core.places", *CONTROL_TABLES, "work.control_changes",
    )  # fmt: skip
    frames = {name: work.lake.read(name, theatre=theatre.name) for name in names}
    variants = {(v.choice, v.value, v.about): frame for v, frame in attribute_variants(theatre, frames).items()}
    made = build_tables(theatre, frames, variants, attribute_other_days(theatre, frames))
    candidates = tuple(Candidate(name, frame, {"theatre": theatre.name}) for name, frame in made.items())
    return {part: Built(candidates) for part in parts}


def _sources(*kinds: Any) -> Any:
    return lambda theatre: list(theatre.of_kind(*kinds))


def _months(theatre: Theatre) -> list[str]:
    return theatre.months()


STEPS: tuple[Step, ...] = (
    Step(
        "references",
        "Gazetteer and report lists",
        (*REFERENCE_TABLES.values(), *OUTCOME_TABLES),
        _sources("places", "reports", "report_additions"),
        _reference_inputs,
        _build_references,
        code=("mapping.py", "references.py", "sql/mapping", "catalogue"),
    ),
    Step(
        "mapped_strikes",
        "Strike records mapped, typed and checked",
        ("work.mapped_strikes", *OUTCOME_TABLES),
        _sources("strikes"),
        _mapped_inputs,
        _build_mapped,
        code=("mapping.py", "strikes.py", "base_map.py", "sql/mapping", "sql/strikes", "catalogue"),
    ),
    Step(
        "control",
        "Who held which ground, and when",
        (*CONTROL_OUTPUTS, *OUTCOME_TABLES),
        _sources(*CONTROL_KINDS),
        _control_inputs,
        _build_control,
        code=("mapping.py", "base_map.py", "control", "sql/mapping", "sql/control", "catalogue"),
    ),
    Step(
        "strikes",
        "Reported strike locations",
        ("core.strikes",),
        _months,
        _strikes_inputs,
        _build_strikes,
        is_monthly=True,
    ),
    Step(
        "attribution",
        "Who held the ground that each strike hit",
        ("core.attribution",),
        _months,
        _attribution_inputs,
        _build_attribution,
        is_monthly=True,
        code=ATTRIBUTION_CODE,
    ),
    Step(
        "tables",
        "Headline, counts and comparisons",
        ("core.episodes", "core.control_flips", *MARTS),
        lambda _: ["all"],
        _table_inputs,
        _build_tables,
        code=(
            "tables",
            "variants",
            "other_days.py",
            "nearest.py",
            "known_places.py",
            *ATTRIBUTION_CODE,
            "base_map.py",
            "control",
            "sql/tables",
            "sql/variants",
            "sql/other_days",
        ),
    ),
)


def step(name: str) -> Step:
    """The step of this name."""
    return next(item for item in STEPS if item.name == name)
