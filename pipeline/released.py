"""Released: where the latest release lies, for those who read it.

Belongs here: finding it, having a copy of it where a bucket holds the releases, and saying that there is none.
Does not belong here: making a release (``release``), what is read of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import UserError
from pipeline.settings import Settings


def latest_id(settings: Settings) -> str | None:
    """The release in force; None where there is none. Reads no more than a link or the bucket's pointer."""
    if settings.store:
        from pipeline.release.publish import in_force  # noqa: PLC0415 - loads where it is used

        current = in_force(settings)
        return current.release if current else None
    return settings.latest.resolve().name if settings.latest.exists() else None


def latest_folder(settings: Settings) -> Path:
    """Folder of the release in force; from a bucket it is copied into the data folder first, if it is not there.

    Raises:
        UserError: a bucket holds no release, or its copy differs from its manifest.
    """
    if settings.store:
        from pipeline.release.publish import copy_release  # noqa: PLC0415 - loads where it is used

        copy_release(settings)
    return settings.latest


def released_tables(settings: Settings, wanted: Mapping[str, str]) -> dict[str, str]:
    """Parquet files of tables of the latest release.

    Args:
        settings: settings.
        wanted: name for the reader → full table name.

    Returns:
        The same names → path of the table's file.

    Raises:
        UserError: there is no release.
    """
    folder = latest_folder(settings) / "tables"
    if not folder.is_dir():
        raise UserError(f"there is no release in {settings.root}: run `isw-strikes run` first")
    return {name: str(folder / f"{table}.parquet") for name, table in wanted.items()}
