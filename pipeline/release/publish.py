"""Letting readers see a release, or an earlier one again.

Belongs here: the one switch, and what must hold for it. Does not belong here: making or judging the files.

Why a reader never sees half a release, wherever a process dies:

1. All is written into ``releases/.building-<id>-<pid>``, a name that no reader and no listing looks at. A
   process that dies here leaves a folder that the next build or publication removes, as its process is gone.
2. Every file and folder is flushed to the disk before the folder gets its name, so that a power cut cannot
   leave a name without its content.
3. One ``rename`` gives it the name ``releases/<id>``: the name appears with all its files, or not at all.
   Dying after it leaves a whole release that is not the latest; the next run finds it and goes on from there.
4. ``latest`` is a symbolic link. A new link is made under another name and put over the old one by one
   ``rename``: a reader follows the old link or the new one. Files of a release never change, so a reader that
   opened the old one keeps reading it.

Publishers take turns only for step 4 (``flock``, released by the kernel when a process dies), and the version
test is made inside that turn: the slower of two runs that read older tables cannot put ``latest`` back.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from pipeline.release.build import BUILDING, remove_stale
from pipeline.release.manifest import MANIFEST, Manifest, read_manifest, read_pinned, write_pinned
from pipeline.release.verify import ReleaseRefused, require_sound
from pipeline.settings import Settings

LOCK = ".lock"


@dataclass(frozen=True)
class Published:
    """A release that readers see now; ``already`` where the same one had been published before."""

    id: str
    path: Path
    already: bool


@dataclass(frozen=True)
class Release:
    """A release on the disk."""

    id: str
    path: Path
    as_of: str
    code_version: str
    is_latest: bool
    rows: dict[str, int]


def publish(settings: Settings, building: Path) -> Published:
    """Verify a built release, give it its name, and make it the latest.

    Args:
        settings: where releases live.
        building: folder that :func:`pipeline.release.build.build_release` returned. It is gone afterwards.

    Raises:
        ReleaseRefused: a check failed; or ``latest`` was made from newer tables; or a release of the same id
            has other content. ``latest`` is as it was.
    """
    try:
        require_sound(building, settings)
        manifest, pinned = read_manifest(building), read_pinned(building)
        _refuse_older(settings, manifest.release, pinned)
        _flush(building)
        path = settings.releases_dir / manifest.release
        already = not _name(building, path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    with hold_turn(settings):
        _refuse_older(settings, manifest.release, pinned)
        _raise_pinned(path, pinned)
        _switch(settings, manifest.release)
    remove_stale(settings)
    return Published(manifest.release, path, already)


def releases(settings: Settings) -> list[Release]:
    """All releases on the disk, oldest first. Folders without a readable manifest are not releases."""
    latest = _latest_id(settings)
    found = []
    for path in settings.releases_dir.glob(f"*/{MANIFEST}"):
        if path.parent.name.startswith(BUILDING):
            continue
        try:
            manifest = read_manifest(path.parent)
        except UserError:
            continue
        found.append(_release(path.parent, manifest, latest))
    # Of the same exports newer code may make another release: the later one is the one that was made later.
    return sorted(found, key=lambda one: (one.as_of, one.path.stat().st_mtime_ns, one.id))


def rollback(settings: Settings, release: str) -> Release:
    """Make an earlier release the latest again. The next publication from newer tables goes forward as usual.

    Raises:
        UserError: there is no such release.
    """
    known = {one.id: one for one in releases(settings)}
    if release not in known:
        listed = ", ".join(known) or "none"
        raise UserError(f"There is no release {release!r} in {settings.releases_dir}. There are: {listed}.")
    with hold_turn(settings):
        _switch(settings, release)
    return _release(known[release].path, read_manifest(known[release].path), release)


def _release(path: Path, manifest: Manifest, latest: str | None) -> Release:
    return Release(
        id=manifest.release,
        path=path,
        as_of=manifest.as_of,
        code_version=manifest.code_version,
        is_latest=manifest.release == latest,
        rows={name: entry.rows for name, entry in manifest.tables.items()},
    )


def _latest_id(settings: Settings) -> str | None:
    return settings.latest.readlink().name if settings.latest.is_symlink() else None


def _refuse_older(settings: Settings, release: str, pinned: dict[str, int]) -> None:
    """Refuse to replace a latest release that was made from a newer version of any table."""
    latest = _latest_id(settings)
    if latest is None or latest == release:
        return
    current = read_pinned(settings.releases_dir / latest)
    older = sorted(name for name in set(current) & set(pinned) if pinned[name] < current[name])
    if older:
        told = ", ".join(f"{name} (version {pinned[name]}, latest has {current[name]})" for name in older)
        raise ReleaseRefused(
            f"Release {release} does not become the latest: its tables are older than those of {latest}: "
            f"{told}. Run again to make one from the newest. Where the working tables were made anew, so "
            f"that their versions count from zero: remove {settings.latest} and run again."
        )


def _name(building: Path, path: Path) -> bool:
    """Give a built release its name; False where the same release has it already.

    Raises:
        ReleaseRefused: another release of that name has other content.
    """
    try:
        # A folder replaces no folder that holds anything: of two publishers, one succeeds.
        building.rename(path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if (building / MANIFEST).read_bytes() == (path / MANIFEST).read_bytes():
            return False
        raise ReleaseRefused(
            f"Release {path.name} exists with other content, though it was made from the same input, code "
            "and settings. One of them is damaged, or the code was changed without a new version: compare "
            f"{path} with a fresh build, and move it away if it is the wrong one."
        ) from error
    _flush_folder(path.parent)
    return True


def _raise_pinned(path: Path, pinned: dict[str, int]) -> None:
    """Note newer versions from which the same content was made again: the one file that ever changes."""
    known = read_pinned(path)
    newest = {name: max(version, known.get(name, version)) for name, version in {**known, **pinned}.items()}
    if newest != known:
        aside = path.parent / f".pinned-{os.getpid()}"
        aside.mkdir(exist_ok=True)
        write_pinned(aside, newest)
        for file in aside.iterdir():
            file.replace(path / file.name)
        aside.rmdir()


@contextmanager
def hold_turn(settings: Settings) -> Iterator[None]:
    """Be the only process that switches or removes releases; waits for another's turn to end."""
    settings.releases_dir.mkdir(parents=True, exist_ok=True)
    with (settings.releases_dir / LOCK).open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _switch(settings: Settings, release: str) -> None:
    """Point ``latest`` at a release: relative, so that the data folder can be moved."""
    aside = settings.root / f".latest-{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path(settings.releases_dir.name) / release)
    aside.replace(settings.latest)
    _flush_folder(settings.root)


def _flush(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _flush_folder(path)
    _flush_folder(folder)


def _flush_folder(path: Path) -> None:
    """Flush a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
