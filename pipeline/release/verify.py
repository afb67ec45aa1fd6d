"""Verifying a release from its own files, before readers see it and at any time after.

Belongs here: every reason for which a release is not published. Does not belong here: mending anything.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import UserError
from pipeline.release.database import logical_digest, open_database
from pipeline.release.manifest import (
    DATABASE,
    MANIFEST,
    PINNED,
    Manifest,
    file_digest,
    list_files,
    read_manifest,
)
from pipeline.sessions import quote, sql
from pipeline.settings import Settings
from pipeline.theatres import months_between

CHECKS = ("conservation", "history", "attribution", "months", "shares")
SHOWN = 20


class ReleaseRefused(UserError):
    """A release that must not be published; the message says why and what to do."""


def verify_release(path: Path, settings: Settings | None = None) -> list[str]:
    """Everything that is wrong with a release, in words; empty where nothing is.

    Tested are: every file against the manifest; the database's content, row counts and Parquet's against it;
    records conserved for each export; tombstones and sightings of strikes; one attribution a strike; months; shares;
    and that every validation succeeded.

    Args:
        path: a release, published or being built.
        settings: limits of the database session.
    """
    try:
        manifest = read_manifest(path)
    except UserError as error:
        return [str(error)]
    failures = [*_check_files(path, manifest), *_check_parquet(path, manifest), *_check_validations(path)]
    return failures + _check_database(path, manifest, settings or Settings())


def verify_copy(path: Path, settings: Settings) -> list[str]:
    """Everything in which a copy of a release differs from its manifest, in words. The data are not judged again."""
    manifest = read_manifest(path)
    failures = [*_check_files(path, manifest), *_check_parquet(path, manifest)]
    try:
        with open_database(path / DATABASE, settings) as connection:
            return [*failures, *_check_content(connection, manifest)]
    except duckdb.Error as error:
        return [*failures, f"{DATABASE} cannot be read ({str(error).splitlines()[0][:200]})"]


def require_sound(path: Path, settings: Settings) -> None:
    """Refuse a release with anything wrong.

    Raises:
        ReleaseRefused: the message lists what is wrong.
    """
    failures = verify_release(path, settings)
    if failures:
        listed = "".join(f"\n  - {failure}" for failure in failures[:SHOWN])
        more = f"\n  … and {len(failures) - SHOWN} more" if len(failures) > SHOWN else ""
        raise ReleaseRefused(
            f"The release is not published: {len(failures)} of its checks failed.{listed}{more}\n"
            "`latest` still shows the release before. Correct the export or the theatre file, then run again."
        )


def check_data(connection: duckdb.DuckDBPyConnection, months_by_theatre: dict[str, list[str]]) -> dict[str, list[str]]:
    """Failures of each check of the data in the database in use, by check.

    Args:
        connection: a session in which the release's tables are found by their full names.
        months_by_theatre: months (YYYY-MM) that each theatre covers.
    """
    pairs = [(name, month) for name, months in sorted(months_by_theatre.items()) for month in months]
    connection.register(
        "theatre_months",
        pa.table(
            {
                "theatre": pa.array([name for name, _ in pairs], pa.string()),
                "month": pa.array([month for _, month in pairs], pa.string()),
            }
        ),
    )
    return {
        check: [str(failure) for (failure,) in connection.execute(sql(f"release/check_{check}")).fetchall()]
        for check in CHECKS
    }


def _check_files(path: Path, manifest: Manifest) -> list[str]:
    listed = {output.path: output for output in manifest.outputs}
    present = set(list_files(path)) - {MANIFEST, PINNED, DATABASE}
    failures = [f"{name} is in the manifest but not in the release" for name in sorted(set(listed) - present)]
    failures += [f"{name} is in the release but not in the manifest" for name in sorted(present - set(listed))]
    for name in sorted(present & set(listed)):
        file, output = path / name, listed[name]
        if file.stat().st_size != output.bytes or file_digest(file) != output.sha256:
            failures.append(f"{name} is not the file that the manifest describes: its SHA-256 differs")
    return failures


def _check_parquet(path: Path, manifest: Manifest) -> list[str]:
    failures = []
    for name, entry in manifest.tables.items():
        file = path / "tables" / f"{name}.parquet"
        try:
            rows = pq.read_metadata(file).num_rows
        except (OSError, pa.ArrowException) as error:
            failures.append(f"tables/{file.name} cannot be read ({error.__class__.__name__})")
            continue
        if rows != entry.rows:
            failures.append(f"tables/{file.name} holds {rows} rows; the manifest says {entry.rows}")
    return failures


def _check_validations(path: Path) -> list[str]:
    file = path / "validation" / "results.json"
    try:
        results = json.loads(file.read_text(encoding="utf-8"))["tables"]
    except (OSError, ValueError, KeyError):
        return ["validation/results.json is missing or damaged"]
    return [
        f"{' '.join(filter(None, (table['table'], table['part'])))}: {result['about']}"
        f" ({result['column'] or 'table'}: {result['observed']})"
        for table in results
        if not table["success"]
        for result in table["results"]
        if not result["success"]
    ]


def _check_database(path: Path, manifest: Manifest, settings: Settings) -> list[str]:
    months = {
        name: months_between(theatre.first_month, theatre.last_month) for name, theatre in manifest.theatres.items()
    }
    try:
        with open_database(path / DATABASE, settings) as connection:
            failures = _check_content(connection, manifest)
            found = check_data(connection, months)
    except duckdb.Error as error:
        return [f"{DATABASE} cannot be read ({str(error).splitlines()[0][:200]})"]
    return failures + [failure for failures_of in found.values() for failure in failures_of]


def _check_content(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> list[str]:
    failures = _check_counts(connection, manifest)
    if not failures and logical_digest(connection) != manifest.database.logical_digest:
        failures = [f"{DATABASE} does not hold what the manifest describes: its logical digest differs"]
    return failures


def _check_counts(connection: duckdb.DuckDBPyConnection, manifest: Manifest) -> list[str]:
    failures = []
    for name, entry in manifest.tables.items():
        qualified = ".".join(quote(part) for part in name.split("."))
        counted = connection.execute(f"SELECT count(*) FROM {qualified}").fetchone()
        rows = counted[0] if counted else 0
        if rows != entry.rows:
            failures.append(f"{DATABASE}: {name} holds {rows} rows; the manifest says {entry.rows}")
    return failures
