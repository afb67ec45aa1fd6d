"""The words that the readers share: what was received, what a reader gives, how a file is refused.

Belongs here: types without behaviour of their own.
Does not belong here: any format, and anything that touches a disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from pipeline.exports.pile import Pile
from pipeline.printing import printable
from pipeline.settings import Settings
from pipeline.theatres import Dialect


@dataclass(frozen=True)
class Received:
    """A file kept byte for byte.

    Attributes:
        export_id: what tells this export from others: ``sha256``, or a digest of it and the name.
        sha256: SHA-256 of the bytes, in hexadecimal.
        file_name: name under which the file was received.
        bytes: size in bytes.
        path: where the bytes are kept.
    """

    export_id: str
    sha256: str
    file_name: str
    bytes: int
    path: Path


@dataclass(frozen=True)
class Reading:
    """What came of reading one export.

    Attributes:
        export: row of ``raw.exports``.
        pile: rows of ``raw.records`` in the order of the file; none where it was refused.
        refused: rows of ``core.quarantine``; one where the file was refused, else none.
    """

    export: dict[str, Any]
    pile: Pile
    refused: pa.Table

    @property
    def records(self) -> pa.Table:
        """The rows of ``raw.records`` as one table."""
        return self.pile.table()


class Record(NamedTuple):
    """One row or feature, as its reader gives it.

    Attributes:
        layer: layer or folder within the file; empty where the format has none.
        number: number within the layer, from 1.
        line: line of the file on which it starts, for text formats.
        properties: its properties in the file's order, every value as the file has it.
        geometry: its geometry in OGC:CRS84, longitude before latitude, degrees; heights as in the file.
        problem: what is wrong with its shape, in words; None where nothing is.
    """

    layer: str
    number: int
    line: int | None
    properties: dict[str, Any]
    geometry: BaseGeometry | None = None
    problem: str | None = None


@dataclass
class Unpacked:
    """What was unpacked of an export so far: the cap holds for all archives within one another together."""

    bytes: int = 0


@dataclass(frozen=True)
class Given:
    """What a reader is given.

    Attributes:
        settings: gives the caps.
        path: the file, or a member of an archive that was unpacked.
        dialect: what the source says of its files.
        scratch: a private folder, which is there until the records are read.
        unpacked: counts what is unpacked.
    """

    settings: Settings
    path: Path
    dialect: Dialect
    scratch: Path
    unpacked: Unpacked = field(default_factory=Unpacked)

    def new_folder(self) -> Path:
        """A new folder in the scratch folder."""
        return Path(tempfile.mkdtemp(dir=self.scratch))


@dataclass(frozen=True)
class Content:
    """What a reader found in a file.

    Attributes:
        format: format of the content (``csv``, ``geojson``…).
        records: the records, read as they are asked for; may raise RefusedError.
        encoding: text encoding.
        crs: coordinate reference system as the file declares it.
        fields: names of the columns; None where each record has its own.
        notes: what the reader had to decide or to leave out, in words; complete once the records are read.
    """

    format: str
    records: Iterator[Record]
    encoding: str | None = None
    crs: str | None = None
    fields: tuple[str, ...] | None = None
    notes: list[str] = field(default_factory=list)


def _none(_names: Sequence[str]) -> set[str]:
    return set()


@dataclass(frozen=True)
class Reader:
    """One format.

    Attributes:
        name: name of the format, as in ``raw.exports``.
        sniff: whether a file is of the format, by its first bytes and, if an archive, its members' names.
        read: reads the file; raises RefusedError where it can't be read as a whole.
        own: which of an archive's members are of the format, by all members' names: those that are read, and what
            stands beside them (an index, a picture) and is no data.
    """

    name: str
    sniff: Callable[[bytes, Sequence[str]], bool]
    read: Callable[[Given], Content]
    own: Callable[[Sequence[str]], set[str]] = _none


class RefusedError(Exception):
    """A file can't be read as a whole.

    Args:
        code: code of a reason at level ``file``.
        value: what was found and where, in words.
        line: line of the file.
        layer: layer within the file.
        field: field at fault.
        cap: name of the cap in the settings that was exceeded.
    """

    def __init__(
        self,
        code: str,
        value: str,
        *,
        line: int | None = None,
        layer: str | None = None,
        field: str | None = None,
        cap: str | None = None,
    ) -> None:
        told = printable(value)  # it names what the file names
        super().__init__(f"{code}: {told}")
        self.code = code
        self.value = told
        self.line = line
        self.layer = None if layer is None else printable(layer)
        self.field = None if field is None else printable(field)
        self.cap = cap


def over_cap(settings: Settings, name: str, what: str, line: int | None = None) -> RefusedError:
    """A refusal because the cap ``name`` of the settings was exceeded; says which, its value and variable."""
    told = f"{what}: over {name} = {getattr(settings, name):,} (ISW_{name.upper()})"
    return RefusedError("export_cap_exceeded", told, line=line, cap=name)
