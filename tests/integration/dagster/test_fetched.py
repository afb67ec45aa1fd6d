"""Live sources in Dagster: an asset where a theatre has any, which warns and never stops what comes after it."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest
import stamina
from arcgis_server import ArcgisServer
from live_theatre import live_theatre

from assets.definitions import definitions
from assets.resources import Pipeline
from pipeline.lake import Lake
from pipeline.settings import Settings
from pipeline.theatres import LiveLayer, Theatre

FETCHED, RECORDS = dg.AssetKey(["ukraine", "fetched"]), dg.AssetKey(["ukraine", "records"])
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@pytest.fixture
def server() -> Iterator[ArcgisServer]:
    served = ArcgisServer()
    with served.web.running(), stamina.set_testing(True, attempts=2, cap=True):
        yield served


def _theatre(server: ArcgisServer) -> Theatre:
    block = LiveLayer(kind="arcgis", address=server.address, layer=server.number, name="Assessed control")
    return live_theatre(isw_control=block)


def _run(settings: Settings, theatre: Theatre) -> dg.ExecuteInProcessResult:
    loaded = definitions(Pipeline(settings), {theatre.name: theatre})
    with dg.DagsterInstance.ephemeral() as instance:
        return loaded.resolve_job_def("ukraine").execute_in_process(
            instance=instance, run_config=QUIET, asset_selection=[FETCHED, RECORDS], raise_on_error=False,
        )  # fmt: skip


def test_the_job_of_a_live_theatre_fetches_before_it_reads(settings: Settings, server: ArcgisServer) -> None:
    loaded = definitions(theatres={"ukraine": _theatre(server)})
    dg.Definitions.validate_loadable(loaded)
    assert FETCHED in loaded.resolve_asset_graph().get(RECORDS).parent_keys
    assert FETCHED in loaded.resolve_job_def("ukraine").asset_layer.executable_asset_keys
    assert FETCHED not in loaded.resolve_job_def("ukraine_ingest").asset_layer.executable_asset_keys
    assert not server.web.asked


def test_a_live_source_becomes_an_export(settings: Settings, server: ArcgisServer) -> None:
    assert _run(settings, _theatre(server)).success
    assert [row["record_count"] for row in Lake(settings).read("raw.exports").to_pylist()] == [7]


def test_a_source_that_cannot_be_fetched_is_a_warning(settings: Settings, server: ArcgisServer) -> None:
    server.name = "Another"
    result = _run(settings, _theatre(server))
    assert result.success
    checks = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert not checks["sources_fetched"].passed
    assert checks["sources_fetched"].severity is dg.AssetCheckSeverity.WARN
    assert "'Another'" in str(checks["sources_fetched"].description)
    assert checks["exports_readable"].passed


def test_nothing_is_asked_where_the_disk_has_no_room(settings: Settings, server: ArcgisServer) -> None:
    assert not _run(settings.model_copy(update={"min_free_bytes": 2**60}), _theatre(server)).success
    assert not server.web.asked
