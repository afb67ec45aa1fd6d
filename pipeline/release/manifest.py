"""The manifest: what a release holds and what it was made from.

Belongs here: the model of ``manifest.json``, hashing files, naming a release, the versions that it pins.
Does not belong here: writing the files that it lists, judging them.

The manifest depends on content alone, so a repeated or interrupted run writes the same bytes again. The
versions of the working tables count commits, which do differ where a run was repeated: they stand apart, in
``pinned.json``.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from pipeline.catalogue import Table, tables
from pipeline.content import content_digest
from pipeline.errors import UserError

MANIFEST = "manifest.json"
PINNED = "pinned.json"
DATABASE = "strikes.duckdb"
CHUNK = 1024 * 1024


class Output(BaseModel):
    """One file of a release: its path within it, size in bytes, SHA-256 and, for a table's file, its rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


class TableEntry(BaseModel):
    """One table: its rows, and a digest of its content that no file format changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int
    digest: str


class DatabaseEntry(BaseModel):
    """The DuckDB file. Its bytes vary between runs, so its content is what is digested."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    logical_digest: str
    opens_with: str


class TheatreEntry(BaseModel):
    """One theatre in a release and the months that it spans (YYYY-MM, both inclusive)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    first_month: str
    last_month: str


class CheckEntry(BaseModel):
    """One check of the release's data as it stood when the release was built."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    check: str
    passed: bool
    failures: int


class Manifest(BaseModel):
    """What ``manifest.json`` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    # Releases of before there was one have none.
    contract: str | None = None
    release: str
    as_of: str
    code_version: str
    config_digest: str
    theatres: dict[str, TheatreEntry]
    inputs: list[dict[str, Any]]
    tables: dict[str, TableEntry]
    database: DatabaseEntry
    outputs: list[Output]
    checks: list[CheckEntry]

    def write(self, folder: Path) -> None:
        """Write ``manifest.json`` into a folder: same content, same bytes."""
        body = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(body + "\n", encoding="utf-8", newline="\n")


def read_manifest(release: Path) -> Manifest:
    """Read a release's manifest.

    Raises:
        UserError: it is missing or is no manifest.
    """
    path = release / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.__class__.__name__
        raise UserError(
            f"{path} cannot be read as a manifest ({reason}): the folder is no release of this pipeline, or "
            "is damaged. Switch to another with `isw-strikes releases rollback ID`, or run again."
        ) from error


def read_pinned(release: Path) -> dict[str, int]:
    """Versions of the working tables that a release was read from; empty where it does not say."""
    try:
        return parse_pinned((release / PINNED).read_bytes())
    except (OSError, ValueError):
        return {}


def write_pinned(folder: Path, pinned: dict[str, int]) -> None:
    """Write ``pinned.json`` into a folder."""
    (folder / PINNED).write_bytes(pinned_bytes(pinned))


def parse_pinned(body: bytes) -> dict[str, int]:
    """The versions that a ``pinned.json`` names.

    Raises:
        ValueError: it is none.
    """
    try:
        return {str(name): int(version) for name, version in json.loads(body).items()}
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{PINNED} names no versions") from error


def pinned_bytes(pinned: dict[str, int]) -> bytes:
    """Content of ``pinned.json``."""
    return f"{json.dumps(dict(sorted(pinned.items())), indent=1)}\n".encode()


def newest_of(known: dict[str, int], pinned: dict[str, int]) -> dict[str, int]:
    """The newer of two versions of each table, from both of which the same content was made."""
    return {name: max(version, known.get(name, version)) for name, version in {**known, **pinned}.items()}


def describe_tables(frames: dict[str, pa.Table]) -> dict[str, TableEntry]:
    """Rows and content digest of each table, which conforms and stands in the order of its key."""
    return {name: TableEntry(rows=frame.num_rows, digest=content_digest(frame)) for name, frame in frames.items()}


def released() -> dict[str, Table]:
    """The tables that a release holds, by full name, in the catalogue's order."""
    return {name: spec for name, spec in tables().items() if spec.is_released}


def combine(frames_by_theatre: dict[str, dict[str, pa.Table]]) -> dict[str, pa.Table]:
    """Each released table with the rows of all theatres, in the order of its key."""
    combined = {}
    for name, spec in released().items():
        parts = [spec.conform(frames[name]) for _, frames in sorted(frames_by_theatre.items()) if name in frames]
        rows = pa.concat_tables(parts) if parts else spec.empty()
        combined[name] = rows.sort_by([(column, "ascending") for column in spec.key]).combine_chunks()
    return combined


def as_of(inputs: list[dict[str, Any]]) -> datetime:
    """The moment at which the newest input was received, UTC.

    Raises:
        UserError: nothing was received.
    """
    if not inputs:
        raise UserError(
            "There is nothing to release: no export was received. Drop a file into the inbox, or ingest one."
        )
    return max(_moment(row["received_at"]) for row in inputs)


def _moment(value: datetime | str) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def release_id(moment: datetime, described: dict[str, TableEntry], code_version: str, config_digest: str) -> str:
    """Name of a release: when its newest input was received, and 12 hex digits of what it is made from."""
    content = {
        "tables": {name: entry.digest for name, entry in sorted(described.items())},
        "code_version": code_version,
        "config_digest": config_digest,
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return f"{moment:%Y%m%dT%H%M%SZ}-{digest[:12]}"


def describe_inputs(inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The exports behind a release, each with the SHA-256 of its bytes, in a fixed order."""
    described = [
        {
            "theatre": row["theatre"],
            "source": row["source"],
            "file_name": row["file_name"],
            "sha256": row["sha256"],
            "bytes": row["bytes"],
            "format": row["format"],
            "records": row["record_count"],
            "received_at": f"{_moment(row['received_at']):%Y-%m-%dT%H:%M:%SZ}",
            "problem_code": row["problem_code"],
        }
        for row in inputs
    ]
    return sorted(described, key=lambda row: (row["theatre"], row["source"], row["received_at"], row["sha256"]))


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def list_files(folder: Path) -> list[str]:
    """Paths of all files under a folder, relative, with forward slashes, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def describe_outputs(folder: Path, rows: dict[str, int]) -> list[Output]:
    """All files of a release but the manifest, the pinned versions and the database, which are told apart.

    Args:
        folder: the release.
        rows: rows of the files that hold a table, by relative path.
    """
    return [
        Output(
            path=path,
            bytes=(folder / path).stat().st_size,
            sha256=file_digest(folder / path),
            rows=rows.get(path),
        )
        for path in list_files(folder)
        if path not in (MANIFEST, PINNED, DATABASE)
    ]
