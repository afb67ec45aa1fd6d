"""Everything that Dagster loads, without running any of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets import jobs
from assets.definitions import definitions
from assets.resources import Pipeline
from pipeline.catalogue import table
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import theatres

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def loaded() -> dg.Definitions:
    return definitions()


def test_definitions_load(loaded: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(loaded)


def test_every_theatre_has_every_step(loaded: dg.Definitions) -> None:
    keys = {key.to_user_string() for key in loaded.resolve_asset_graph().get_all_asset_keys()}
    names = ["exports", "records", *(step.name for step in STEPS)]
    assert keys == {f"{theatre}/{name}" for theatre in theatres() for name in names} | {"release"}


def test_graph_goes_from_exports_to_release(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()

    def parents(name: str) -> set[str]:
        return {key.to_user_string() for key in graph.get(dg.AssetKey(name.split("/"))).parent_keys}

    assert parents("syria/exports") == set()
    assert parents("syria/records") == {"syria/exports"}
    assert parents("syria/references") == {"syria/records"}
    assert parents("syria/mapped_strikes") == {"syria/records", "syria/references"}
    assert parents("syria/control") == {"syria/records"}
    assert parents("syria/strikes") == {"syria/mapped_strikes"}
    assert parents("syria/attribution") == {"syria/strikes", "syria/control"}
    assert parents("syria/tables") == {"syria/references", "syria/strikes", "syria/attribution", "syria/control"}
    assert parents("release") == {f"{name}/tables" for name in theatres()}


def test_months_are_the_partitions(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()
    for theatre in theatres().values():
        for step in STEPS:
            node = graph.get(dg.AssetKey([theatre.name, step.name]))
            keys = list(node.partitions_def.get_partition_keys()) if node.partitions_def else None
            assert keys == (theatre.months() if step.is_monthly else None), step.name


def test_every_asset_is_described(loaded: dg.Definitions) -> None:
    for node in loaded.resolve_asset_graph().asset_nodes:
        assert node.description and node.group_name != "default" and node.kinds, node.key
        assert node.owners == ["team:isw-strikes"], node.key
        assert node.code_version or not node.is_materializable, node.key


def test_column_schema_is_the_catalogue(loaded: dg.Definitions) -> None:
    schema = loaded.resolve_asset_graph().get(dg.AssetKey(["syria", "strikes"])).metadata["dagster/column_schema"]
    columns = {column.name: column for column in schema.columns}
    assert list(columns) == list(table("core.strikes").columns)
    assert columns["strike_id"].description == table("core.strikes").columns["strike_id"].about
    assert columns["strike_id"].constraints.unique and not columns["strike_id"].constraints.nullable


def test_every_table_has_a_blocking_contract(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()
    for step in STEPS:
        key = dg.AssetKey(["syria", step.name])
        checks = {check.name: graph.get_check_spec(check) for check in graph.get_check_keys_for_assets({key})}
        expected = {f"contract_{table(name).short_name}" for name in step.tables}
        if step.name in ("references", "mapped_strikes", "control"):
            expected |= {"conservation", "exports_applied"}
        assert set(checks) == expected
        assert all(spec.blocking for name, spec in checks.items() if name != "exports_applied")


def test_a_job_holds_one_theatre(loaded: dg.Definitions) -> None:
    names = [job.name for job in jobs.jobs(theatres().values(), Pipeline())]
    expected = {f"{theatre}{suffix}" for theatre in theatres() for suffix in ("", "_ingest", "_months", "_publish")}
    assert set(names) == expected | {"publish"}
    job = loaded.resolve_job_def("syria")
    held = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert held == {f"syria/{name}" for name in ("records", *(step.name for step in STEPS))} | {"release"}


def test_sensors_run_and_schedules_wait(loaded: dg.Definitions) -> None:
    assert {sensor.name: sensor.default_status for sensor in loaded.sensors or ()} == {
        "inbox": dg.DefaultSensorStatus.RUNNING,
        "touched_months": dg.DefaultSensorStatus.RUNNING,
        "failed_runs": dg.DefaultSensorStatus.STOPPED,
        "failures_in_status": dg.DefaultSensorStatus.RUNNING,
    }
    assert {schedule.default_status for schedule in loaded.schedules or ()} == {dg.DefaultScheduleStatus.STOPPED}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import pipeline.cli", ["dagster", "deltalake", "duckdb", "pyarrow", "pyproj", "shapely"]),
        ("import assets.definitions", ["openpyxl", "pyproj"]),
        ("from assets.definitions import definitions; Definitions.validate_loadable(definitions())", []),
    ],
)
def test_loading_imports_nothing_heavy(code: str, heavy: list[str]) -> None:
    """Every process of Dagster loads the definitions, and every command the command line, most to do little else."""
    always = ["great_expectations", "geopandas", "matplotlib", "pyogrio", "pandas", "scipy"]
    dagster = "from dagster import Definitions\n" if "Definitions" in code else ""
    code = f"import sys\n{dagster}{code}\nprint([name for name in {always + heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]", found.stdout + found.stderr


def test_dg_lists_what_dagster_loads(loaded: dg.Definitions, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("dg")), "list", "defs", "--json"]
    # Of an instance of its own: another test may have left one in the environment whose database is gone.
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path)}
    found = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    listed = {asset["asset_key"] for asset in json.loads(found.stdout)["assets"]}
    assert listed == {key.to_user_string() for key in loaded.resolve_asset_graph().get_all_asset_keys()}


def test_lineage_names_columns_that_there_are(loaded: dg.Definitions) -> None:
    graph = loaded.resolve_asset_graph()

    def columns(key: dg.AssetKey) -> set[str]:
        return {column.name for column in graph.get(key).metadata["dagster/column_schema"].columns}

    for step in STEPS:
        node = graph.get(dg.AssetKey(["syria", step.name]))
        lineage = node.metadata["dagster/column_lineage"].deps_by_column
        assert set(lineage) == columns(node.key)
        for column, sources in lineage.items():
            assert sources, f"{step.name} {column}"
            assert all(source.asset_key in node.parent_keys for source in sources), column
            assert all(source.column_name in columns(source.asset_key) for source in sources), column
    strikes = graph.get(dg.AssetKey(["syria", "attribution"])).metadata["dagster/column_lineage"].deps_by_column
    assert strikes["source"] == [dg.TableColumnDep(dg.AssetKey(["syria", "strikes"]), "source")]


def test_ui_backfills_are_one_run_unless_a_setting_says_otherwise() -> None:
    for months, policy in ((0, None), (6, 6)):
        made = definitions(Pipeline(Settings(months_per_run=months))).resolve_asset_graph()
        found = made.get(dg.AssetKey(["syria", "strikes"])).backfill_policy
        assert found is not None and found.max_partitions_per_run == policy
