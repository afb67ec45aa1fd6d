"""Real parts on loopback, each in processes of its own: an S3 server, PostgreSQL, a Dask scheduler with two workers.

Each is skipped, saying so, where it is missing; `make install-cluster-dev` and Debian's `postgresql` bring them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from parts import S3, Dask
from small_theatre import VARIABLE

from pipeline.settings import Settings

HERE = Path(__file__).parent
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """An S3 server with an empty bucket ``lake``; clients find it by the environment."""
    for package in ("obstore", "moto", "flask", "flask_cors"):
        pytest.importorskip(package, reason="run `make install-cluster-dev`")
    server = subprocess.Popen([sys.executable, str(HERE / "s3_server.py"), "lake"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": address,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }.items():
            patch.setenv(name, value)
        yield S3(address)
    server.kill()
    server.wait()


@pytest.fixture
def machine(s3: S3, tmp_path: Path) -> Iterator[Callable[[str], Settings]]:
    """Settings of machines, each with a data folder of its own, that share one place in S3."""
    store = f"s3://lake/{tmp_path.name}"
    yield lambda name: Settings(data=tmp_path / name, store=store)
    s3.fail_every(0)


@pytest.fixture
def dask(machine: Callable[[str], Settings], tmp_path: Path) -> Iterator[Dask]:
    """A scheduler and two workers with one thread each, which see the store and have a data folder of their own."""
    pytest.importorskip("distributed", reason="run `make install-cluster-dev`")
    common = ["--scheduler-file", str(tmp_path / "scheduler.json"), "--no-dashboard"]
    start = [sys.executable, "-m", "dask"]
    log = (tmp_path / "dask.log").open("wb")
    environment = {**os.environ, "ISW_STORE": machine("worker").store, "ISW_DATA": str(machine("worker").data)}
    own = [*start, "scheduler", "--host", "127.0.0.1", "--port", "0", *common]
    found = Dask(tmp_path, subprocess.Popen(own, stderr=log, stdout=log))
    given = ["--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path / "dask")]
    given += ["--preload", str(HERE / "small_theatre.py")] if VARIABLE in os.environ else []
    for _ in range(2):
        found.workers.append(
            subprocess.Popen([*start, "worker", *given, *common], env=environment, stderr=log, stdout=log)
        )
    yield found
    for process in (*found.workers, found.scheduler):
        process.kill()
        process.wait()
    log.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[dict[str, str]]:
    """An empty PostgreSQL cluster; yields what the shipped Dagster settings read from the environment."""
    pytest.importorskip("dagster_postgres", reason="run `make install-cluster-dev`")
    if not POSTGRES:
        pytest.skip("PostgreSQL is missing: install Debian's package postgresql")
    programs = POSTGRES[-1].parent
    # Not below pytest's own folder, into which nobody else may look.
    folder = Path(tempfile.mkdtemp(prefix="isw-strikes-postgres-"))
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to be run by root
        owner = {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}
        shutil.chown(folder, "postgres", "postgres")
    data, word = folder / "data", folder / "word"
    word.write_text("throwaway")
    word.chmod(0o644)
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "isw", "--auth=scram-sha-256", f"--pwfile={word}", "--no-sync"],
        check=True,
        stdout=subprocess.DEVNULL,
        **owner,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", port, "-h", "127.0.0.1", "-k", "", "-F"],
        stderr=subprocess.DEVNULL,
        **owner,
    )
    try:
        ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", port, "-d", "postgres", "-U", "isw"]
        while subprocess.run(ready, check=False).returncode:
            assert server.poll() is None, "PostgreSQL ended"
            time.sleep(0.1)
        yield {
            "DAGSTER_PG_HOST": "127.0.0.1",
            "DAGSTER_PG_PORT": port,
            "DAGSTER_PG_DB": "postgres",
            "DAGSTER_PG_USERNAME": "isw",
            "DAGSTER_PG_PASSWORD": "throwaway",
        }
    finally:
        server.send_signal(signal.SIGINT)  # ends whoever is still connected
        server.wait()
        shutil.rmtree(folder)
