"""Telling which source a file belongs to, by what the theatre files say of their sources.

Belongs here: matching a file's name and the names of its columns against every source's ``recognise``.
Does not belong here: files sorted into a source's folder already; their folder decides.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from pipeline.catalogue.reasons import reason
from pipeline.exports.opening import open_export
from pipeline.exports.types import RefusedError
from pipeline.settings import Settings
from pipeline.theatres import Dialect, Source, theatres

FIRST = 100


def recognise(settings: Settings, path: Path) -> list[tuple[str, str]]:
    """The (theatre, source) pairs that a file may belong to, in the theatres' order.

    Args:
        settings: gives the caps.
        path: the file; its content is only read where a source asks for columns.

    Returns:
        Every source whose file pattern fits and whose columns are all among those of the first records. Empty
        where none does, or where a file that can't be read has no telling name.
    """
    candidates = [
        (theatre.name, source)
        for theatre in theatres().values()
        for source in theatre.sources.values()
        if source.recognise and _name_fits(source, path)
    ]
    dialects = {source.dialect for _, source in candidates if _columns(source)}
    found = {dialect: read_columns(settings, path, dialect) for dialect in dialects}
    return [
        (theatre, source.name)
        for theatre, source in candidates
        if _columns(source) <= found.get(source.dialect, frozenset())
    ]


def read_columns(settings: Settings, path: Path, dialect: Dialect) -> frozenset[str]:
    """Names of the columns or properties of a file's first records; none where it can't be read."""
    try:
        with open_export(settings, path, dialect) as opened:
            content = opened.read()
            if content.fields is not None:
                return frozenset(content.fields)
            return frozenset(name for record in islice(content.records, FIRST) for name in record.properties)
    except (RefusedError, OSError):  # a file that may not be read is told of when it is received
        return frozenset()


def find_fault(settings: Settings, path: Path) -> str | None:
    """Why the first records of a file cannot be read, and what to do, in words; None where they can."""
    try:
        with open_export(settings, path, Dialect()) as opened:
            next(iter(opened.read().records), None)
    except RefusedError as refusal:
        why = reason(refusal.code)
        return f"{why.about[0].lower()}{why.about[1:]} ({refusal}). {why.hint}"
    except OSError as error:
        return error.strerror or "it cannot be opened"
    return None


def _name_fits(source: Source, path: Path) -> bool:
    pattern = source.recognise.file_name if source.recognise else None
    return pattern is None or fnmatchcase(path.name.lower(), pattern.lower())


def _columns(source: Source) -> set[str]:
    return set(source.recognise.fields) if source.recognise else set()
