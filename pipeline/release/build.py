"""Building a release aside.

Belongs here: putting every file of a release into a folder that no reader looks into.
Does not belong here: judging it (``verify``), letting readers see it (``publish``).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.catalogue import table
from pipeline.catalogue.contract import VERSION as CONTRACT
from pipeline.expectations import Validation, write_report
from pipeline.processes import is_alive
from pipeline.release.database import OPENS_WITH, open_database, write_database
from pipeline.release.files import write_csv, write_parquet
from pipeline.release.manifest import (
    DATABASE,
    CheckEntry,
    DatabaseEntry,
    Manifest,
    TheatreEntry,
    as_of,
    combine,
    describe_inputs,
    describe_outputs,
    describe_tables,
    release_id,
    write_pinned,
)
from pipeline.release.package import write_datapackage, write_readme
from pipeline.release.verify import check_data
from pipeline.settings import Settings
from pipeline.theatres import Theatre

BUILDING = ".building-"
REPORT = "report.html"


def build_release(
    settings: Settings,
    frames_by_theatre: dict[str, dict[str, pa.Table]],
    theatres: dict[str, Theatre],
    inputs: list[dict[str, Any]],
    pinned: dict[str, int],
    validations: list[Validation],
    code_version: str,
    config_digest: str,
    tiles: dict[str, Path],
    write_map: Callable[[Path], object],
    write_pages: Callable[[Path], object],
    pictures: dict[str, list[Path]],
    write_summary: Callable[[Path, Mapping[str, Any]], object],
) -> Path:
    """Write all files of a release into ``releases/.building-<id>-<pid>`` and return that folder.

    Nothing is read from a clock. The same arguments give the same bytes, but for ``strikes.duckdb``, whose
    content is digested in the manifest instead, and ``pinned.json``.

    Args:
        settings: where releases live, and limits.
        frames_by_theatre: full table name → rows that conform to the catalogue, by theatre; raw tables too.
        theatres: the theatres in the release, by name.
        inputs: rows of raw.exports; the latest ``received_at`` dates the release.
        pinned: version of each working table that the frames were read at.
        validations: how the tables fared, in the order in which they are to be shown.
        code_version: version of the pipeline.
        config_digest: digest of the theatre files, texts and settings that bear on the content.
        tiles: PMTiles file of each theatre.
        write_map: writes the map page into the folder that it is given.
        write_pages: writes the pages to read into the folder that it is given.
        pictures: pictures of each theatre. The first theatre's go to ``pictures/``, others' to a folder each.
        write_summary: writes the report to the file that it is given; told of the release what its manifest says:
            ``release``, ``as_of``, ``inputs``, ``checks`` and ``tables``.

    Raises:
        UserError: nothing was received.
    """
    moment = as_of(inputs)
    frames = combine(frames_by_theatre)
    described = describe_tables(frames)
    release = release_id(moment, described, code_version, config_digest)
    remove_stale(settings)
    folder = settings.releases_dir / f"{BUILDING}{release}-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        digest = write_database(folder / DATABASE, frames, settings)
        rows = _write_tables(folder, frames)
        _copy_files(folder, tiles, pictures)
        for name, write in (("map", write_map), ("pages", write_pages)):
            (folder / name).mkdir()
            write(folder / name)
        write_report(folder / "validation", validations)
        write_datapackage(folder, release, theatres, inputs)
        write_readme(folder, release, theatres, inputs)
        write_pinned(folder, pinned)
        said = {
            "release": release,
            "as_of": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "inputs": describe_inputs(inputs),
            "tables": described,
            "checks": _checks(settings, folder, theatres, validations),
        }
        write_summary(folder / REPORT, said)
        manifest = Manifest(
            **said,
            contract=CONTRACT,
            code_version=code_version,
            config_digest=config_digest,
            theatres={name: _theatre(theatre) for name, theatre in sorted(theatres.items())},
            database=DatabaseEntry(path=DATABASE, logical_digest=digest, opens_with=OPENS_WITH),
            outputs=describe_outputs(folder, rows),
        )
        manifest.write(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


@contextmanager
def open_scratch(settings: Settings) -> Iterator[Path]:
    """A folder for what goes into a release before that is built, this process's own: two builds at once mix nothing.

    It is removed afterwards, or by the next build where this process dies.
    """
    folder = settings.releases_dir / f"{BUILDING}scratch-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def list_stale(settings: Settings) -> list[Path]:
    """Folders of what was being built by processes that have since died."""
    building = sorted(settings.releases_dir.glob(f"{BUILDING}*"))
    return [folder for folder in building if not is_alive(folder.name.rsplit("-", 1)[-1])]


def remove_stale(settings: Settings) -> None:
    """Remove what was being built by processes that have since died."""
    for folder in list_stale(settings):
        shutil.rmtree(folder, ignore_errors=True)


def _theatre(theatre: Theatre) -> TheatreEntry:
    return TheatreEntry(title=theatre.title, first_month=theatre.first_month, last_month=theatre.last_month)


def _write_tables(folder: Path, frames: dict[str, pa.Table]) -> dict[str, int]:
    rows = {}
    (folder / "tables").mkdir()
    (folder / "csv").mkdir()
    for name, frame in frames.items():
        parquet, csv = f"tables/{name}.parquet", f"csv/{name}.csv"
        write_parquet(folder / parquet, table(name), frame)
        write_csv(folder / csv, table(name), frame)
        rows[parquet] = rows[csv] = frame.num_rows
    return rows


def _copy_files(folder: Path, tiles: dict[str, Path], pictures: dict[str, list[Path]]) -> None:
    (folder / "tiles").mkdir()
    for name, path in sorted(tiles.items()):
        shutil.copyfile(path, folder / "tiles" / f"{name}.pmtiles")
    (folder / "pictures").mkdir()
    for place, path in place_pictures(pictures).items():
        (folder / place).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, folder / place)


def place_pictures(pictures: dict[str, list[Path]]) -> dict[str, Path]:
    """Where in a release each picture stands, in order: the first theatre's in ``pictures/``, others' below it."""
    first = next((name for name, paths in pictures.items() if paths), None)
    return {
        f"pictures/{path.name}" if name == first else f"pictures/{name}/{path.name}": path
        for name, paths in pictures.items()
        for path in paths
    }


def _checks(
    settings: Settings, folder: Path, theatres: dict[str, Theatre], validations: list[Validation]
) -> list[CheckEntry]:
    months = {name: theatre.months() for name, theatre in theatres.items()}
    with open_database(folder / DATABASE, settings) as connection:
        found = check_data(connection, months)
    found["expectations"] = [v.table for v in validations if not v.success]
    return [CheckEntry(check=check, passed=not failures, failures=len(failures)) for check, failures in found.items()]
