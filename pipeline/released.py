"""Released: where the tables of the latest release lie, for those who read it.

Belongs here: finding them, and saying that there are none. Does not belong here: making a release (``release``), what
is read of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.errors import UserError
from pipeline.settings import Settings


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
    folder = settings.latest / "tables"
    if not folder.is_dir():
        raise UserError(f"there is no release in {settings.root}: run `isw-strikes run` first")
    return {name: str(folder / f"{table}.parquet") for name, table in wanted.items()}
