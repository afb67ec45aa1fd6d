"""The release: one asset, made from the tables of all theatres.

Belongs here: asking for a publication and showing what came of it. Does not belong here: how a release is built,
verified and switched (``pipeline.publication``).
"""

# Annotations stay objects here: Dagster refuses an asset whose context is annotated with text.

from collections.abc import Iterable

import dagster as dg

from assets import checks, metadata, tags
from assets.resources import Pipeline
from assets.theatre_assets import OWNERS, AssetEvents, tell, told
from pipeline.due import CODE, find_hindrance
from pipeline.errors import UserError
from pipeline.ledger import code_digest
from pipeline.space import require_space
from pipeline.theatres import Theatre

KEY = dg.AssetKey("release")
# One publication at a time: the slower of two would be refused, as its tables are older. So it waits.
POOL = "release"
DESCRIPTION = """The published release: DuckDB file, GeoParquet, CSV, map tiles, map page, pictures, manifest.

Built aside from one version of every table, verified from its own files, then switched in one atomic step: readers see
the release before or this one, never half. It is left as it is while any part of any theatre is stale."""


def release_asset(theatres: Iterable[Theatre], retry: dg.RetryPolicy | None) -> dg.AssetsDefinition:
    """The asset of the release over the tables of these theatres, and how it is tried again."""
    known = {theatre.name: theatre for theatre in theatres}

    @dg.asset(
        key=KEY,
        deps=[[name, "tables"] for name in known],
        group_name="release",
        owners=OWNERS,
        kinds={"duckdb", "parquet"},
        code_version=code_digest(*CODE),
        description=DESCRIPTION,
        check_specs=[
            dg.AssetCheckSpec(
                checks.PUBLISHED,
                asset=KEY,
                description="A release of the tables as they stand is in force, and its own files were verified: "
                "records conserved, one attribution a strike, every month. Warns until all months are made.",
            )
        ],
        output_required=False,
        pool=POOL,
        retry_policy=retry,
    )
    def release(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> AssetEvents:
        yield from _publish(context, pipeline, known)

    return release


def _publish(context: dg.AssetExecutionContext, pipeline: Pipeline, theatres: dict[str, Theatre]) -> AssetEvents:
    from pipeline.release import ReleaseRefused  # noqa: PLC0415 - loads where a release is made

    named = [name for name in tags.theatres(context.run.tags) if name in theatres] or None
    hindrance = find_hindrance(pipeline.work(), named)
    if hindrance:
        # No failure: a backfill of some months leaves the others as they were, and the release before stays right.
        waits = f"Not published: {hindrance}. The release before stays in force."
        context.log.warning(waits)
        pipeline.on_progress(waits)
        yield checks.published(waits, dg.AssetCheckSeverity.WARN)
        return
    try:
        require_space(pipeline.settings)
        publication = pipeline.publish(pipeline.settings, named, tell(context, pipeline))
    except ReleaseRefused as refused:
        yield checks.published(str(refused), dg.AssetCheckSeverity.ERROR)
        raise told(refused) from None
    except UserError as error:
        raise told(error) from None
    yield dg.MaterializeResult(
        metadata=metadata.of_release(publication),
        check_results=[checks.published(f"{publication.id} was verified before it was published.")],
        data_version=dg.DataVersion(publication.id),
    )
