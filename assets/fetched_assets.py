"""Fetched sources: one asset for a theatre that has live sources, before its records; none for a theatre without.

Belongs here: asking ``pipeline.fetch`` and showing what came of it. Does not belong here: how anything is fetched.

A source that cannot be fetched is a warning: what is there already is mapped and published all the same.
"""

# Annotations stay objects here: Dagster refuses an asset whose context is annotated with text.

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from assets import checks
from assets.resources import Pipeline
from assets.retries import NETWORK
from assets.theatre_assets import OWNERS, AssetEvents, fetched_key, group, tell, told
from pipeline.errors import UserError
from pipeline.ledger import code_digest
from pipeline.space import require_space
from pipeline.theatres import Theatre

if TYPE_CHECKING:
    from pipeline.fetch import Fetched

CODE = ("fetch", "intake.py")
# One run asks servers at a time: a source has one memory of what was fetched, and a server is asked by one client.
POOL = "fetch"
COLUMNS = ("source", "state", "records", "bytes", "problem")


def fetched_assets(theatre: Theatre) -> list[dg.AssetsDefinition]:
    """The asset of a theatre's live sources; none where it has none."""
    key = fetched_key(theatre)
    if key is None:
        return []

    @dg.asset(
        key=key,
        group_name=group(theatre, key.path[-1]),
        owners=OWNERS,
        kinds={"python"},
        tags={"theatre": theatre.name},
        code_version=code_digest(*CODE),
        description=_describe(theatre),
        pool=POOL,
        retry_policy=NETWORK,
        check_specs=[
            dg.AssetCheckSpec(checks.FETCHED, asset=key, description="Every live source could be fetched and read.")
        ],
    )
    def fetched(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> AssetEvents:
        from pipeline.fetch import fetch_sources  # noqa: PLC0415 - the client loads where it is used

        live = [(theatre, source) for source in theatre.live_sources.values()]
        try:
            require_space(pipeline.settings)
            found = fetch_sources(pipeline.settings, live, tell(context, pipeline))
        except UserError as error:
            raise told(error) from None
        for came in found:
            tell(context, pipeline)(came.in_words())
        problems = [f"{came.source}: {came.problem}" for came in found if came.problem]
        yield dg.MaterializeResult(
            metadata={"sources": _table(found), "new exports": sum(came.state == "new" for came in found)},
            check_results=[checks.fetched(problems)],
        )

    return [fetched]


def _describe(theatre: Theatre) -> str:
    listed = "\n".join(
        f"- `{source.name}`: {source.title}. {source.credit}." for source in theatre.live_sources.values()
    )
    return (
        f"What is new of {theatre.title}, asked from its live sources and taken as exports; identical bytes once."
        f"\n\n{listed}"
    )


def _table(found: "Sequence[Fetched]") -> dg.TableMetadataValue:
    rows = [dg.TableRecord({name: str(getattr(came, name) or "") for name in COLUMNS}) for came in found]
    return dg.MetadataValue.table(rows, dg.TableSchema([dg.TableColumn(name) for name in COLUMNS]))
