"""Inspection: an export as columns of texts and shapes, whatever its format.

Belongs here: reading the file and counting what its columns hold. Does not belong here: what a column may mean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unicodedata import category

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from pipeline.catalogue import table
from pipeline.column_names import plain, words
from pipeline.errors import UserError
from pipeline.exact_json import decode
from pipeline.mapping import pick_properties
from pipeline.property_names import RESERVED
from pipeline.settings import Settings
from pipeline.theatres import Dialect, Source, theatres
from pipeline.trial import read_aside

SHOWN = 60
NESTED = re.compile(r"\s*[\[{]")
POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON, shapely.GeometryType.GEOMETRYCOLLECTION)


class UnreadError(UserError):
    """A file that was refused as a whole, with the code of the reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, eq=False)
class Column:
    """A column or property: the text of each record, trimmed; null where it has none."""

    name: str
    texts: pa.Array

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows of each different text, the most frequent first."""
        counted = Counter(text for text in self.texts.to_pylist() if text is not None)
        return dict(sorted(counted.items(), key=lambda found: (-found[1], found[0])))

    @property
    def filled(self) -> int:
        """Rows that have a text."""
        return len(self.texts) - int(self.texts.null_count)

    @property
    def plain_name(self) -> str:
        """Its name as letters and digits in lower case."""
        return plain(self.name)

    @property
    def is_nested(self) -> bool:
        """Whether it holds lists or objects."""
        return bool(self.counts) and all(NESTED.match(text) for text in self.counts)

    def share(self, is_fit: pa.Array) -> float:
        """Share of the filled rows that fit."""
        return (pc.sum(pc.cast(is_fit, pa.int64())).as_py() or 0) / self.filled if self.filled else 0.0


@dataclass(frozen=True)
class Inspection:
    """What was found in a file.

    Attributes:
        file_name: its name.
        export: the row of ``raw.exports`` that it would get.
        columns: its columns, in order of first appearance; empty ones are left out.
        empty: names of columns without any text.
        layers: records of each layer.
        latitude: latitude of each record's point, degrees; NaN where it has none.
        longitude: longitude likewise.
        centres: longitude and latitude of the middle of each record's shape, of whatever kind; NaN where it has none.
        polygons: records with an area.
        faulty: records whose shape is broken.
        first_line: line or row on which the first record starts; None where the format has none.
    """

    file_name: str
    export: dict[str, Any]
    columns: dict[str, Column]
    empty: list[str]
    layers: dict[str, int]
    latitude: np.ndarray[Any, np.dtype[np.float64]]
    longitude: np.ndarray[Any, np.dtype[np.float64]]
    centres: np.ndarray[Any, np.dtype[np.float64]]
    polygons: int
    faulty: int
    first_line: int | None = None

    @property
    def rows(self) -> int:
        """Number of records."""
        return int(self.export["record_count"])

    @property
    def points(self) -> int:
        """Records with a point."""
        return int(np.count_nonzero(~np.isnan(self.latitude)))

    def centres_in(self, extent: tuple[float, float, float, float]) -> tuple[int, int]:
        """Records whose shape's middle lies in an extent (west, south, east, north), and records with a shape."""
        west, south, east, north = extent
        x, y = self.centres.T
        inside = (west <= x) & (x <= east) & (south <= y) & (y <= north)
        return int(np.count_nonzero(inside)), int(np.count_nonzero(~np.isnan(x)))

    def named(self, names: Iterable[str], among: Iterable[Column] | None = None) -> list[Column]:
        """Columns of these names, in the names' order; then those that end with one (airwars_id), then begin so."""
        columns = list(self.columns.values() if among is None else among)
        wanted = [plain(name) for name in names]
        spelled = [
            [c for name in wanted for c in columns if told(c) == name]
            for told in (lambda c: c.plain_name, lambda c: words(c.name)[-1], lambda c: words(c.name)[0])
        ]
        exact, *parts = spelled
        return list(dict.fromkeys([*exact, *(c for part in parts for c in part if len(c.plain_name) > 1)]))


def inspect(settings: Settings, path: Path, dialect: Dialect) -> Inspection:
    """Read a file whole.

    Args:
        settings: gives the caps.
        path: the file.
        dialect: what is known of the file.

    Raises:
        UnreadError: it cannot be read; the message says why and what to do.
        UserError: there is no such file, or it is larger than the cap.
    """
    nothing = Source(
        name="new", kind="strikes", title="", publisher="", credit="", terms="", key=(), fields={}, dialect=dialect
    )
    any_theatre = next(iter(theatres().values()))  # only named in the rows that are read, and those are thrown away
    with read_aside(settings, path, any_theatre, nothing) as reading:
        if reading.export["problem"]:
            raise UnreadError(
                f"{reading.export['problem']} What a file does not say of itself is told with --dialect, "
                "such as --dialect sheet=Strikes, header_row=2 or crs=EPSG:32637.",
                reading.export["problem_code"],
            )
        names = _names(reading.records)
        exports = table("raw.exports").conform([reading.export])
        frame, texts = pick_properties(reading.records, exports, names)
        shapes = shapely.from_wkb(frame.column("geometry").to_numpy())
        kinds = shapely.get_type_id(shapes)
        bounds = shapely.bounds(shapes)
        points = np.where(kinds == shapely.GeometryType.POINT, shapes, None)
        columns = {name: Column(name, _trimmed(texts[name])) for name in names}
        return Inspection(
            path.name,
            reading.export,
            {name: column for name, column in columns.items() if column.filled},
            [name for name, column in columns.items() if not column.filled],
            dict(sorted(Counter(frame.column("layer").to_pylist()).items())),
            shapely.get_y(points),
            shapely.get_x(points),
            np.column_stack([bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]]) / 2,
            int(np.isin(kinds, POLYGONS).sum()),
            frame.num_rows - frame.column("problem").null_count,
            pc.min(frame.column("line_no")).as_py(),
        )


def _names(records: pa.Table) -> list[str]:
    found: dict[str, None] = {}
    for text in records.column("properties").to_pylist():
        found.update(dict.fromkeys(decode(text)))
    return [name for name in found if name not in RESERVED]


def _trimmed(texts: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    return pc.if_else(pc.equal(trimmed, ""), None, trimmed)


def visible(text: str) -> str:
    """A text to be printed: control and format characters, such as turns of direction, are replaced by �."""
    return "".join("�" if category(character) in ("Cc", "Cf") else character for character in text)


def quoted(text: str) -> str:
    """A text to be printed in quotation marks, and not for ever."""
    seen = visible(text)
    return f"'{seen[:SHOWN]}…'" if len(seen) > SHOWN else f"'{seen}'"


def examples(counts: dict[str, int], most: int = 3) -> str:
    """The most frequent texts with their counts: ``'village' (276), 'city' (171) and 8 more``."""
    told = [f"{quoted(text)} ({count:,})" for text, count in list(counts.items())[:most]]
    more = len(counts) - len(told)
    return ", ".join(told) + (f" and {more:,} more" if more else "")
