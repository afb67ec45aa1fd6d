"""Override files: reading what people correct by hand, as CSV.

Belongs here: where the files lie, their columns, and refusing a file that cannot be read as a whole.
Does not belong here: which records an override means and whether it counts (``overrides``).

``overrides/<theatre>/<source>/*.csv`` in the data folder, or the same beside the theatre files. The columns are those
of ``HEADER``; the last two may be left out, and those of ``NOTES`` are for people and not read. Any CSV that an export
may be in will do: with a byte order mark, in UTF-16, cut by semicolons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from pipeline.catalogue.reasons import reason
from pipeline.errors import UserError
from pipeline.ledger import digest
from pipeline.overrides import GIVEN, NEEDED
from pipeline.settings import Settings
from pipeline.spreadsheets import unguard
from pipeline.theatres import Theatre, theatre_files, theatres
from pipeline.theatres.sources import Dialect

HEADER = (*NEEDED, "when", "was")
NOTES = ("reason", "said", "file", "line", "hint")
IGNORED = (".", "~")


def read_overrides(settings: Settings, theatre: str, source: str) -> pa.Table:
    """Overrides of one source in order of file and line (``GIVEN``); what a row says is not judged here.

    Args:
        settings: where the data folder is, and the caps.
        theatre: name of the theatre.
        source: name of the source.

    Raises:
        UserError: a file cannot be read, lacks a column or has a strange one; the message names it.
    """
    rows: list[dict[str, Any]] = []
    for label, root in _roots(settings):
        for path in _files(root / theatre / source):
            rows += _read_file(settings, path, f"{label}/{theatre}/{source}/{path.name}")
    return pa.Table.from_pylist(rows, schema=GIVEN)


def overrides_digest(settings: Settings, theatre: str, source: str) -> str | None:
    """Digest of what people say of one source's records; None where they say nothing. Never raises: a file that cannot
    be read is told when it is used.
    """
    try:
        rows = read_overrides(settings, theatre, source).to_pylist()
    except UserError as error:
        return digest(str(error))
    return digest(rows) if rows else None


def check_overrides(settings: Settings, names: Iterable[str]) -> list[str]:
    """Read every file of overrides of these theatres, so that a fault is told before anything is made.

    Returns:
        Files that lie where none is read, each with what to do.

    Raises:
        UserError: see :func:`read_overrides`.
    """
    for name in names:
        for source in theatres()[name].sources:
            read_overrides(settings, name, source)
    return [told for label, root in _roots(settings) for told in _find_strays(label, root)]


def _roots(settings: Settings) -> tuple[tuple[str, Path], ...]:
    beside = next(iter(theatre_files().values())).parent / "overrides"
    return ("overrides", settings.overrides_dir), ("theatres/overrides", beside)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.csv")) if path.is_file() and not _is_ignored(path)]


def _is_ignored(path: Path) -> bool:
    return path.name.startswith(IGNORED) or path.is_symlink()


def _find_strays(label: str, root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")) if root.is_dir() else ():
        where = path.relative_to(root)
        if path.is_dir() or path.name.startswith(IGNORED):
            continue
        fault = "a link is not followed" if path.is_symlink() else _find_misplaced(where)
        if fault:
            yield f"{label}/{where.as_posix()} is not read: {fault}"


def _find_misplaced(where: Path) -> str | None:
    if where.suffix.casefold() == ".csv" and where.suffix != ".csv":
        return "let its name end in .csv"
    if where.suffix != ".csv":
        return "save it as CSV"
    if len(where.parts) != 3:
        return "put it into overrides/<theatre>/<source>/"
    theatre, source = (theatres().get(where.parts[0]), where.parts[1])
    if theatre is None:
        return f"there is no theatre {where.parts[0]!r}: choose one of {', '.join(theatres())}"
    return (
        None
        if source in (known := _with_records(theatre))
        else (f"theatre {theatre.name} has no records of a source {source!r}: choose one of {', '.join(known)}")
    )


def _with_records(theatre: Theatre) -> list[str]:
    return [name for name, source in theatre.sources.items() if source.kind != "control_merged"]


def _read_file(settings: Settings, path: Path, name: str) -> Iterator[dict[str, Any]]:
    from pipeline.exports.delimited import read  # noqa: PLC0415 - readers load where a file is read
    from pipeline.exports.types import Given, RefusedError  # noqa: PLC0415 - as above

    size = path.stat().st_size
    if size > settings.max_overrides_bytes:
        raise UserError(
            f"{name} has {size:,} bytes: over max_overrides_bytes = {settings.max_overrides_bytes:,}"
            " (ISW_MAX_OVERRIDES_BYTES)"
        )
    try:
        with TemporaryDirectory() as scratch:
            content = read(Given(settings, path, Dialect(), Path(scratch)))
            columns = _columns(name, content.fields or ())
            for record in content.records:
                if record.problem:
                    raise UserError(f"{name} line {record.line}: {record.problem}: correct the line")
                cells = {wanted: _text(record.properties[column]) for column, wanted in columns.items()}
                if any(cells.values()):
                    given_when, was = cells.pop("when", None), cells.pop("was", None)
                    yield {"file_name": name, "line_no": record.line, "given_when": given_when, "was": was, **cells}
    except RefusedError as refusal:
        why = reason(refusal.code)
        raise UserError(f"{name}: {why.about}: {refusal.value}. {why.hint}.") from None


def _columns(name: str, found: Iterable[str]) -> dict[str, str]:
    """The columns that are read, by their names in the file."""
    plain = {column: column.strip().casefold() for column in found}
    missing = [column for column in NEEDED if column not in plain.values()]
    # Spreadsheets add columns without a name.
    strange = [
        column for column, known in plain.items() if known not in (*HEADER, *NOTES) and not column.startswith("column_")
    ]
    if missing or strange:
        told = [f"lacks the columns {', '.join(missing)}"] * bool(missing)
        told += [f"has columns that mean nothing here: {', '.join(strange)}"] * bool(strange)
        raise UserError(
            f"{name} {' and '.join(told)}: its columns are {', '.join(HEADER)} (the last two may be left out)"
        )
    return {column: known for column, known in plain.items() if known in HEADER}


def _text(cell: str) -> str | None:
    return unguard(cell.strip()) or None
