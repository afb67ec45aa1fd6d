"""The PostgreSQL of the shipped Dagster settings is asked, and what it answers is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.run_storage import find_fault
from pipeline.settings import Settings

SHIPPED = Path(__file__).parents[3] / "deploy" / "dagster.yaml"


def test_the_database_is_asked_as_dagster_will(
    settings: Settings, postgres: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_fault(settings) is None  # nothing says that there is one
    settings.dagster_home.mkdir(parents=True)
    (settings.dagster_home / "dagster.yaml").write_bytes(SHIPPED.read_bytes())
    assert str(find_fault(settings)).endswith(f"set {', '.join(postgres)}")
    for name, value in postgres.items():
        monkeypatch.setenv(name, value)
    assert find_fault(settings) is None
    monkeypatch.setenv("DAGSTER_PG_PASSWORD", "another")
    said = str(find_fault(settings))
    assert "password authentication failed" in said and "another" not in said
