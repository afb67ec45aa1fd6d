"""Table files: of which files a Delta table consists, whether they and its log are whole, and what if they are not.

Belongs here: what the log says, held against the folder; telling of damage; moving a damaged table out of the way.
Does not belong here: reading or writing a table (``lake``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.storage import open_store

PREFIX = "partition."


class DamagedTable(UserError):
    """A working table cannot be read; the message says which, why, and what to do."""


@dataclass(frozen=True)
class DataFile:
    """A data file as the log has it: path in the table's folder, bytes, values of the partition columns."""

    path: str
    size: int
    values: Mapping[str, str]

    def is_whole(self, folder: Path) -> bool:
        """True where the file is there and as long as the log says."""
        try:
            return (folder / self.path).stat().st_size == self.size
        except FileNotFoundError:
            return False


def data_files(delta: DeltaTable) -> list[DataFile]:
    """The files of which a table consists at its version, by path."""
    found = []
    for action in pa.table(delta.get_add_actions(flatten=True)).to_pylist():
        values = {key.removeprefix(PREFIX): str(value) for key, value in action.items() if key.startswith(PREFIX)}
        found.append(DataFile(action["path"], action["size_bytes"], values))
    return sorted(found, key=lambda one: one.path)


def of_partition(files: Iterable[DataFile], where: Mapping[str, str]) -> tuple[str, ...]:
    """Paths of the files of one partition."""
    return tuple(one.path for one in files if all(one.values.get(key) == value for key, value in where.items()))


def has_empty_entry(folder: Path, known: set[str]) -> bool:
    """True where a table's log has an empty entry. A power cut can leave one, and Delta takes it for a commit that
    changed nothing.

    Args:
        folder: the table's.
        known: entries found whole before; those found now are added.
    """
    for entry in os.scandir(folder / "_delta_log"):
        if entry.name.endswith(".json") and entry.path not in known:
            if not entry.stat().st_size:
                return True
            known.add(entry.path)
    return False


def damaged(settings: Settings, name: str, why: str) -> DamagedTable:
    """The error for a damaged table: which, why, and what to do."""
    store = open_store(settings)
    if table(name).schema_name == "raw":
        todo = (
            "It holds what was received, so it is not made anew by itself: restore the folder from a backup, or move "
            f"{store.uri('')} away and ingest the exports again; their bytes are kept in {store.uri('exports')}"
        )
    elif store.folder("lake") is None:
        todo = "Remove it there and run again: it is made again from what was received"
    else:
        todo = "Run `isw-strikes run --force`: it is made again from what was received"
    address = store.uri(f"lake/{name}")
    return DamagedTable(f"{address} is damaged: {why}. {todo}.")


def put_aside(folder: Path) -> int:
    """Move a damaged table out of the way, to a name that nobody reads.

    Returns:
        Its newest version; 0 where another run moved it away meanwhile.
    """
    aside = folder.with_name(f".damaged-{folder.name}-{time.time_ns()}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        return 0
    return max(int(entry.stem) for entry in (aside / "_delta_log").glob("*.json") if entry.stem.isdecimal())
