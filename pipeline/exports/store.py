"""Taking files in: bytes are copied once, named by their SHA-256, and never changed.

Belongs here: copying, the cap on size, refusing what is not a plain file, noticing a file that changes.
Does not belong here: looking into the bytes.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import UserError
from pipeline.exports.types import Received
from pipeline.settings import Settings
from pipeline.storage import open_store

CHUNK = 1024 * 1024


def receive(settings: Settings, path: Path, received_at: datetime) -> Received:
    """Keep a file's bytes under their SHA-256; identical bytes are kept once.

    The copy is whole or not there: it is written aside and renamed. Its time stamp is ``received_at``.

    Args:
        settings: gives the folder and the cap on size, in bytes.
        path: the file.
        received_at: when the file was received, with a time zone.

    Raises:
        UserError: the file is missing, is no plain file, can't be read, is larger than the cap or changes
            while it is read. Nothing is kept then.
    """
    if received_at.tzinfo is None:
        raise ValueError("received_at has no time zone")
    settings.exports_dir.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".incoming-", dir=settings.exports_dir)
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as target, _open_plain(path) as source:
            digest, size = _copy(settings, path, source, target)
            target.flush()
            os.fsync(target.fileno())
        kept = _place(settings, digest)
        if not _is_kept(kept, digest):
            _keep(aside, kept, received_at)
        open_store(settings).keep(kept.relative_to(settings.root).as_posix(), kept)
    finally:
        aside.unlink(missing_ok=True)
    return Received(export_id=digest, sha256=digest, file_name=_readable(path.name), bytes=size, path=kept)


def fetch(settings: Settings, received: Received) -> Received:
    """The same export in this machine's data folder, fetched from the store that all machines share.

    Raises:
        UserError: the store does not have it, or has other bytes.
    """
    path = _place(settings, received.sha256)
    try:
        open_store(settings).fetch(path.relative_to(settings.root).as_posix(), path)
    except FileNotFoundError:
        raise UserError(
            f"{received.file_name}: its bytes are not in {open_store(settings).uri('exports')}: all machines need the "
            "same ISW_STORE, or one data folder"
        ) from None
    with path.open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != received.sha256:
            raise UserError(f"{received.file_name}: {path} does not hold what was received: remove it, and run again")
    return replace(received, path=path)


def _place(settings: Settings, digest: str) -> Path:
    return settings.exports_dir / digest[:2] / digest


def find_kept(settings: Settings, sha256: str, file_name: str) -> Received:
    """A file that was received before, by its bytes and the name under which it came; the bytes are checked.

    Raises:
        UserError: the bytes are not there, or are others.
    """
    path = _place(settings, sha256)
    try:
        open_store(settings).fetch(path.relative_to(settings.root).as_posix(), path)
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        why = error.strerror or "there is no such file"
        raise UserError(f"its bytes cannot be read from {path} ({why}): restore them from a copy") from error
    if found != sha256:
        raise UserError(f"its bytes in {path} are damaged (SHA-256 {found}): restore them from a copy")
    return Received(sha256, sha256, file_name, path.stat().st_size, path)


def _open_plain(path: Path) -> BinaryIO:
    # O_NONBLOCK: opening a named pipe that nobody writes to must not wait for ever.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        kind = path.lstat().st_mode
        if stat.S_ISREG(kind):
            return os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        reason = error.strerror or "it can't be opened"
        raise UserError(f"{path} was not received: {reason}. Check the path and who may read it.") from error
    what = "a link" if stat.S_ISLNK(kind) else "a folder" if stat.S_ISDIR(kind) else "a device, pipe or socket"
    raise UserError(f"{path} was not received: it is {what}. Give a plain file.")


def _copy(settings: Settings, path: Path, source: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    before = os.fstat(source.fileno())
    if not stat.S_ISREG(before.st_mode):
        raise UserError(f"{path} was not received: it is not a plain file. Give a plain file.")
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > settings.max_export_bytes:
            cap = f"max_export_bytes = {settings.max_export_bytes:,} (ISW_MAX_EXPORT_BYTES)"
            raise UserError(f"{path} was not received: larger than {cap}. Split it, or raise the cap if you trust it.")
        digest.update(chunk)
        target.write(chunk)
    after = os.fstat(source.fileno())
    if size != after.st_size or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise UserError(f"{path} was not received: it changed while it was read. Wait until it is complete.")
    return digest.hexdigest(), size


def _is_kept(kept: Path, digest: str) -> bool:
    """True where the bytes are there and still the same; what a disk lost or changed is kept again."""
    if not kept.is_file():
        return False
    with kept.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == digest


def _keep(aside: Path, kept: Path, received_at: datetime) -> None:
    kept.parent.mkdir(exist_ok=True)
    aside.chmod(0o444)
    os.utime(aside, (received_at.timestamp(), received_at.timestamp()))
    aside.replace(kept)
    folder = os.open(kept.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # a rename is only safe from a power cut once its folder is written
    finally:
        os.close(folder)


def _readable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")
