"""Doctor tries what is configured, says what is wrong with each in a row of its own, and cuts nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pipeline import cli, doctor, spreading
from pipeline.errors import UserError
from pipeline.run_storage import CONNECT_SECONDS
from pipeline.settings import Settings

POSTGRES = """
storage:
  postgres:
    postgres_db:
      hostname: {env: TRIED_PG_HOST}
      port: {env: TRIED_PG_PORT}
      db_name: dagster
      username: dagster
      password: {env: TRIED_PG_PASSWORD}
      scheme: postgresql+psycopg2
"""


@pytest.fixture
def shared_runs(settings: Settings) -> Settings:
    """Settings of a data folder whose runs Dagster keeps in PostgreSQL."""
    settings.dagster_home.mkdir(parents=True)
    (settings.dagster_home / "dagster.yaml").write_text(POSTGRES)
    return settings


def _row(settings: Settings, name: str) -> doctor.Finding:
    (found,) = (finding for finding in doctor.examine(settings) if finding.name == name)
    return found


def _say(words: list[str], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("ISW_DATA", str(settings.root))
    monkeypatch.setattr(sys, "argv", ["isw-strikes", *words])
    return cli._status()


def test_what_is_not_configured_has_no_row(settings: Settings) -> None:
    assert not {"Store", "Dask", "Dagster's runs"} & {finding.name for finding in doctor.examine(settings)}


def test_a_store_that_cannot_be_used_is_a_row_and_ends_no_other(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Settings) -> None:
        raise UserError("there is no bucket `b`")

    monkeypatch.setattr(doctor, "open_bucket", refuse)
    monkeypatch.setattr(doctor, "latest_id", refuse)
    assert _row(settings, "Store").found == "there is no bucket `b`"
    assert _row(settings, "Latest release") == doctor.Finding(
        "Latest release", False, "not known", "see to the store first"
    )


def test_a_cluster_that_is_not_there_is_a_row(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="run `make install-cluster`")
    monkeypatch.setattr(spreading, "TRY_SECONDS", 0.2)
    row = _row(settings.model_copy(update={"dask": "tcp://127.0.0.1:9"}), "Dask")
    assert not row.is_well and "ISW_DASK=tcp://127.0.0.1:9" in row.found


def test_variables_of_the_database_that_are_not_set_are_named(
    shared_runs: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIED_PG_HOST", "127.0.0.1")
    row = _row(shared_runs, "Dagster's runs")
    assert not row.is_well and row.found.endswith("set TRIED_PG_PORT, TRIED_PG_PASSWORD")


def test_parameters_of_the_database_go_to_the_driver(shared_runs: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = pytest.importorskip("psycopg2", reason="run `make install-cluster`")
    with (shared_runs.dagster_home / "dagster.yaml").open("a") as file:
        file.write("      params: {sslmode: require, connect_timeout: 600}\n")
    for name, value in {"HOST": "127.0.0.1", "PORT": "1", "PASSWORD": "secret"}.items():
        monkeypatch.setenv(f"TRIED_PG_{name}", value)
    given: dict[str, object] = {}

    def refuse(**told: object) -> None:
        given.update(told)
        raise driver.OperationalError("no SSL")

    monkeypatch.setattr(driver, "connect", refuse)
    row = _row(shared_runs, "Dagster's runs")
    assert not row.is_well and "no SSL" in row.found
    assert given == {
        "host": "127.0.0.1", "port": "1", "dbname": "dagster", "user": "dagster", "password": "secret",
        "sslmode": "require", "connect_timeout": CONNECT_SECONDS,
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [["run"], ["backfill", "--theatre=syria", "--from=2015-10-01", "--to=2015-10-31"], ["housekeeping"], ["ui"]],
)
def test_nothing_is_begun_without_the_database(
    words: list[str], shared_runs: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("psycopg2", reason="run `make install-cluster`")
    for name, value in {"HOST": "127.0.0.1", "PORT": "1", "PASSWORD": "secret"}.items():
        monkeypatch.setenv(f"TRIED_PG_{name}", value)
    assert _say(words, shared_runs, monkeypatch) == 2
    said = capsys.readouterr().err
    assert str(shared_runs.dagster_home / "dagster.yaml") in said and "DAGSTER_PG_" in said
    assert "refused" in said and "secret" not in said
    assert [path.name for path in shared_runs.root.iterdir()] == ["dagster"]


def test_nothing_is_cut_on_a_narrow_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data=tmp_path / "long" / ("x" * 90))
    monkeypatch.setenv("COLUMNS", "80")
    assert _say(["doctor"], settings, monkeypatch) == 1
    assert str(settings.root) in capsys.readouterr().out
