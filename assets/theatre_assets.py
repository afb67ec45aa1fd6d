"""Theatre assets: the same assets for every theatre, made from its file and the pipeline's steps.

Belongs here: keys, dependencies, partitions, and the one thin function in which a step is asked for.
Does not belong here: what a step does or when it is stale (``pipeline``), what the UI shows of it (``metadata``).
"""

# Annotations stay objects here: Dagster refuses an asset whose context is annotated with text.

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg

from assets import checks, metadata, tags
from assets.lineage import column_lineage
from assets.resources import Pipeline
from assets.retries import over_store
from pipeline.acceptance import held_back
from pipeline.catalogue import table
from pipeline.conservation import balance_records
from pipeline.errors import PassingError, UserError
from pipeline.ledger import code_digest, digest
from pipeline.plan import AFTER
from pipeline.space import require_space
from pipeline.theatres import Theatre
from pipeline.work import CandidateRefused, Done, Step, Work, run_step

OWNERS = ["team:isw-strikes"]
INTAKE_CODE = ("inbox.py", "intake.py", "desk.py", "receipts.py", "exports", "catalogue")

# Stages of the flow; `mapping` where not named. A stage of a theatre is a group.
STAGES = {
    "exports": "intake",
    "fetched": "intake",
    "records": "intake",
    "strikes": "attribution",
    "attribution": "attribution",
    "tables": "tables",
}

AssetEvents = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def theatre_assets(theatre: Theatre, pipeline: Pipeline) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """All assets of a theatre, from the received files to its tables."""
    steps = pipeline.steps
    most = pipeline.settings.months_per_run
    months = month_partitions(theatre)
    retry = over_store(pipeline.settings)
    with warnings.catch_warnings():
        # A backfill policy is a beta feature of Dagster 1.13; it is what lets a range of months be one run.
        warnings.simplefilter("ignore", dg.BetaWarning)
        policy = dg.BackfillPolicy(most or None)
        assets = [
            _step_asset(theatre, step, months, policy, retry, column_lineage(theatre, step, steps)) for step in steps
        ]
    return [_exports(theatre), _records(theatre, retry), *assets]


def month_partitions(theatre: Theatre) -> dg.MonthlyPartitionsDefinition:
    """The theatre's months as partitions, those to come included; the keys are ``theatre.months()``."""
    year, month = (int(part) for part in theatre.last_month.split("-"))
    end = f"{year + month // 12:04d}-{month % 12 + 1:02d}"
    # Without the offset Dagster would leave out the months that are not over yet.
    return dg.MonthlyPartitionsDefinition(
        start_date=theatre.first_month, end_date=end, fmt="%Y-%m", end_offset=len(theatre.months())
    )


def fetched_key(theatre: Theatre) -> dg.AssetKey | None:
    """Key of the asset that fetches a theatre's live sources; None where it has none."""
    return dg.AssetKey([theatre.name, "fetched"]) if theatre.live_sources else None


def group(theatre: Theatre, name: str) -> str:
    """Group of an asset: its theatre and stage."""
    return f"{theatre.name}_{STAGES.get(name, 'mapping')}"


def _exports(theatre: Theatre) -> dg.AssetSpec:
    sources = "\n".join(
        f"- `{source.name}` ({source.kind.replace('_', ' ')}): {source.title}. {source.credit}."
        for source in theatre.sources.values()
    )
    return dg.AssetSpec(
        [theatre.name, "exports"],
        description=f"Raw files of {theatre.title}, kept byte for byte under their SHA-256. Sources\n\n{sources}",
        group_name=group(theatre, "exports"),
        owners=OWNERS,
        kinds={"file"},
        tags={"theatre": theatre.name},
    )


def _records(theatre: Theatre, retry: dg.RetryPolicy | None) -> dg.AssetsDefinition:
    key = dg.AssetKey([theatre.name, "records"])
    names = ("raw.records", "raw.exports", "raw.refused_exports")
    fetched = fetched_key(theatre)

    @dg.asset(
        key=key,
        deps=[dg.AssetKey([theatre.name, "exports"]), *([fetched] if fetched else [])],
        group_name=group(theatre, "records"),
        owners=OWNERS,
        kinds={"python", "deltalake"},
        tags={"theatre": theatre.name},
        code_version=code_digest(*INTAKE_CODE),
        description=metadata.describe_tables("Every record of every export, lossless; identical bytes once", names),
        metadata=metadata.of_definition(names, table("raw.records")),
        check_specs=[
            dg.AssetCheckSpec(checks.READABLE, asset=key, description="Every file that was received could be read.")
        ],
        retry_policy=retry,
    )
    def records(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> AssetEvents:
        from pipeline.inbox import take_inbox  # noqa: PLC0415 - readers load where they are used
        from pipeline.intake import ingest_showcase, read_outdated  # noqa: PLC0415 - readers load where they are used

        try:
            require_space(pipeline.settings)
            taken = read_outdated(pipeline.settings, theatre, on_progress=tell(context, pipeline))
            lost = [str(file.problem) for file in taken if file.read_again is None]
            if tags.is_set(context.run.tags, tags.SHOWCASE):
                taken += ingest_showcase(pipeline.settings, [theatre.name])
            from_inbox, left = take_inbox(pipeline.settings)
        except UserError as error:
            raise told(error) from None
        new = [file for file in taken + from_inbox if file.is_new]
        for file in new:
            tell(context, pipeline)(f"{file.theatre} {file.source}: {file.records} records from {file.path}")
        work = pipeline.work()
        kept = work.lake.read("raw.exports", theatre=theatre.name).to_pylist()
        problems = [f"{row['file_name']}: {row['problem']}" for row in kept if row["problem_code"] is not None] + lost
        yield dg.MaterializeResult(
            metadata=metadata.of_exports(
                work,
                theatre,
                new=sum(file.theatre == theatre.name for file in new),
                left={waiting.path.name: str(waiting.hint) for waiting in left},
            ),
            check_results=[checks.readable(problems)],
            data_version=dg.DataVersion(digest(sorted(f"{row['source']} {row['export_id']}" for row in kept))),
        )

    return records


def _step_asset(
    theatre: Theatre,
    step: Step,
    months: dg.MonthlyPartitionsDefinition,
    policy: dg.BackfillPolicy,
    retry: dg.RetryPolicy | None,
    lineage: dg.TableColumnLineage,
) -> dg.AssetsDefinition:
    key = dg.AssetKey([theatre.name, step.name])

    @dg.asset(
        key=key,
        deps=[[theatre.name, name] for name in AFTER[step.name]],
        group_name=group(theatre, step.name),
        owners=OWNERS,
        kinds={"duckdb", "deltalake"},
        tags={"theatre": theatre.name},
        code_version=code_digest(*step.code),
        description=metadata.describe_tables(step.title, step.tables),
        metadata={**metadata.of_definition(step.tables, metadata.main_table(step)), metadata.LINEAGE: lineage},
        check_specs=checks.step_specs(step, key),
        partitions_def=months if step.is_monthly else None,
        backfill_policy=policy if step.is_monthly else None,
        retry_policy=retry,
    )
    def materialise(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> AssetEvents:
        yield from _do(context, pipeline, theatre, step, lineage)

    return materialise


def _do(
    context: dg.AssetExecutionContext, pipeline: Pipeline, theatre: Theatre, step: Step, lineage: dg.TableColumnLineage
) -> AssetEvents:
    """Do a step for the run's months, or for all of its parts."""
    work = pipeline.work()
    parts = chosen_months(context) if step.is_monthly else None
    force = tags.is_set(context.run.tags, tags.FORCE)
    try:
        require_space(pipeline.settings)
        done = run_step(work, theatre, step, parts, force=force, on_progress=tell(context, pipeline))
    except CandidateRefused as refused:
        yield checks.contract(refused.validation["table"], [refused.validation])
        raise told(refused) from None
    except UserError as error:
        raise told(error) from None
    main = metadata.main_table(step)
    version = None
    if step.is_monthly:
        for part in done:
            context.add_asset_metadata(metadata.of_month(part, main), partition_key=part.verdict.part)
        shown: dict[str, Any] = {"months made in this run": metadata.made(done)}
    else:
        # Dagster takes one version for all months of a range, which would be wrong for each of them.
        version = metadata.version(work, theatre, step)
        shown = {**EXTRA.get(step.name, _nothing)(work, theatre, done), **metadata.of_parts(done, main)}
        # Dagster shows the lineage that was told last; on a range it would be told once a month.
        shown[metadata.LINEAGE] = lineage
    results = checks.contracts(step, done)
    if step.name in checks.CONSERVING:
        sources = [part.verdict.part for part in done]
        results.append(checks.conservation(balance_records(work, theatre, sources)))
        results.append(checks.applied(held_back(work.lake, [theatre.name], sources)))
    yield dg.MaterializeResult(metadata=shown, check_results=results, data_version=version)


def _nothing(_work: Work, _theatre: Theatre, _done: Sequence[Done]) -> dict[str, Any]:
    return {}


def _refused(work: Work, theatre: Theatre, done: Sequence[Done]) -> dict[str, Any]:
    return metadata.of_quarantine(work, theatre, [part.verdict.part for part in done])


def _headline(work: Work, theatre: Theatre, _done: Sequence[Done]) -> dict[str, Any]:
    return metadata.of_headline(work, theatre)


# What else is worth seeing of a step.
EXTRA: dict[str, Callable[[Work, Theatre, Sequence[Done]], dict[str, Any]]] = {
    "references": _refused,
    "mapped_strikes": _refused,
    "control": _refused,
    "tables": _headline,
}


def chosen_months(context: dg.AssetExecutionContext) -> list[str]:
    """Months of the run.

    Raises:
        dagster.Failure: the run was started without months.
    """
    if not context.has_partition_key and not context.has_partition_key_range:
        raise dg.Failure(description="No months were chosen: choose a range of partitions.", allow_retries=False)
    return list(context.partition_keys)


def tell(context: dg.AssetExecutionContext, pipeline: Pipeline) -> Callable[[str], None]:
    """A teller of progress, to the run's log and to whoever started the run."""

    def line(text: str) -> None:
        context.log.info(text)
        pipeline.on_progress(text)

    return line


def told(error: UserError) -> dg.Failure:
    """A failure that says what a person has to do; it is tried again only where it may pass by itself."""
    return dg.Failure(description=str(error), allow_retries=isinstance(error, PassingError))
