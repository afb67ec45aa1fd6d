"""Opening an export: from a file, alone or in an archive, to the one content that it holds.

Belongs here: choosing a reader by content, unpacking what is wrapped in zip or gzip, several files of one archive as
one content, and how deep archives may lie within one another.
Does not belong here: any format (``registry``), the caps on what is unpacked (``archives``).
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pipeline.exports import archives, companions
from pipeline.exports.encodings import HEAD, decode_head
from pipeline.exports.registry import find_readers, is_protected, likely
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError, over_cap
from pipeline.settings import Settings
from pipeline.theatres import Dialect

# How a refusal begins that no reader foresaw.
UNFORESEEN = "reading it failed"
# What a member may be for the archive's other members to be read all the same.
NO_DATA = ("export_format_unknown", "export_empty")


@dataclass(frozen=True)
class Part:
    """A file that a reader takes: the export itself or a member of it, whose name is empty or its path there."""

    name: str
    reader: Reader
    given: Given


@dataclass(frozen=True)
class Opened:
    """An export whose format is known.

    Attributes:
        parts: what is read, in order; all of one format.
        notes: what was unpacked and what was passed over.
    """

    parts: list[Part]
    notes: list[str]

    @property
    def format(self) -> str:
        """Name of the format."""
        return self.parts[0].reader.name

    def read(self) -> Content:
        """Its content; of several files as one, each in layers under its own name.

        Raises:
            RefusedError: it can't be read as a whole; also while the records are read.
        """
        found = [part.reader.read(part.given) for part in self.parts]
        if len(found) == 1:
            found[0].notes[:0] = self.notes
            return found[0]
        fields = [content.fields for content in found]
        notes = [*self.notes, *(note for content in found for note in content.notes)]
        return Content(
            format=found[0].format,
            records=_under_names(self.parts, found, notes),
            encoding=_joined([content.encoding for content in found]),
            crs=_joined([content.crs for content in found]),
            fields=None if None in fields else tuple(dict.fromkeys(name for names in fields for name in names or ())),
            notes=notes,
        )


@contextmanager
def open_export(settings: Settings, path: Path, dialect: Dialect) -> Iterator[Opened]:
    """An export whose format is known, for as long as its records are read.

    Whatever a library stumbles over until then is told as a refusal, so that one file stops no other.

    Args:
        settings: gives the caps.
        path: the file.
        dialect: what its source says of its files.

    Raises:
        RefusedError: ``export_empty``, ``export_format_unknown``, ``export_ambiguous``, or what is wrong with an
            archive; ``export_unreadable`` where reading fails in a way that no reader foresaw.
        OSError: the disk's fault, not the file's.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="isw-export-") as scratch:
            given = Given(settings, path, dialect, Path(scratch))
            notes: list[str] = []
            parts = _find_parts(given, "", 0, notes)
            _check_names(parts)
            yield Opened(parts, [*notes, *(f"{part.name} was read" for part in parts if part.name)])
    except (RefusedError, OSError):
        raise
    except Exception as error:
        said = f"{UNFORESEEN}: {type(error).__name__}: {error}".removesuffix(": ")
        raise RefusedError("export_unreadable", said) from error


def _find_parts(given: Given, name: str, depth: int, notes: list[str]) -> list[Part]:
    settings, path = given.settings, given.path
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not decode_head(head).strip("\0 \t\r\n"):
        raise RefusedError("export_empty", "the file holds no text" if head else "the file holds no bytes")
    is_zip, is_gzip = archives.is_zip(head), archives.is_gzip(head)
    if (is_zip or is_gzip) and depth >= settings.max_archive_depth:
        raise over_cap(settings, "max_archive_depth", f"{name or 'the file'} is an archive within {depth} others")
    if is_gzip:
        inner = given.new_folder() / "0"
        archives.gunzip(given, inner)
        notes.append(f"{name or 'the file'} was unpacked (gzip)")
        return _find_parts(replace(given, path=inner), name, depth + 1, notes)
    members = archives.list_members(settings, path) if is_zip else []
    whole = [Part(name, reader, given) for reader in find_readers(head, members)]
    taken = {member for part in whole for member in part.reader.own(members)}
    others = [member for member in members if member not in taken]
    parts = _find_in_members(given, name, whole, others, depth, notes) if members else whole
    if not parts and is_protected(path, head):
        raise RefusedError("export_encrypted", "the Office document is encrypted")
    if not parts:
        raise RefusedError("export_format_unknown", f"the content looks like {likely(head, members)}")
    return parts


def _find_in_members(
    given: Given, name: str, whole: list[Part], members: Sequence[str], depth: int, notes: list[str]
) -> list[Part]:
    """The parts among the members of the archive ``name``. Those without data are passed over, and noted.

    Where a reader takes the archive as a ``whole``, ``members`` are the others, and none of them may have coordinates.
    """
    folder = given.new_folder()
    targets = {member: folder / str(number) for number, member in enumerate(members)}
    names = {member: f"{name}/{member}" if name else member for member in members}
    archives.unpack(given, targets)
    parts: list[Part] = []
    for member, path in targets.items():
        try:
            parts += _find_parts(replace(given, path=path), names[member], depth + 1, notes)
        except RefusedError as refusal:
            if refusal.code not in NO_DATA:
                raise
            notes.append(f"{names[member]} was passed over: {refusal.value}")
    if whole:
        apart = [part for part in parts if not companions.is_located(part.reader, part.given)]
        notes += [f"{part.name} was passed over: it names no coordinates" for part in apart]
        parts = [part for part in parts if part not in apart]
    elif len(parts) > 1:
        prose = [part for part in parts if companions.is_prose(part.reader, part.given)]
        notes += [f"{part.name} was passed over: text without columns" for part in prose]
        parts = [part for part in parts if part not in prose] or parts
    parts = whole + parts
    if len(parts) > 1 and (whole or len({part.reader.name for part in parts}) > 1):
        listed = ", ".join(f"{part.name or 'the archive itself'} ({part.reader.name})" for part in parts)
        raise RefusedError("export_ambiguous", f"the archive holds what cannot be read as one: {listed}")
    return parts


def _check_names(parts: list[Part]) -> None:
    """Refuse files of one name, as an archive ``a`` and a folder ``a`` beside it can hold: no record could be told."""
    ((name, count),) = Counter(part.name for part in parts).most_common(1)
    if count > 1:
        raise RefusedError("export_ambiguous", f"{count} files within the archive are named {name}: rename one")


def _under_names(parts: list[Part], found: list[Content], notes: list[str]) -> Iterator[Record]:
    # A name without its ending may be that of two parts, or the whole name of another.
    taken = Counter(name for part in parts for name in (part.name, _stem(part)))
    for part, content in zip(parts, found, strict=True):
        name = _stem(part) if taken[_stem(part)] == 1 else part.name
        known = len(content.notes)
        for record in content.records:
            yield record._replace(layer=f"{name}/{record.layer}" if record.layer else name)
        notes += content.notes[known:]


def _stem(part: Part) -> str:
    return str(PurePosixPath(part.name).with_suffix(""))


def _joined(texts: list[str | None]) -> str | None:
    return "; ".join(dict.fromkeys(text for text in texts if text)) or None
