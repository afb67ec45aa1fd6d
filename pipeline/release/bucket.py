"""Releases in a bucket: complete or absent there too, and one pointer to the one in force.

Belongs here: sending a release to the store, the pointer, listing and removing, having a copy on this machine.
Does not belong here: judging a release (``verify``), the data folder's own releases and link (``publish``).

Why a reader never sees half a release, with no lock between machines:

1. Files go below ``releases/<id>/``, the manifest last and only if it is not there yet: a release without a manifest
   is none. The id is made of the content, so two publishers of the same state send the same files.
2. ``releases/latest.json`` is the pointer. It is written only over the version that was read before (``If-Match``), so
   of two publishers one goes first, and the other looks again at what is in force then. It holds the pinned versions
   too, by which the older of two states is refused; they are then noted in the release as well, for when it is no
   longer in force.
3. Who removes a release first leaves a mark of his own in it, then looks at the pointer, then deletes, and takes his
   mark away last; who moves the pointer to a release then looks whether it is whole and unmarked, and else moves it
   back. So a remover who came first is seen by his mark, or has deleted all that he will; one who comes later sees the
   pointer. A mark is another's to take away only an hour after it was left (by the store's clock), when its owner, who
   deletes for ten minutes at most and looks for his mark and at the pointer before each deletion, is dead or will stop.
   Nobody sends a release in which a mark stands. What is left to trust: that no single deletion is under way for longer
   than the fifty minutes between.
4. A reader takes a copy of the whole release, holds it against its manifest, and reads that.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from pipeline.errors import UserError
from pipeline.release.manifest import DATABASE, MANIFEST, PINNED, Manifest, newest_of, parse_pinned, pinned_bytes
from pipeline.release.verify import ReleaseRefused
from pipeline.storage import BucketStore

FOLDER = "releases"
POINTER = f"{FOLDER}/latest.json"
# Begins the name of each remover's mark.
REMOVED = ".removed"
# For so long a process goes on removing; so much later its mark, if still there, is another's to take away.
REMOVING_S = 600
ABANDONED_S = 3_600
# How often, and after which pause, who sends a release looks whether those who remove it are done.
LOOKS = 30
PAUSE_S = 2.0


class InForce(BaseModel):
    """The release in force, and the versions of the working tables that it, or its like, was made from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: str
    pinned: dict[str, int]


class Stored(NamedTuple):
    """A release in the bucket and when its manifest was written, by the store's clock."""

    manifest: Manifest
    written_ns: int


def read_pointer(bucket: BucketStore) -> InForce | None:
    """The release in force, None where there is none."""
    return _read_pointer(bucket)[0]


def _read_pointer(bucket: BucketStore) -> tuple[InForce | None, str | None]:
    try:
        body, tag = bucket.read_tagged(POINTER)
    except FileNotFoundError:
        return None, None
    return InForce.model_validate_json(body), tag


def send(bucket: BucketStore, folder: Path, manifest: Manifest) -> bool:
    """Send a release that was verified; False where the store has it. One broken off before is gone on with.

    Raises:
        ReleaseRefused: the store has another of the same id, or another process is removing it.
    """
    home = f"{FOLDER}/{manifest.release}"
    body = (folder / MANIFEST).read_bytes()
    present = _await_unmarked(bucket, manifest.release)
    if MANIFEST not in present:
        for output in manifest.outputs:
            if present.get(output.path) != output.bytes:
                bucket.write(f"{home}/{output.path}", folder / output.path)
        # Their bytes are each publisher's own. What is there is not changed under somebody who reads it.
        for name in (DATABASE, PINNED):
            bucket.create(f"{home}/{name}", folder / name)
        if bucket.create(f"{home}/{MANIFEST}", body):
            return True
    if _read_manifest(bucket, manifest.release) != body:
        raise ReleaseRefused(
            f"Release {manifest.release} exists in {bucket.uri(FOLDER)} with other content, though it was made from "
            "the same input, code and settings. One of them is damaged, or the code was changed without a new "
            "version: compare them, and remove the wrong one."
        )
    return False


def _await_unmarked(bucket: BucketStore, release: str) -> dict[str, int]:
    """Sizes of what the store has of a release once nobody removes it; a removal broken off long ago is finished."""
    for look in range(LOOKS):
        if look:
            time.sleep(PAUSE_S)
        present = bucket.sizes(f"{FOLDER}/{release}")
        marks = _marks(present)
        if not marks:
            return present
        if len(_abandoned(bucket, release)) == len(marks):
            remove(bucket, release)
    raise ReleaseRefused(
        f"Release {release} is being removed from {bucket.uri(FOLDER)} by another process. Run again; where that "
        f"process died, the next run or housekeeping {ABANDONED_S // 60} minutes later finishes what it began."
    )


def _read_manifest(bucket: BucketStore, release: str) -> bytes:
    try:
        return bucket.read(f"{FOLDER}/{release}/{MANIFEST}")
    except FileNotFoundError as error:
        raise _not_whole(bucket, release) from error


def put_in_force(
    bucket: BucketStore, release: str, pinned: dict[str, int], refuse: Callable[[InForce], None] = lambda _: None
) -> None:
    """Move the pointer to a release.

    Args:
        bucket: the store.
        release: id of the release, which the store has.
        pinned: versions of the working tables that it was made from.
        refuse: raises where what is in force must not be replaced; asked again whenever that has changed.

    Raises:
        ReleaseRefused: the release is being removed by another process.
    """
    _require_whole(bucket, release)
    while True:
        before, tag = _read_pointer(bucket)
        known: dict[str, int] = {}
        if before is not None and before.release == release:
            known = before.pinned
        elif before is not None:
            refuse(before)
        wanted = InForce(release=release, pinned=dict(sorted(newest_of(known, pinned).items())))
        # Also so where the store did it and the answer was lost.
        if before == wanted or bucket.swap(POINTER, _body(wanted), tag):
            break
    try:
        _require_whole(bucket, release)
    except ReleaseRefused:
        now, tag = _read_pointer(bucket)
        if before is not None and now == wanted:
            bucket.swap(POINTER, _body(before), tag)
        raise
    _raise_pinned(bucket, release, wanted.pinned)


def _raise_pinned(bucket: BucketStore, release: str, pinned: dict[str, int]) -> None:
    """Note newer versions from which the same content was made again: the one file that ever changes."""
    key = f"{FOLDER}/{release}/{PINNED}"
    known: dict[str, int] = {}
    with suppress(FileNotFoundError):  # it is no longer in force, and was removed meanwhile
        while known != newest_of(known, pinned):
            body, tag = bucket.read_tagged(key)
            with suppress(ValueError):
                known = parse_pinned(body)
            newest = newest_of(known, pinned)
            if newest != known and bucket.swap(key, pinned_bytes(newest), tag):
                return


def _body(pointer: InForce) -> bytes:
    return json.dumps(pointer.model_dump(), indent=1).encode() + b"\n"


def _require_whole(bucket: BucketStore, release: str) -> None:
    present = bucket.sizes(f"{FOLDER}/{release}")
    if MANIFEST in present and not _marks(present):
        manifest = Manifest.model_validate_json(_read_manifest(bucket, release))
        if all(present.get(output.path) == output.bytes for output in manifest.outputs) and DATABASE in present:
            return
    raise _not_whole(bucket, release)


def _not_whole(bucket: BucketStore, release: str) -> ReleaseRefused:
    return ReleaseRefused(
        f"Release {release} is not whole in {bucket.uri(FOLDER)}: another process is removing it, or a file of it was "
        "removed. What was in force stays. Run again; where that does not help, remove the rest of it."
    )


def read_stored(bucket: BucketStore, release: str) -> Stored:
    """A release in the bucket.

    Raises:
        FileNotFoundError: there is none of that id.
        UserError: its manifest cannot be read.
    """
    try:
        return _read_stored(bucket, release)
    except ValueError as error:
        where = bucket.uri(f"{FOLDER}/{release}/{MANIFEST}")
        raise UserError(f"{where} cannot be read as a manifest ({error.__class__.__name__})") from error


def _read_stored(bucket: BucketStore, release: str) -> Stored:
    key = f"{FOLDER}/{release}/{MANIFEST}"
    return Stored(Manifest.model_validate_json(bucket.read(key)), bucket.written_ns(key))


def read_stored_pinned(bucket: BucketStore, release: str) -> dict[str, int]:
    """Versions of the working tables that a release in the bucket was made from.

    Raises:
        UserError: they cannot be read.
    """
    key = f"{FOLDER}/{release}/{PINNED}"
    try:
        return parse_pinned(bucket.read(key))
    except (FileNotFoundError, ValueError) as error:
        raise UserError(f"{bucket.uri(key)} cannot be read ({error.__class__.__name__})") from error


def list_stored(bucket: BucketStore) -> list[Stored]:
    """All releases in the bucket. What has no readable manifest, or is being removed, is none."""
    found = []
    for release in bucket.folders(FOLDER):
        try:
            found.append(_read_stored(bucket, release))
        except (FileNotFoundError, ValueError):
            continue
    return found


def list_abandoned(bucket: BucketStore) -> list[str]:
    """Releases whose removal was broken off long ago."""
    return [release for release in bucket.folders(FOLDER) if _abandoned(bucket, release)]


def _marks(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(REMOVED)]


def _abandoned(bucket: BucketStore, release: str) -> list[str]:
    """Marks in a release that are so old that whoever left them is dead, or will see that they are gone."""
    times = bucket.times_ns(f"{FOLDER}/{release}")
    marks = _marks(times)
    limit = bucket.now_ns() - ABANDONED_S * 10**9 if marks else 0
    return [mark for mark in marks if times[mark] <= limit]


def remove(bucket: BucketStore, release: str) -> bool:
    """Remove a release, or the rest of one whose removal was broken off.

    Returns:
        False where it is not removed: it is in force, or was put in force meanwhile, or that took too long.
    """
    home, mark, begun = f"{FOLDER}/{release}", f"{REMOVED}-{uuid.uuid4().hex}", time.monotonic()

    def delete(names: Iterable[str]) -> None:
        bucket.delete([f"{home}/{name}" for name in names])

    def may_delete() -> bool:
        pointer = read_pointer(bucket)
        is_in_force = pointer is not None and pointer.release == release
        return not is_in_force and mark in bucket.sizes(home) and time.monotonic() - begun < REMOVING_S

    bucket.write(f"{home}/{mark}", b"")
    if not may_delete():
        delete([*_abandoned(bucket, release), mark])
        return False
    delete([MANIFEST])
    rest = [name for name in bucket.sizes(home) if not name.startswith(REMOVED)]
    if not may_delete():
        return False  # the mark stays: what was begun has to be finished
    delete(rest)
    delete([*_abandoned(bucket, release), mark])
    return True


def copy_to(bucket: BucketStore, manifest: Manifest, folder: Path) -> None:
    """Copy a release's files into a folder, which has none of them yet.

    Raises:
        FileNotFoundError: the release is being removed.
    """
    for name in (*(output.path for output in manifest.outputs), DATABASE, PINNED, MANIFEST):
        bucket.fetch(f"{FOLDER}/{manifest.release}/{name}", folder / name)
