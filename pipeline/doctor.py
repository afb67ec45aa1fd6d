"""Doctor: whether this machine and data folder can do the work, and what to do where they cannot.

Belongs here: read-only checks, each with a remedy. Does not belong here: repairing anything.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import UserError
from pipeline.released import latest_folder, latest_id
from pipeline.settings import Settings
from pipeline.storage import TRIED, open_bucket
from pipeline.theatres import read_theatre, theatre_files

PACKAGES = (
    "dagster",
    "duckdb",
    "duckdb-extension-spatial",
    "deltalake",
    "great-expectations",
    "pandas",
    "pyogrio",
)
SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One check: what was found, and what to do if it is not well."""

    name: str
    is_well: bool
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Run every check."""
    checks: tuple[Callable[[Settings], list[Finding]], ...] = (
        _python, _packages, _spatial, _theatres, _folder, _store, _dask, _runs, _space, _front_end, _release,
    )  # fmt: skip
    return [finding for check in checks for finding in check(settings)]


def _python(_: Settings) -> list[Finding]:
    version = sys.version.split()[0]
    return [Finding("Python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")]


def _packages(_: Settings) -> list[Finding]:
    findings = []
    for name in PACKAGES:
        try:
            findings.append(Finding(name, True, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            findings.append(Finding(name, False, "missing", "run `make install`"))
    return findings


def _spatial(settings: Settings) -> list[Finding]:
    from pipeline.sessions import connect  # noqa: PLC0415 - what is examined may be missing

    try:
        with connect(settings) as session:
            session.execute("SELECT ST_AsText(ST_Transform(ST_Point(37, 36), 'OGC:CRS84', 'EPSG:3857'))")
    except Exception as error:
        return [Finding("DuckDB spatial", False, str(error), "run `make install`: the two versions must be equal")]
    return [Finding("DuckDB spatial", True, "loads offline and transforms")]


def _theatres(_: Settings) -> list[Finding]:
    findings = []
    for name, path in theatre_files().items():
        try:
            read_theatre(path)
            findings.append(Finding(f"Theatre {name}", True, path.name))
        except UserError as error:
            findings.append(Finding(f"Theatre {name}", False, str(error), "correct the file"))
    return findings


def _folder(settings: Settings) -> list[Finding]:
    parent = settings.root
    while not parent.exists():
        parent = parent.parent
    is_well = os.access(parent, os.W_OK)
    return [
        Finding(
            "Data folder",
            is_well,
            str(settings.root),
            f"make {parent} writable, or set ISW_DATA to another folder",
        )
    ]


def _store(settings: Settings) -> list[Finding]:
    try:
        bucket = open_bucket(settings)
        fault = bucket.find_fault() if bucket else None
    except UserError as error:
        remedy = "see to ISW_STORE and AWS_… in the environment (deploy/README.md)"
        return [Finding("Store", False, str(error).removesuffix(TRIED), remedy)]
    remedy = "use a store that honours conditional writes (deploy/README.md)"
    return [Finding("Store", fault is None, fault or settings.store, remedy)] if bucket else []


def _dask(settings: Settings) -> list[Finding]:
    from pipeline.spreading import find_fault  # noqa: PLC0415 - what is examined may be missing

    if not settings.dask:
        return []
    fault = find_fault(settings)
    return [Finding("Dask", fault is None, fault or settings.dask, "see to ISW_DASK (deploy/README.md)")]


def _runs(settings: Settings) -> list[Finding]:
    from pipeline.run_storage import find_fault, is_postgres  # noqa: PLC0415 - what is examined may be missing

    if not is_postgres(settings):
        return []
    fault = find_fault(settings)
    return [Finding("Dagster's runs", fault is None, fault or "in PostgreSQL", "deploy/README.md lists what it needs")]


def _space(settings: Settings) -> list[Finding]:
    from pipeline.space import free_bytes, require_space  # noqa: PLC0415 - what is examined may be missing

    found = f"{free_bytes(settings) / 1024**3:.1f} GiB"
    try:
        require_space(settings)
    except UserError as error:
        return [Finding("Free space", False, found, str(error))]
    return [Finding("Free space", True, found)]


def _front_end(_: Settings) -> list[Finding]:
    from pipeline.front_end import is_installed  # noqa: PLC0415 - what is examined may be missing

    is_well = is_installed()
    return [Finding("Map libraries", is_well, "installed" if is_well else "missing or old", "run `make install`")]


def _release(settings: Settings) -> list[Finding]:
    from pipeline.release import verify_release  # noqa: PLC0415 - what is examined may be missing

    name = "Latest release"
    try:
        if latest_id(settings) is None:
            return [Finding(name, False, "none yet", "run `isw-strikes run`")]
    except UserError:
        return [Finding(name, False, "not known", "see to the store first")]
    try:
        path = latest_folder(settings).resolve()
    except UserError as error:
        return [Finding(name, False, str(error), "publish again")]
    faults = verify_release(path, settings)
    if faults:
        # A run does not look into a release that it finds in place.
        remedy = f"move {path} away and run `isw-strikes run`, which makes the same release again"
        return [Finding(name, False, f"{path.name}: {'; '.join(faults[:SHOWN])}", remedy)]
    return [Finding(name, True, path.name)]
