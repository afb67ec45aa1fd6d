"""A run over PostgreSQL, S3 and a Dask cluster, in trouble, makes the release that an undisturbed local run makes."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from parts import S3, Dask
from small_theatre import VARIABLE, drop_exports, use_theatre, write_theatre

import pipeline.expectations
import pipeline.pictures
from pipeline.expectations import Validation
from pipeline.release import copy_release, read_manifest, releases
from pipeline.running import run_all
from pipeline.settings import Settings
from pipeline.theatres import Theatre, reading

DEPLOY = Path(__file__).parents[3] / "deploy"


def _run(settings: Settings) -> str:
    drop_exports(settings)
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


def _draw_pictures(_theatre: Theatre, frames: Mapping[str, pa.Table], folder: Path) -> list[Path]:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    for name in ("Title", "Description"):
        said.add_text(name, f"{frames['core.attribution'].num_rows} strikes")
    Image.new("RGB", (8, 8), "white").save(folder / "headline.png", pnginfo=said)
    return [folder / "headline.png"]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small theatre here and in workers; what takes seconds, and only ever runs here, is stubbed."""
    folder, shipped = tmp_path / "theatres", reading.FOLDER
    folder.mkdir()
    write_theatre(folder)
    use_theatre(folder)
    monkeypatch.setenv(VARIABLE, str(folder))
    monkeypatch.setattr(
        pipeline.expectations,
        "validate",
        lambda name, frame, part: Validation(table=name, success=True, rows=frame.num_rows, results=[], part=part),
    )
    monkeypatch.setattr(pipeline.pictures, "draw_pictures", _draw_pictures)
    yield
    use_theatre(shipped)


def test_a_run_over_a_troubled_cluster_makes_the_release_of_a_local_run(
    small: None,
    machine: Callable[[str], Settings],
    s3: S3,
    dask: Dask,
    postgres: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    local = Settings(data=tmp_path / "local")
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
    killer.join(60)

    assert len(killed) == 1 and s3.failed() > 10
    far = machine("far")
    copied = copy_release(far)
    assert copied.name == release and [one.id for one in releases(far)] == [release]
    assert (copied / "manifest.json").read_bytes() == (local.latest / "manifest.json").read_bytes()
    for output in read_manifest(copied).outputs:
        assert (copied / output.path).read_bytes() == (local.latest / output.path).read_bytes(), output.path
    assert not (near.root / "lake").exists() and not list(near.dagster_home.rglob("*.db"))
