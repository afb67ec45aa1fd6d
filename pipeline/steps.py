"""Steps: the one table of what the pipeline does for a theatre, in order, and what each step depends on.

Belongs here: naming the parts and outputs of each step, and calling the stage that does it.
Does not belong here: the stages themselves, what makes a part stale (``inputs``), when they run, or Dagster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import inputs
from pipeline.attribution import CONTROL_TABLES, ControlFrames, attribute_strikes
from pipeline.catalogue import table, tables
from pipeline.content import content_digest
from pipeline.mapping import Mapped, Received
from pipeline.override_files import read_overrides
from pipeline.references import TABLES as REFERENCE_TABLES
from pipeline.references import map_references
from pipeline.strikes import map_strikes
from pipeline.theatres import CONTROL_KINDS, Theatre
from pipeline.work import Built, Candidate, Step, Work

if TYPE_CHECKING:
    from pipeline.control import MappedControl

# What the step of control writes: what attribution reads, and what is told of it.
CONTROL_OUTPUTS = (*CONTROL_TABLES, "core.control_repairs", "work.control_changes")
MARTS = tuple(name for name, spec in tables().items() if spec.schema_name == "marts" and spec.storage is not None)
OUTCOME_TABLES = ("core.record_outcomes", "core.quarantine", "core.receipts", "core.overrides")
HISTORY_TABLES = ("core.sightings", "core.revisions", "core.past_strikes")
# What every step is made with. The YAML of theatres is left out: each part is made from its own theatre's, an input.
COMMON_CODE = (
    "steps.py", "lake.py", "sessions.py", "content.py", "data_files.py", "disk_errors.py", "settings.py", "storage.py",
    "processes.py", "errors.py", "names.py", "table_files.py", "catalogue", "theatres/scales", "theatres/__init__.py",
    "theatres/date_formats.py", "theatres/fields.py", "theatres/live.py", "theatres/model.py", "theatres/reading.py",
    "theatres/sources.py",
)  # fmt: skip
MAPPING_CODE = (
    *COMMON_CODE, "mapping.py", "overrides.py", "parsing.py", "coordinates.py", "history.py",
    "identity.py", "standing.py", "exact_json.py", "property_names.py", "sql/mapping", "sql/history",
)  # fmt: skip
LOCATED_CODE = (*MAPPING_CODE, "base_map.py", "swapped.py", "sql/swapped")
CONTROL_CODE = (*LOCATED_CODE, "control", "sql/control")
ATTRIBUTION_CODE = (
    *COMMON_CODE, "attribution.py", "base_map.py", "distances.py", "overlay.py", "sql/attribution",
)  # fmt: skip


def _received(work: Work, theatre: Theatre, source: str) -> Received:
    where: dict[str, Any] = {"theatre": theatre.name, "source": source}
    accepted = work.lake.read("raw.acceptances", columns=["export_id"], **where).column("export_id").to_pylist()
    return Received(
        work.lake.read("raw.records", **where),
        work.lake.read("raw.exports", **where),
        frozenset(accepted),
        read_overrides(work.settings, theatre.name, source),
    )


def _with_outcomes(work: Work, theatre: Theatre, source: str, mapped: Mapped) -> list[Candidate]:
    where: dict[str, Any] = {"theatre": theatre.name, "source": source}
    refused = work.lake.read("raw.refused_exports", **where)
    frames = (mapped.outcomes, pa.concat_tables([mapped.quarantine, refused]), mapped.receipts, mapped.overrides)
    return [Candidate(name, frame, where) for name, frame in zip(OUTCOME_TABLES, frames, strict=True)]


def _build_references(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    built = {}
    for part in parts:
        source = theatre.sources[part]
        mapped = map_references(theatre, source, _received(work, theatre, part))
        candidates = [
            Candidate(REFERENCE_TABLES[source.kind], mapped.rows, {"theatre": theatre.name, "source": part}),
            *_with_outcomes(work, theatre, part, mapped),
        ]
        built[part] = Built(tuple(candidates))
    return built


def _build_mapped(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    places, reports, additions = (work.lake.read(name, theatre=theatre.name) for name in REFERENCE_TABLES.values())
    built = {}
    for part in parts:
        received = _received(work, theatre, part)
        mapped = map_strikes(theatre, theatre.sources[part], received, places, reports, additions)
        months = {
            month: content_digest(_of_month(mapped.rows, month))[:16]
            for month in sorted(set(mapped.rows.column("month").to_pylist()))
        }
        where = {"theatre": theatre.name, "source": part}
        candidates = [
            Candidate("work.mapped_strikes", mapped.rows, where),
            Candidate("core.sightings", mapped.sightings, where),
            Candidate("core.revisions", mapped.revisions, where),
            Candidate("core.past_strikes", mapped.past, where),
            *_with_outcomes(work, theatre, part, mapped),
        ]
        built[part] = Built(tuple(candidates), {"months": months})
    return built


def _of_month(frame: pa.Table, month: str) -> pa.Table:
    return frame.filter(pc.equal(frame.column("month"), month)).sort_by("strike_id")


def _build_control(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    from pipeline.control import build_control, map_control, merge_control  # noqa: PLC0415 - loads where it is used

    def mapped(name: str) -> MappedControl:
        return map_control(theatre, theatre.sources[name], _received(work, theatre, name))

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
            outcomes = _with_outcomes(work, theatre, part, own)
        frames = (observations, made.snapshots, made.areas, made.fronts, made.repairs, made.changes)
        where = {"theatre": theatre.name, "source": part}
        candidates = [Candidate(name, frame, where) for name, frame in zip(CONTROL_OUTPUTS, frames, strict=True)]
        built[part] = Built((*candidates, *outcomes))
    return built


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


def _build_tables(work: Work, theatre: Theatre, parts: Sequence[str]) -> Mapping[str, Built]:
    from pipeline.other_days import attribute_other_days  # noqa: PLC0415 - loads where it is used
    from pipeline.tables import MEASURED, build_tables  # noqa: PLC0415 - as above
    from pipeline.variants import attribute_variants  # noqa: PLC0415 - as above

    names = (
        "core.strikes", "core.attribution", "core.reports", "core.places", *CONTROL_TABLES, "work.control_changes",
    )  # fmt: skip
    frames = {name: work.lake.read(name, theatre=theatre.name) for name in names}
    # Two dozen attributions of a million strikes would not fit into memory whole: each keeps what is measured.
    variants = {
        (variant.choice, variant.value, variant.about): frame.select(MEASURED)
        for variant, frame in attribute_variants(theatre, frames)
    }
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
        inputs.of_references,
        _build_references,
        code=(*LOCATED_CODE, "precision.py", "references.py"),
    ),
    Step(
        "mapped_strikes",
        "Strike records mapped, typed and checked",
        ("work.mapped_strikes", *HISTORY_TABLES, *OUTCOME_TABLES),
        _sources("strikes"),
        inputs.of_mapped_strikes,
        _build_mapped,
        code=(*LOCATED_CODE, "place_matching.py", "precision.py", "strikes.py", "sql/strikes"),
    ),
    Step(
        "control",
        "Who held which ground, and when",
        (*CONTROL_OUTPUTS, *OUTCOME_TABLES),
        _sources(*CONTROL_KINDS),
        inputs.of_control,
        _build_control,
        code=CONTROL_CODE,
    ),
    Step(
        "strikes",
        "Reported strike locations",
        ("core.strikes",),
        _months,
        inputs.of_strikes,
        _build_strikes,
        is_monthly=True,
        code=COMMON_CODE,
    ),
    Step(
        "attribution",
        "Who held the ground that each strike hit",
        ("core.attribution",),
        _months,
        inputs.of_attribution,
        _build_attribution,
        is_monthly=True,
        code=ATTRIBUTION_CODE,
    ),
    Step(
        "tables",
        "Headline, counts and comparisons",
        ("core.episodes", "core.region_places", "core.links", "core.control_flips", *MARTS),
        lambda _: ["all"],
        inputs.of_tables,
        _build_tables,
        code=(
            "tables",
            "variants",
            "other_days.py",
            "nearest.py",
            "known_places.py",
            *ATTRIBUTION_CODE,
            *CONTROL_CODE,
            "sql/tables",
            "sql/variants",
            "sql/other_days",
        ),
    ),
)


def step(name: str) -> Step:
    """The step of this name."""
    return next(item for item in STEPS if item.name == name)
