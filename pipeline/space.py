"""Space: whether the disk has room for what a run writes, before it writes anything.

Belongs here: a rough estimate from what there is, and the refusal in words. Does not belong here: making room
(``housekeeping``), a disk that fills up all the same: a write then fails whole, and the next run goes on from there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline.errors import UserError
from pipeline.settings import Settings

# A file of the inbox is kept as it is, as records, and as what is mapped and made of them.
COPIES = 4


def require_space(settings: Settings) -> None:
    """Check that the disk of the data folder has room for a run.

    Raises:
        UserError: it has not; the message says how much is missing and what to do.
    """
    needed, free = estimate_bytes(settings), free_bytes(settings)
    missing = needed + settings.min_free_bytes - free
    if missing > 0:
        raise UserError(
            f"{settings.root} has {_told(free)} free, and a run may write {_told(needed)} and leaves "
            f"{_told(settings.min_free_bytes)} alone (ISW_MIN_FREE_BYTES): {_told(missing)} are missing. Nothing was "
            "begun. Make room (`isw-strikes housekeeping`), or set ISW_DATA to a folder on another disk."
        )


def estimate_bytes(settings: Settings) -> int:
    """Bytes that a run may write: what waits in the inbox, several times over, and one more release."""
    return COPIES * size_of(settings.inbox_dir.resolve()) + size_of(settings.latest.resolve())


def free_bytes(settings: Settings) -> int:
    """Bytes that are free on the disk of the data folder, or of the nearest folder above that exists."""
    folder = settings.root
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def size_of(path: Path) -> int:
    """Size of a file or link, or of the files in a folder, in bytes, without what another run takes away meanwhile."""
    if path.is_dir() and not path.is_symlink():
        return sum(_file_size(Path(parent, name)) for parent, _, names in os.walk(path) for name in names)
    return _file_size(path)


def _file_size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def _told(size: int) -> str:
    return f"{size / 1024**3:,.1f} GiB" if size >= 1024**3 else f"{size / 1024**2:,.1f} MiB"
