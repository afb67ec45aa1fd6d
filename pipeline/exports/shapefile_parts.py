"""The parts of zipped Shapefiles: which members make a layer, and whether they are whole and fit each other.

Belongs here: unpacking a layer's parts under plain names, their lengths and counts, the bytes of one shape.
Does not belong here: what the parts mean (``shapefile``).
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.exports import archives
from pipeline.exports.types import Given, RefusedError

NEEDED = (".shp", ".shx", ".dbf")
PARTS = (*NEEDED, ".prj", ".cpg")
# What programs write beside a layer: its indexes, how it is drawn, who made it.
BESIDE = (
    ".sbn",
    ".sbx",
    ".qix",
    ".ain",
    ".aih",
    ".atx",
    ".fbn",
    ".fbx",
    ".ixs",
    ".mxs",
    ".cst",
    ".qpj",
    ".idm",
    ".ind",
)
DRAWN = (".qml", ".qmd", ".sld", ".lyr", ".lyrx", ".avl", ".xml")
MAGIC = 9994
NULL_SHAPE = b"\0\0\0\0"


@dataclass(frozen=True)
class Layer:
    """One layer of an archive, unpacked.

    Attributes:
        name: its name within the archive.
        path: the unpacked ``.shp``; the other parts stand beside it.
    """

    name: str
    path: Path

    def part(self, suffix: str) -> Path:
        """Path of another part; it may be missing."""
        return self.path.with_suffix(suffix)


def own(names: Sequence[str]) -> set[str]:
    """Members of an archive that are parts of a layer or stand beside one, under its name."""
    stems = tuple(name[:-3].casefold() for name in names if name.lower().endswith(".shp"))
    endings = (*PARTS, *BESIDE, *DRAWN)
    return {name for name in names if name.casefold().startswith(stems) and name.lower().endswith(endings)}


def unpack_layers(given: Given) -> list[Layer]:
    """Unpack each layer's parts to ``<n>.shp``…, so that no name of the archive reaches the disk.

    Raises:
        RefusedError: the archive can't be unpacked, or a part is missing, too short or at odds with another.
    """
    members, folder = archives.list_members(given.settings, given.path), given.new_folder()
    by_name: dict[str, list[str]] = {}
    for name in members:
        by_name.setdefault(name.casefold(), []).append(name)
    stems = [name[:-4] for name in members if name.lower().endswith(".shp")]
    if not stems:
        raise RefusedError("export_unreadable", f"no .shp among {', '.join(members)}")
    short = [PurePosixPath(stem).name for stem in stems]
    layers, targets = [], dict[str, Path]()
    for number, (stem, name) in enumerate(zip(stems, short, strict=True)):
        parts = {suffix: _find_part(by_name, stem + suffix, targets) for suffix in PARTS}
        missing = [suffix for suffix in NEEDED if parts[suffix] is None]
        if missing:
            raise RefusedError(
                "export_unreadable", f"{stem}.shp has no {' and no '.join(missing)} beside it", layer=name
            )
        layer = Layer(name if short.count(name) == 1 else stem, folder / f"{number}.shp")
        targets.update({member: layer.part(suffix) for suffix, member in parts.items() if member is not None})
        layers.append(layer)
    archives.unpack(given, targets)
    for layer in layers:
        _check_parts(layer)
        _check_projection(layer)
    return layers


def _find_part(by_name: dict[str, list[str]], wanted: str, taken: Collection[str]) -> str | None:
    """The member of this name, else the one whose name differs in case only; None where there is neither."""
    alike = by_name.get(wanted.casefold(), [])
    found = [wanted] if wanted in alike else alike
    if len(found) > 1 or any(name in taken for name in found):
        text = f"nothing says which part is whose: {wanted} differs from another name in case only"
        raise RefusedError("export_unreadable", text, layer=PurePosixPath(wanted).stem)
    return found[0] if found else None


def _check_parts(layer: Layer) -> None:
    """Refuse a layer whose parts are shorter than they say, or don't count the same rows."""
    for suffix in (".shp", ".shx"):
        head = head_of(layer, suffix, 100)
        magic, words = struct.unpack(">i20xi", head[:28])
        if magic != MAGIC:
            raise RefusedError(
                "export_unreadable", f"{layer.name}{suffix} is not part of a Shapefile", layer=layer.name
            )
        _check_length(layer, suffix, words * 2)
    rows, header, width = struct.unpack("<IHH", head_of(layer, ".dbf", 32)[4:12])
    _check_length(layer, ".dbf", header + rows * width)
    # GDAL reads as many rows as the index says in its head, however long it is.
    told = 2 * struct.unpack(">i", head_of(layer, ".shx", 28)[24:])[0]
    for size in (layer.part(".shx").stat().st_size, told):
        shapes = (size - 100) // 8
        if shapes != rows:
            text = f"{layer.name} has {shapes:,} shapes but {rows:,} rows"
            raise RefusedError("export_unreadable", text, layer=layer.name)


def _check_projection(layer: Layer) -> None:
    """Refuse a ``.prj`` that is no text; GDAL's Python face stumbles over it."""
    prj = layer.part(".prj")
    try:
        if prj.exists():
            prj.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise unknown_crs(layer, f"{layer.name}.prj is not text") from error


def head_of(layer: Layer, suffix: str, size: int) -> bytes:
    """The first bytes of a part."""
    _check_length(layer, suffix, size)
    with layer.part(suffix).open("rb") as file:
        return file.read(size)


def _check_length(layer: Layer, suffix: str, wanted: int) -> None:
    found = layer.part(suffix).stat().st_size
    if found < wanted:
        text = f"{layer.name}{suffix} has {found:,} bytes of {wanted:,}"
        raise RefusedError("export_truncated", text, layer=layer.name)


def shape_of(layer: Layer, row: int) -> bytes:
    """A row's bytes in the ``.shp``: its type, then its coordinates. Empty where it lies outside the file."""
    with layer.part(".shx").open("rb") as file:
        file.seek(100 + 8 * row)
        offset, words = struct.unpack(">ii", file.read(8))
    with layer.part(".shp").open("rb") as file:
        if offset < 0 or words < 0:
            return b""
        file.seek(offset * 2 + 8)
        return file.read(words * 2)


def unknown_crs(layer: Layer, text: str) -> RefusedError:
    """A refusal because the layer's coordinates can't be placed."""
    return RefusedError("export_crs_unknown", text, layer=layer.name, field="crs")
