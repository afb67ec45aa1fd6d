"""The shipped deployment: parts that exist, nothing published beyond this machine, no secret in a file."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DAGSTER: dict[str, Any] = yaml.safe_load((DEPLOY / "dagster.yaml").read_text(encoding="utf-8"))
SECRET = re.compile(r"PASSWORD|SECRET|ACCESS_KEY|^MC_HOST|ROOT_USER")


def test_only_this_machine_reaches_what_is_published() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_secrets_come_from_the_environment() -> None:
    given = [
        value
        for service in COMPOSE["services"].values()
        for name, value in service.get("environment", {}).items()
        if SECRET.search(name)
    ]
    assert len(given) > 6 and all("${" in value and ":?}" in value for value in given)
    database = DAGSTER["storage"]["postgres"]["postgres_db"]
    assert all(set(value) == {"env"} for name, value in database.items() if name != "scheme")


def test_containers_are_given_what_the_settings_and_dagster_read() -> None:
    environment = COMPOSE["x-pipeline"]["environment"]
    ours = {name for name in environment if name.startswith("ISW_")}
    assert ours == {f"ISW_{name.upper()}" for name in ("data", "store", "dask")} and {"data", "store", "dask"} <= set(
        Settings.model_fields
    )
    database = DAGSTER["storage"]["postgres"]["postgres_db"]
    assert {value["env"] for name, value in database.items() if name != "scheme"} <= set(environment)
    values = {"data": "/data", "store": "s3://bucket/main", "dask": environment["ISW_DASK"]}
    assert Settings(**values).dask == environment["ISW_DASK"]


def test_what_is_tried_in_a_scratch_folder_stays_on_this_machine(tmp_path: Path) -> None:
    scratch = Settings(store="s3://bucket/main", dask="tcp://host:1", threads=3).over_scratch(tmp_path)
    assert (scratch.root, scratch.store, scratch.dask, scratch.threads) == (tmp_path, "", "", 3)


def test_containers_run_programs_that_are_installed() -> None:
    commands = {s["command"][0] for s in COMPOSE["services"].values() if s.get("image") == "isw-strikes"}
    installed = {script.name for script in importlib.metadata.entry_points(group="console_scripts")}
    assert commands >= {"dask", "isw-strikes"} and commands - {"dask"} <= installed


def test_dagster_behaves_as_on_one_machine_but_for_its_storage() -> None:
    alone = yaml.safe_load((ROOT / "assets" / "dagster.yaml").read_text(encoding="utf-8"))
    assert {name: DAGSTER[name] for name in alone} == alone
    assert set(DAGSTER) - set(alone) == {"storage", "run_coordinator"}
