"""A run over PostgreSQL, S3 and a Dask cluster, in trouble, makes the release that an undisturbed local run makes."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from parts import S3, Dask

from pipeline.release import copy_release, read_manifest, releases
from pipeline.running import run_all
from pipeline.settings import Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def _drop(settings: Settings, name: str, content: str) -> None:
    path = settings.inbox_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (RECEIVED, RECEIVED))


def _drop_all(settings: Settings) -> None:
    """Incidents of nine months, and who held the ground on three days."""
    rows = [
        f'{number},{number % 9 + 3}/7/2022,{47.2 + number % 7 / 2},{36.1 + number % 5 / 2},Village {number},"[]","[]",x'
        for number in range(60)
    ]
    header = "id,date,latitude,longitude,location,sources,filters,description"
    _drop(settings, "ukraine/bellingcat/incidents.csv", "\n".join([header, *rows]) + "\n")
    for day, east in (("20220301", 36.5), ("20220601", 37.0), ("20220901", 36.2)):
        ring = [[east, 46.5], [39, 46.5], [39, 49.5], [east, 49.5], [east, 46.5]]
        square = {"type": "Polygon", "coordinates": [ring]}
        feature = {"type": "Feature", "properties": {"FID": 1}, "geometry": square}
        body = json.dumps({"type": "FeatureCollection", "features": [feature]})
        _drop(settings, f"ukraine/isw_control/{day}_RussianAssessedCoTinUkraine.geojson", body)


def _run(settings: Settings) -> str:
    _drop_all(settings)
    outcome = run_all(settings, ["ukraine"], force=False, showcase=False, on_progress=lambda _: None)
    assert outcome.failures == [] and outcome.problems == [] and outcome.release is not None
    return outcome.release


def _kill_a_worker_at_work(dask: Dask, killed: list[int]) -> None:
    """Kill a worker, with no chance to tell anybody, as soon as it has something to do."""
    from distributed import Client

    with Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(2)
        processes = client.run(os.getpid)
        while not killed:
            busy = [address for address, keys in client.processing().items() if keys]
            for process in dask.workers:
                if any(processes[address] == process.pid for address in busy[:1]):
                    process.kill()
                    killed.append(process.pid)
            time.sleep(0.02)


@pytest.fixture
def local(tmp_path: Path) -> Settings:
    """A machine on its own."""
    return Settings(data=tmp_path / "local")


def test_a_run_over_a_troubled_cluster_makes_the_release_of_a_local_run(
    local: Settings,
    machine: Callable[[str], Settings],
    s3: S3,
    dask: Dask,
    postgres: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _run(local)

    for name, value in postgres.items():
        monkeypatch.setenv(name, value)
    near = machine("near").model_copy(update={"dask": dask.address})
    near.dagster_home.mkdir(parents=True)
    shutil.copyfile(DEPLOY / "dagster.yaml", near.dagster_home / "dagster.yaml")
    monkeypatch.setenv("ISW_STORE", near.store)
    s3.fail_every(23)
    killed: list[int] = []
    killer = threading.Thread(target=_kill_a_worker_at_work, args=(dask, killed), daemon=True)
    killer.start()
    release = _run(near)
    killer.join()

    assert len(killed) == 1 and s3.failed() > 10
    far = machine("far")
    copied = copy_release(far)
    assert copied.name == release and [one.id for one in releases(far)] == [release]
    assert (copied / "manifest.json").read_bytes() == (local.latest / "manifest.json").read_bytes()
    for output in read_manifest(copied).outputs:
        assert (copied / output.path).read_bytes() == (local.latest / output.path).read_bytes(), output.path
    assert not (near.root / "lake").exists() and not list(near.dagster_home.rglob("*.db"))
