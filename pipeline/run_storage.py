"""Run storage: whether the PostgreSQL in which Dagster keeps its runs answers, before anything is begun that needs it.

Belongs here: reading who ``dagster.yaml`` says it is, and asking it once. Dagster itself asks for half a minute, and
only once exports were taken. Does not belong here: opening Dagster's instance (``assets.runs``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import UserError
from pipeline.settings import Settings

CONNECT_SECONDS = 5
# Dagster's names of what is told to the driver.
NAMES = {"hostname": "host", "port": "port", "db_name": "dbname", "username": "user", "password": "password"}


def require_run_storage(settings: Settings) -> None:
    """Check that Dagster's runs can be kept.

    Raises:
        UserError: they cannot; the message says why and what to do.
    """
    fault = find_fault(settings)
    if fault:
        raise UserError(f"{fault}. Nothing was begun")


def is_postgres(settings: Settings) -> bool:
    """Whether ``dagster.yaml`` keeps the runs in PostgreSQL, as ``deploy/dagster.yaml`` does."""
    return _database(settings) is not None


def find_fault(settings: Settings) -> str | None:
    """Why Dagster's runs cannot be kept in PostgreSQL, in words; None where they can, or are kept elsewhere."""
    database = _database(settings)
    if database is None:
        return None
    unset = [name for value in database.values() if (name := _variable(value)) and name not in os.environ]
    if unset:
        return f"{_file(settings)} keeps Dagster's runs in PostgreSQL: set {', '.join(unset)}"
    try:
        import psycopg2  # noqa: PLC0415 - an optional package
    except ImportError:
        return f"{_file(settings)} keeps Dagster's runs in PostgreSQL: run `make install-cluster`"
    given = dict(database.get("params") or {})  # what else the driver is told, as sslmode
    for name, value in database.items():
        if name in NAMES:
            variable = _variable(value)
            given[NAMES[name]] = os.environ[variable] if variable else value
    given["connect_timeout"] = CONNECT_SECONDS
    try:
        psycopg2.connect(**given).close()
    except psycopg2.Error as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        told = f"PostgreSQL, in which {_file(settings)} keeps Dagster's runs, cannot be used: {said}"
        return f"{told}. Start it, or see to DAGSTER_PG_…"
    return None


def _variable(value: object) -> str | None:
    """The environment variable that a value is taken from (``{env: NAME}``); None where it stands in the file."""
    return str(value["env"]) if isinstance(value, dict) and "env" in value else None


def _file(settings: Settings) -> Path:
    return settings.dagster_home / "dagster.yaml"


def _database(settings: Settings) -> dict[str, Any] | None:
    """What the file says of the database; None where it names none in this way, or Dagster cannot read it either."""
    try:
        found = yaml.safe_load(_file(settings).read_bytes())
        return dict(found["storage"]["postgres"]["postgres_db"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError):
        return None
