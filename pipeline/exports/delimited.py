"""CSV and its kin: text in rows and cells, cut by commas, semicolons, tabs, bars or what is declared.

Belongs here: finding the delimiter, the header, and where each row starts.
Does not belong here: what a cell means. Every value stays exactly the text that the file has.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from pipeline.exports.encodings import choose_encoding, decode_head, is_text
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError, over_cap
from pipeline.property_names import EXTRA, SOURCE_TEXT, unique_names
from pipeline.settings import Settings

# Found without being told; any other can be declared.
DELIMITERS = (",", ";", "\t", "|", "^", "~")
SAMPLE = 256 * 1024
SAMPLE_ROWS = 200
# Excel's own way to declare the delimiter on a line before the header.
DECLARED = re.compile(r"sep=([^\w\s\"]|\t)\r?\n?$", re.IGNORECASE)
# Columns from which on a line is seen to be a row, and no line of a note.
LEAST_WIDTH = 3
MARKUP = ("<", "%PDF", "{\\rtf")


class Cut(NamedTuple):
    """How rows are cut into cells, and how many lines stand above the header."""

    delimiter: str
    quote: str
    skipped: int = 0


class Row(NamedTuple):
    """A row that is not blank: its cells, or its text where it can't be cut; the line on which it starts."""

    cells: list[str] | str
    line: int
    problem: str | None = None


def sniff(head: bytes, names: Sequence[str]) -> bool:
    """Whether the first bytes are plain text. Asked last, for every text format looks like CSV."""
    return not names and is_text(head) and not decode_head(head).lstrip().startswith(MARKUP)


def read(given: Given) -> Content:
    """Read rows of text under a header.

    The first line that is not blank is the header; names that repeat get suffixes. Blank lines are no rows. A
    row with too few or too many cells, or with a stray quotation mark, is kept and told of as malformed.

    Raises:
        RefusedError: the file as a whole can't be read.
    """
    settings, path, notes = given.settings, given.path, list[str]()
    encoding, cut = _find_cut(given, notes)
    if cut.skipped:
        notes.append(f"{cut.skipped} lines above the header were passed over")
    with _open(path, encoding, cut.skipped) as file:
        header = next(_rows(settings, file, cut), None)
    if header is None:
        raise RefusedError("export_empty", "the file holds no text")
    if isinstance(header.cells, str):
        text = f"line {header.line}: {header.problem} in the header"
        raise RefusedError("export_unreadable", text, line=header.line)
    if len(header.cells) > settings.max_columns:
        raise over_cap(settings, "max_columns", f"a header of {len(header.cells):,} columns", header.line)
    names = unique_names(header.cells)
    return Content(
        format="csv",
        records=_records(settings, path, encoding, cut, names, notes),
        encoding=encoding,
        fields=tuple(names),
        notes=notes,
    )


READER = Reader("csv", sniff, read)


def _find_cut(given: Given, notes: list[str]) -> tuple[str, Cut]:
    """Encoding of a text and how its rows are cut."""
    csv.field_size_limit(given.settings.max_field_bytes)  # for the whole process; every reading sets the same cap
    encoding = choose_encoding(given.path, given.dialect.encoding, notes)
    quote = given.dialect.quote or '"'
    skipped = (given.dialect.header_row or 1) - 1
    with _open(given.path, encoding, skipped) as file:
        return encoding, Cut(given.dialect.delimiter or _sniff_delimiter(file, quote), quote, skipped)


def _open(path: Path, encoding: str, skipped: int) -> TextIO:
    # newline="" keeps line breaks within quoted cells as they are.
    file = path.open(encoding=encoding, newline="")
    if encoding.endswith(("-le", "-be")) and file.read(1) != "\ufeff":
        file.seek(0)
    for _ in range(skipped):
        file.readline(SAMPLE)  # a title is short; of a longer line the rest would stand for the header and be told of
    return file


def _records(
    settings: Settings, path: Path, encoding: str, cut: Cut, names: list[str], notes: list[str]
) -> Iterator[Record]:
    width, last = len(names), None
    with _open(path, encoding, cut.skipped) as file:
        rows = _rows(settings, file, cut)
        next(rows)
        for number, row in enumerate(rows, start=1):
            last = row
            if len(row.cells) == width and row.problem is None:
                yield Record("", number, row.line, dict(zip(names, row.cells, strict=True)))
            else:
                yield _malformed(settings, names, number, row)
    if last is not None and len(last.cells) < width and not _is_ended(path):
        notes.append(
            f"line {last.line}: the last row has {len(last.cells)} cells of {width} and no end of line: "
            "the file may be cut off; compare its size with the sender's"
        )


def _is_ended(path: Path) -> bool:
    """Whether a text ends with the end of a line."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 4), io.SEEK_END)
        return file.read().rstrip(b"\0").endswith((b"\n", b"\r"))


def _malformed(settings: Settings, names: list[str], number: int, row: Row) -> Record:
    cells, line, problem = row
    if isinstance(cells, str):
        return Record("", number, line, {SOURCE_TEXT: cells}, None, problem)
    if len(cells) > settings.max_columns:
        raise over_cap(settings, "max_columns", f"line {line}: a row of {len(cells):,} cells", line)
    properties: dict[str, Any] = dict(zip(names, cells, strict=False))
    if len(cells) > len(names):
        properties[EXTRA] = cells[len(names) :]
    return Record("", number, line, properties, None, f"{len(cells)} cells under a header of {len(names)}")


def _rows(settings: Settings, file: TextIO, cut: Cut) -> Iterator[Row]:
    pending: list[str] = []
    lines = _lines(settings, file, pending)
    reader = csv.reader(lines, delimiter=cut.delimiter, quotechar=cut.quote, strict=True)
    start, width = 1 + cut.skipped, 0
    is_first = True
    while True:
        try:
            for cells in reader:
                if width and len(pending) > 1 and _are_rows(pending, width, cut):
                    yield from _parted(pending, start)
                elif cells and not (is_first and DECLARED.match(pending[0])):
                    width = width or len(cells)
                    yield Row(cells, start)
                pending.clear()
                is_first = False
                start = reader.line_num + 1 + cut.skipped
            return
        except csv.Error as error:
            yield Row("".join(pending), start, _row_problem(settings, error, start))
            pending.clear()
            is_first = False
            start = reader.line_num + 1 + cut.skipped


def _are_rows(lines: list[str], width: int, cut: Cut) -> bool:
    """Whether each of the lines that quotation marks join would be a row of this width without them: then the marks
    are strays that would make one row of several. A delimiter before a blank is one of prose. A note over two columns
    looks so too easily to be judged. A mark that opens a cell and ends its line begins a value of several lines, such
    as a list of coordinates: a stray one has words behind it.
    """
    delimiter, quote = re.escape(cut.delimiter), re.escape(cut.quote)
    if width < LEAST_WIDTH or re.search(rf"(?:^|{delimiter}){quote}\s*\Z", lines[0]):
        return False
    between = re.compile(f"{delimiter}(?! )")
    return all(len(between.findall(line)) == width - 1 for line in lines if line.strip())


def _parted(lines: list[str], start: int) -> Iterator[Row]:
    """Each line that is not blank as a row that can't be cut."""
    problem = f"stray quotation marks: lines {start} to {start + len(lines) - 1} would be one row"
    yield from (Row(line, start + place, problem) for place, line in enumerate(lines) if line.strip())


def _lines(settings: Settings, file: TextIO, pending: list[str]) -> Iterator[str]:
    """Physical lines; those of the row being read are kept aside, for a row that turns out malformed.

    Quoted cells may go over many lines, each a short one: the row that they make is capped as well.
    """
    longest, length = settings.max_field_bytes, 0
    while line := file.readline(longest + 1):
        length = len(line) + (length if pending else 0)
        if length > longest:
            raise over_cap(settings, "max_field_bytes", "a row" if pending else "a line")
        pending.append(line)
        yield line


def _row_problem(settings: Settings, error: csv.Error, line: int) -> str:
    text = str(error)
    if text.startswith("unexpected end of data"):
        raise RefusedError(
            "export_truncated", f"line {line}: a quotation mark opens here and is never closed", line=line
        ) from error
    if text.startswith("field larger"):
        raise over_cap(settings, "max_field_bytes", f"line {line}: a cell", line=line) from error
    return f"stray quotation mark: {text}"


def _sniff_delimiter(file: TextIO, quote: str) -> str:
    """The delimiter under which most rows have as many cells as the header, and more than one."""
    sample = file.read(SAMPLE)
    is_whole = len(sample) < SAMPLE
    first_line = io.StringIO(sample, newline="").readline()
    declared = DECLARED.match(first_line)
    if declared:
        return declared.group(1)
    scores = {delimiter: _score(sample, Cut(delimiter, quote), is_whole) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > (0.0, 0) else ","


def _score(sample: str, cut: Cut, is_whole: bool) -> tuple[float, int]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=cut.delimiter, quotechar=cut.quote):
            if row:
                rows.append(row)
            if len(rows) > SAMPLE_ROWS:
                break
        else:
            if not is_whole and len(rows) > 1:
                rows.pop()
    except csv.Error:
        return 0.0, 0
    width = len(rows[0]) if rows else 0
    if width < 2:
        return 0.0, 0
    return sum(len(row) == width for row in rows) / len(rows), width
