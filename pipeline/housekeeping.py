"""Housekeeping: removing what nobody needs any more.

Belongs here: older releases, data files of old versions of the working tables, leftovers of processes that died.
Does not belong here: Dagster's runs and events (``assets.housekeeping``), anything received: exports, records, what
people corrected, and files that were taken from the inbox stay for good.

A version of a table that a kept release pins stays readable: its data files are kept, and no write ever cuts a table's
log (``lake``), without which a version cannot be found. The log of a table is small: a few kilobytes a commit.

Nothing is compacted. A write replaces a whole partition, so a partition is one file already (or a few, cut by size),
and the ledger knows each part by the names of its files: files merged across parts would make every part stale, and
all would be made again for nothing.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.fs
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler

from pipeline.as_of import FOLDER, hold_turn, scratch_of
from pipeline.catalogue import tables
from pipeline.errors import UserError
from pipeline.lake import UNCUT, Lake
from pipeline.processes import is_own, spill_folder
from pipeline.release import list_stale, pinned_by, prune, releases, removable, superfluous
from pipeline.settings import Settings
from pipeline.space import size_of
from pipeline.table_files import DamagedTable

HOUR = 3_600
# What a process writes aside and puts in its place at once: after a day nobody is still at it.
ASIDE_HOURS = 24
ASIDE = (
    ".latest-*", ".reading-*", "*.tmp", "exports/.incoming-*", "exports/*/.*.part", "releases/.pinned-*", "work/*",
    "ledger/**/*.tmp", "as_of/.*.duckdb.tmp", "fetched/*/*/seen.json.tmp", "fetched/*/*/whole/*",
)  # fmt: skip
# A download that was cut off is gone on with; a server has forgotten that version after a week.
PARTIAL_HOURS = 7 * 24
PARTIAL = ("fetched/*/*/download.part", "fetched/*/*/download.mark")
# Archives are unpacked, and mappings tried, among temporary files.
SCRATCH = ("isw-export-*", "isw-strikes-trial-*")


@dataclass(frozen=True)
class Tidied:
    """What was removed, or would be: how many of what, their size in bytes, and what else is worth saying."""

    what: str
    count: int
    bytes: int
    remark: str = ""

    def in_words(self) -> str:
        """One line."""
        size = f"{self.bytes / 1024**2:,.1f} MiB" if self.count else "nothing to remove"
        return f"{self.what}: {self.count:,}, {size}" + (f" ({self.remark})" if self.remark else "")


def tidy(settings: Settings, is_dry: bool = False, on_progress: Callable[[str], None] = lambda _: None) -> list[Tidied]:
    """Remove what nobody needs any more.

    Args:
        settings: the data folder, and how long what is kept.
        is_dry: only say what would be removed.
        on_progress: told a line when a kind of thing is done.
    """
    done = []
    for clean in (_releases, _tables, _other_days, _leftovers):
        done.append(clean(settings, is_dry))
        on_progress(done[-1].in_words())
    return done


def _releases(settings: Settings, is_dry: bool) -> Tidied:
    found = removable(settings, releases(settings))
    # Of a bucket, those that were never copied to this machine take no room on it.
    sizes = {release.path: size_of(release.path) for release in found if release.path.exists()}
    if not is_dry:
        found = prune(settings)
        sizes = {path: size for path, size in sizes.items() if not path.exists()}
    return Tidied(
        "older releases", len(found), sum(sizes.values()), f"ISW_KEEP_RELEASES keeps {settings.keep_releases}"
    )


def _tables(settings: Settings, is_dry: bool) -> Tidied:
    lake = Lake(settings)
    # Releases that are removed now pin nothing any more.
    known = releases(settings)
    removed = {release.id for release in superfluous(known, settings.keep_releases)}
    what = "data files of old versions of tables"
    kept_releases = [release for release in known if release.id not in removed]
    try:
        pinned = [versions for release in kept_releases for versions in pinned_by(settings, release)]
    except UserError as error:
        return Tidied(what, 0, 0, f"none is removed, as a release does not say which it pins: {error}")
    count, size, lost = 0, 0, set()
    for name in tables():
        delta = lake.delta(name)
        if delta is None:
            continue
        wanted = {versions[name] for versions in pinned if name in versions}
        kept = sorted(version for version in wanted if _is_there(lake, name, version))
        lost |= {f"{name} {version}" for version in wanted - set(kept)}
        found = _unneeded(delta, kept, settings.vacuum_after_hours)
        if found and not is_dry:
            _vacuum(delta, kept, settings.vacuum_after_hours, dry_run=False)
        count, size = count + len(found), size + sum(found.values())
    remark = f"releases pin versions that are gone: {', '.join(sorted(lost))}" if lost else ""
    return Tidied(what, count, size, remark)


def _other_days(settings: Settings, is_dry: bool) -> Tidied:
    """Of the tables that were made as of other days only the newest version is ever read, in its turn."""
    count, size = 0, 0
    if (settings.root / FOLDER).is_dir():
        with hold_turn(settings):
            lake = Lake(scratch_of(settings))
            for delta in filter(None, map(lake.delta, tables())):
                found = _unneeded(delta, [], hours=0)
                if found and not is_dry:
                    _vacuum(delta, [], hours=0, dry_run=False)
                count, size = count + len(found), size + sum(found.values())
    return Tidied("data files of tables as of other days", count, size)


def _is_there(lake: Lake, name: str, version: int) -> bool:
    """True where a table still has a version; not so where the working tables were made anew."""
    try:
        return lake.delta(name, version) is not None
    except (DeltaError, DamagedTable):
        return False


def _unneeded(delta: DeltaTable, kept: list[int], hours: int) -> dict[str, int]:
    """Data files that neither the newest nor a kept version needs, with their sizes in bytes.

    Delta lists those that it has removed before, too; what is not there any more does not count.
    """
    files = pyarrow.fs.PyFileSystem(DeltaStorageHandler.from_table(delta._table))
    root = delta.table_uri.removeprefix("file://").rstrip("/") + "/"
    names = [name.removeprefix(root) for name in _vacuum(delta, kept, hours, dry_run=True)]
    found = files.get_file_info(names) if names else []
    return {info.path: info.size for info in found if info.type is pyarrow.fs.FileType.File}


def _vacuum(delta: DeltaTable, kept: list[int], hours: int, dry_run: bool) -> list[str]:
    """Vacuum, files that no commit names included: a process that died before its commit leaves such."""
    return delta.vacuum(
        hours,
        dry_run=dry_run,
        enforce_retention_duration=False,
        full=True,
        keep_versions=kept,
        post_commithook_properties=UNCUT,
    )


def _leftovers(settings: Settings, is_dry: bool) -> Tidied:
    found = list(_left_over(settings))
    size = sum(size_of(path) for path in found)
    if not is_dry:
        for path in found:
            remove(path)
        spill_folder()  # which removes those of processes that died
    return Tidied("leftovers of runs that were ended", len(found), size)


def _left_over(settings: Settings) -> Iterator[Path]:
    temporary = Path(tempfile.gettempdir())
    yield from _older(settings.root, ASIDE, ASIDE_HOURS)
    yield from _older(settings.root, PARTIAL, PARTIAL_HOURS)
    yield from (path for path in _older(temporary, SCRATCH, ASIDE_HOURS) if is_own(path))
    yield from list_stale(settings)


def _older(root: Path, patterns: Iterable[str], hours: int) -> Iterator[Path]:
    """Paths that match, in which nothing was written for so long."""
    limit = time.time() - hours * HOUR
    for pattern in patterns:
        yield from (path for path in sorted(root.glob(pattern)) if _last_written(path) < limit)


def _last_written(path: Path) -> float:
    """When a file, or the newest of a folder, was written; now where it is taken away meanwhile."""
    try:
        return max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    except FileNotFoundError:
        return time.time()


def remove(path: Path) -> None:
    """Remove a file, link or folder; one that is gone already does not matter."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
