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

Publishers take turns only for steps 3 and 4 (``flock``, released by the kernel when a process dies), and so do those
who remove releases: what was found inside the turn is there until its end. The version test is made inside it too: the
slower of two runs that read older tables cannot put ``latest`` back.

Where several machines share a bucket (``ISW_STORE``), the data folder is this machine's copy: a release is sent to
the bucket before step 3, and what is in force is what the bucket's pointer says (``bucket``).
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipeline.errors import UserError
from pipeline.processes import take_turn
from pipeline.release import bucket as stored
from pipeline.release.bucket import InForce
from pipeline.release.build import BUILDING, remove_stale
from pipeline.release.listing import Release, in_force, linked, releases
from pipeline.release.manifest import MANIFEST, newest_of, read_manifest, read_pinned, write_pinned
from pipeline.release.verify import ReleaseRefused, require_sound, verify_copy
from pipeline.settings import Settings
from pipeline.storage import BucketStore, open_bucket

LOCK = ".lock"


@dataclass(frozen=True)
class Published:
    """A release that readers see now; ``already`` where the same one had been published before."""

    id: str
    path: Path
    already: bool


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
        _refuse_older(settings, in_force(settings), manifest.release, pinned)
        _flush(building)
        path = settings.releases_dir / manifest.release
        shared = open_bucket(settings)
        is_sent = shared is not None and stored.send(shared, building, manifest)
        with hold_turn(settings):
            if shared is None:
                _refuse_older(settings, in_force(settings), manifest.release, pinned)
            is_named = _name(building, path)
            if shared is not None:
                refuse = partial(_refuse_older, settings, release=manifest.release, pinned=pinned)
                stored.put_in_force(shared, manifest.release, pinned, refuse)
            _raise_pinned(path, pinned)
            _switch(settings, manifest.release)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    remove_stale(settings)
    return Published(manifest.release, path, already=not (is_named if shared is None else is_sent))


def copy_release(settings: Settings, release: str | None = None) -> Path:
    """Have a release in the data folder, by default the one in force, which is then ``latest`` there too.

    Where there is no bucket, nothing has to be done.

    Raises:
        UserError: there is no such release, or what the bucket sends is not what the manifest says.
    """
    shared = open_bucket(settings)
    if shared is None:
        return settings.releases_dir / release if release else settings.latest
    current = in_force(settings)
    wanted = release or (current.release if current else None)
    if wanted is None:
        raise UserError(f"there is no release in {shared.uri('')}: run `isw-strikes run` first")
    path = settings.releases_dir / wanted
    if not (path / MANIFEST).is_file():
        _copy(settings, shared, wanted)
    if current is not None and wanted == current.release and linked(settings) != wanted:
        with hold_turn(settings):
            if not path.is_dir():  # housekeeping on this machine was faster
                raise UserError(f"{path} was removed meanwhile: try again")
            _switch(settings, wanted)
    return path


def _copy(settings: Settings, shared: BucketStore, release: str) -> None:
    aside = settings.releases_dir / f"{BUILDING}{release}-{os.getpid()}"
    shutil.rmtree(aside, ignore_errors=True)
    try:
        stored.copy_to(shared, stored.read_stored(shared, release).manifest, aside)
        failures = verify_copy(aside, settings)
        if failures:
            raise UserError(f"the copy of {shared.uri(stored.FOLDER)}/{release} is damaged: {failures[0]}")
        _flush(aside)
        _name(aside, settings.releases_dir / release)
    except FileNotFoundError as error:
        raise UserError(f"{shared.uri(stored.FOLDER)}/{release} is gone or being removed: try again") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def rollback(settings: Settings, release: str) -> Release:
    """Make an earlier release the latest again; ``pipeline.due.roll_back`` keeps it until there is something new.

    Raises:
        UserError: there is no such release.
    """
    shared = open_bucket(settings)
    if shared is not None:
        found = _find(settings, release)
        stored.put_in_force(shared, release, stored.read_stored_pinned(shared, release))
        copy_release(settings)
    else:
        with hold_turn(settings):
            found = _find(settings, release)
            _switch(settings, release)
    return replace(found, is_latest=True)


def _find(settings: Settings, release: str) -> Release:
    known = {one.id: one for one in releases(settings)}
    if release not in known:
        listed = ", ".join(known) or "none"
        raise UserError(f"There is no release {release!r} in {settings.releases_dir}. There are: {listed}.")
    return known[release]


def _refuse_older(settings: Settings, current: InForce | None, release: str, pinned: dict[str, int]) -> None:
    """Refuse to replace a latest release that was made from a newer version of any table."""
    if current is None or current.release == release:
        return
    older = sorted(name for name in set(current.pinned) & set(pinned) if pinned[name] < current.pinned[name])
    if older:
        told = ", ".join(f"{name} (version {pinned[name]}, latest has {current.pinned[name]})" for name in older)
        shared = open_bucket(settings)
        raise ReleaseRefused(
            f"Release {release} does not become the latest: its tables are older than those of {current.release}: "
            f"{told}. Run again to make one from the newest. Where the working tables were made anew, so that their "
            f"versions count from zero: remove {shared.uri(stored.POINTER) if shared else settings.latest} and run "
            "again."
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
    newest = newest_of(known, pinned)
    if newest != known:
        aside = path.parent / f".pinned-{os.getpid()}"
        aside.mkdir(exist_ok=True)
        write_pinned(aside, newest)
        for file in aside.iterdir():
            file.replace(path / file.name)
        aside.rmdir()


def hold_turn(settings: Settings) -> AbstractContextManager[None]:
    """Be the only process that switches or removes releases; waits for another's turn to end."""
    return take_turn(settings.releases_dir / LOCK)


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
