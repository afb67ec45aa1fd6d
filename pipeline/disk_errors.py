"""Disk errors: what the operating system says when nothing can be written or read, in words and with what to do.

Belongs here: recognising a full disk, a limit, a read-only folder, missing rights and a folder that cannot be made,
whoever reports them: Python, DuckDB, the Delta library or SQLite. Does not belong here: any other error; those are
faults of the program.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

FREE, WRITABLE, LIMIT, FAULT = "room", "rights", "limit", "fault"
# By number where there is one; by text where a native library tells only that.
NUMBERS = {
    errno.ENOSPC: FREE, errno.EDQUOT: FREE, errno.EFBIG: LIMIT,
    errno.EROFS: WRITABLE, errno.EACCES: WRITABLE, errno.EPERM: WRITABLE, errno.EIO: FAULT,
}  # fmt: skip
TEXTS = {
    "no space left on device": FREE,
    "disk quota exceeded": FREE,
    "database or disk is full": FREE,
    "file too large": LIMIT,
    "read-only file system": WRITABLE,
    "permission denied": WRITABLE,
    "operation not permitted": WRITABLE,
    "attempt to write a readonly database": WRITABLE,
    "unable to open database file": WRITABLE,
    # SQLite's words for a full disk, too, where it maps its file into memory.
    "disk i/o error": FAULT,
}


def in_words(error: BaseException, root: Path) -> str | None:
    """What stopped the work and what to do, where it was the disk; None where it was something else.

    Args:
        error: what was raised; the errors that led to it are looked at too.
        root: the data folder.
    """
    if isinstance(error, FileNotFoundError) and not root.is_dir() and Path(_path(error) or "").is_relative_to(root):
        return _tell(WRITABLE, str(root), root)
    for one in _chain(error):
        number = one.errno if isinstance(one, OSError) else None
        kind = NUMBERS.get(number) if number is not None else _kind(str(one))
        if kind is not None:
            return _tell(kind, _path(one), root)
    return None


def text_in_words(text: str, root: Path) -> str | None:
    """The same for an error of which only its text is at hand."""
    kind = _kind(text)
    return None if kind is None else _tell(kind, _quoted(text), root)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _kind(text: str) -> str | None:
    lowered = text.lower()
    return next((kind for said, kind in TEXTS.items() if said in lowered), None)


def _path(error: BaseException) -> str | None:
    name = getattr(error, "filename2", None) or getattr(error, "filename", None)
    if isinstance(name, str | bytes | os.PathLike):
        return os.fsdecode(name)
    return _quoted(str(error))


def _quoted(text: str) -> str | None:
    """A path that a message quotes."""
    found = re.search(r"""(["'])(/.+?)\1""", text)
    return found.group(2) if found else None


def _tell(kind: str, path: str | None, root: Path) -> str:
    what = path or str(root)
    after = "What was finished stays, and readers see the release before; run again and it goes on from there."
    if kind == WRITABLE:
        return f"{what} cannot be written: make it writable for this user, or set ISW_DATA to another folder. {after}"
    if kind == LIMIT:
        return f"{what} is larger than this process may write: raise the limit (`ulimit -f`). {after}"
    said = "the disk is full" if kind == FREE else "the disk is full or at fault"
    return f"{what} could not be written: {said} ({_free(what)}). Free some, or set ISW_DATA to another folder. {after}"


def _free(place: str) -> str:
    """How much room there is where a path lies, or would."""
    path = Path(place)
    while not path.exists() and path != path.parent:
        path = path.parent
    return f"{shutil.disk_usage(path).free / 1024**2:,.1f} MiB free"
