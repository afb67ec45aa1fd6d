"""Freshness of sources: only a receipt turns a source green, no run that receives nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from pydantic import ValidationError
from stub_pipeline import SYRIA, Stub, number

from assets.definitions import definitions
from pipeline.freshness import find_freshness
from pipeline.settings import Settings
from pipeline.theatres import Source, Theatre

EXPORTS = dg.AssetKey(["syria", "exports"])
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)  # as the stub notes it


def _theatre(**every: str) -> Theatre:
    """Syria, with sources that should bring something every so often."""
    changed = {
        name: Source.model_validate({**_dump(SYRIA.sources[name]), "expected_every": text})
        for name, text in every.items()
    }
    return SYRIA.model_copy(update={"sources": {**SYRIA.sources, **changed}})


def _dump(source: Source) -> dict[str, object]:
    return {name: getattr(source, name) for name in source.model_fields_set}


@pytest.fixture
def stub(settings: Settings) -> Stub:
    stub = Stub(settings)
    stub.receive()
    return stub


def _checked(stub: Stub, theatre: Theatre, instance: dg.DagsterInstance) -> dict[str, dg.AssetCheckEvaluation]:
    job = definitions(stub.pipeline(), {"syria": theatre}).resolve_job_def("syria_freshness")
    result = job.execute_in_process(instance=instance, run_config=QUIET)
    return {check.check_name: check for check in result.get_asset_check_evaluations()}


def test_backfill_does_not_turn_a_stale_source_green(stub: Stub, instance: dg.DagsterInstance) -> None:
    theatre = _theatre(isw_reports="12 hours", mod_claims="2 weeks")
    before = _checked(stub, theatre, instance)
    assert stub.run("syria", instance=instance, range_start="2015-10", range_end="2015-12").success
    for found in (before, _checked(stub, theatre, instance)):
        assert {name: check.passed for name, check in found.items()} == {
            "fresh_isw_reports": False,
            "fresh_mod_claims": False,
        }
        stale = found["fresh_isw_reports"]
        assert stale.severity is dg.AssetCheckSeverity.WARN
        assert number(stale.metadata["age, days"]) > 0.5 and stale.metadata["expected every, days"].value == 0.5
        assert "received on 2026-11-01" in str(stale.description)
        assert "Nothing was received of mod_claims yet" in str(found["fresh_mod_claims"].description)


@pytest.mark.parametrize(("age", "is_fresh"), [(6.9, True), (7.1, False)])
def test_age_counts_from_the_newest_receipt(stub: Stub, age: float, is_fresh: bool) -> None:
    (found,) = find_freshness(stub.settings, _theatre(isw_reports="7 days"), RECEIVED + timedelta(days=age))
    assert (found.is_fresh, found.newest) == (is_fresh, RECEIVED)


def test_a_daily_schedule_checks_a_theatre_that_asks_for_it(stub: Stub) -> None:
    loaded = definitions(stub.pipeline(), {"syria": _theatre(isw_reports="7 days")})
    dg.Definitions.validate_loadable(loaded)
    schedule = loaded.resolve_schedule_def("syria_freshness_daily")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert "syria_freshness" not in {job.name for job in definitions(stub.pipeline()).jobs or ()}


@pytest.mark.parametrize("text", ["weekly", "0 days", "7", "-1 day", "1 year"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="no interval"):
        _theatre(isw_reports=text)


def test_how_often_makes_nothing_stale() -> None:
    assert _theatre(isw_reports="7 days").model_dump(mode="json") == SYRIA.model_dump(mode="json")
