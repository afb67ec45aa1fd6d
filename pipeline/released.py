"""Released: where the latest release lies, for those who read it, and what it says first.

Belongs here: finding it, having a copy of it where a bucket holds the releases, and saying that there is none, or that
a person went back to it.
Does not belong here: making a release (``release``), what else is read of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.errors import UserError
from pipeline.ledger import Ledger
from pipeline.settings import Settings

# What the ledger keeps of the release that was made last: step, theatre and part of its entry; and the note of earlier
# releases that a person put in force since.
RELEASE = ("release", "all", "latest")
CHOSEN = "chosen"


def latest_id(settings: Settings) -> str | None:
    """The release in force; None where there is none. Reads no more than a link or the bucket's pointer."""
    if settings.store:
        from pipeline.release.listing import in_force  # noqa: PLC0415 - loads where it is used

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


def has_release(settings: Settings) -> bool:
    """Whether there is a release."""
    return latest_id(settings) is not None


def say_rollback(settings: Settings) -> str | None:
    """That a person went back to the release in force, in words; None where nobody did."""
    entry = Ledger(settings).read(*RELEASE)
    latest = latest_id(settings)
    if entry is None or latest == entry.notes.get("id") or latest not in entry.notes.get(CHOSEN, ()):
        return None
    return f"rolled back by a person to {latest}, from {entry.notes.get('id')}"


def released_tables(settings: Settings, wanted: Mapping[str, str]) -> dict[str, str]:
    """Parquet files of tables of the latest release.

    Args:
        settings: settings.
        wanted: name for the reader → full table name.

    Returns:
        The same names → path of the table's file.

    Raises:
        UserError: there is no release, or it was made by a version that had no such table.
    """
    folder = latest_folder(settings) / "tables"
    if not folder.is_dir():
        raise _missing(settings)
    files = {name: folder / f"{table}.parquet" for name, table in wanted.items()}
    lacking = [file.stem for file in files.values() if not file.is_file()]
    if lacking:
        raise UserError(
            f"release {settings.latest.resolve().name} has no {' and no '.join(lacking)}: another version of this"
            " program made it. Run `isw-strikes run`, or go to a later release with `isw-strikes releases rollback ID`"
        )
    return {name: str(file) for name, file in files.items()}


def released_database(settings: Settings) -> Path:
    """The DuckDB file of the latest release; another release becoming the latest does not change which is meant.

    Raises:
        UserError: there is no release.
    """
    path = latest_folder(settings).resolve() / "strikes.duckdb"
    if not path.is_file():
        raise _missing(settings)
    return path


def told_first(settings: Settings, database: Path) -> list[str]:
    """The sentence of each source's headline over its theatre's main window, the main source's first.

    Args:
        settings: limits of the session.
        database: DuckDB file of a release.
    """
    from pipeline.publication import headline_sentences  # noqa: PLC0415 - heavy, and few readers ask
    from pipeline.release.database import open_database  # noqa: PLC0415 - as above
    from pipeline.theatres import theatres  # noqa: PLC0415 - as above

    with open_database(database, settings) as connection:
        headline = connection.execute("FROM marts.headline").to_arrow_table()
    return [told for theatre in theatres().values() for told in headline_sentences(theatre, headline).values()]


def _missing(settings: Settings) -> UserError:
    return UserError(f"there is no release in {settings.root}: run `isw-strikes run` first")
