"""Ticks of sensors, evaluated without a daemon."""

from __future__ import annotations

import dagster as dg
from stub_pipeline import Stub

from assets.definitions import definitions


def tick(stub: Stub, name: str, instance: dg.DagsterInstance, cursor: str | None = None) -> dg.SensorResult:
    loaded = definitions(stub.pipeline())
    sensor = loaded.resolve_sensor_def(name)
    context = dg.build_sensor_context(
        instance=instance, cursor=cursor, repository_def=loaded.get_repository_def(), sensor_name=name
    )
    result = sensor(context)
    assert isinstance(result, dg.SensorResult)
    return result


def reason(result: dg.SensorResult) -> str:
    assert not result.run_requests
    return str(result.skip_reason.skip_message) if result.skip_reason else ""
