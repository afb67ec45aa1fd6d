"""XLSX workbooks: one sheet, read row by row.

Belongs here: which sheet is read, its header, and cells as the values that JSON has.
Does not belong here: what makes a workbook unsafe or its header no header (``workbook_parts``).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, time
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import TranslatorError
from openpyxl.styles.numbers import is_datetime
from openpyxl.workbook import Workbook

# The parser itself, for a reading in one pass that keeps formulas beside their values; openpyxl is pinned for it.
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

from pipeline.exports.arrow_values import json_value
from pipeline.exports.types import Content, Given, Reader, Record, RefusedError, over_cap
from pipeline.exports.workbook_parts import Sheet, check_header, own, survey
from pipeline.property_names import EXTRA, FORMULAS, unique_names
from pipeline.settings import Settings

DATE = "date"
# Characters of a formula that is moved to the places of all cells that share it: a few bytes each, and much work.
LONGEST_SHARED = 512


class _Rows(WorkSheetParser):  # type: ignore[misc]
    """Cells with the last computed value of each formula, and the formula beside it."""

    def parse_cell(self, element: Element) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cell: dict[str, Any] = super().parse_cell(element)
        if cell["data_type"] == "e" and element.get("t", "n") == "n":
            cell["value"] = element.findtext(VALUE_TAG)  # a number that is no date, though styled as one
        formula = element.find(FORMULA_TAG)
        if formula is not None:
            cell["formula"] = self._formula_text(element, formula.text or "")
        return cell

    def _formula_text(self, element: Element, text: str) -> str:
        """A formula as the cell has it; where it shares another's, that one moved to its place, or a bare ``=``."""
        if len(text) > LONGEST_SHARED:
            return f"={text}"
        try:
            formula = self.parse_formula(element)
        except (TokenizerError, TranslatorError):  # it is none, or would refer to a place beyond the sheet
            return f"={text}"
        return formula if isinstance(formula, str) else getattr(formula, "text", "=")


def sniff(_head: bytes, names: Sequence[str]) -> bool:
    """Whether an archive has the member that makes it a workbook."""
    return "xl/workbook.xml" in names


def read(given: Given) -> Content:
    """Read the sheet that the source names, or the only one that holds anything, under its first row.

    Dates become ISO 8601 text, of a day alone where the cell shows no time. A record's line is its row of the sheet.
    A formula's last computed value is kept, and its text beside it in ``_formulas``.

    Raises:
        RefusedError: the workbook can't be read as a whole; also while the records are read.
    """
    settings, path = given.settings, given.path
    sheets, notes = survey(settings, path), list[str]()
    with _loaded(given) as book:
        sheet = _choose(book, sheets, given.dialect.sheet)
    first = given.dialect.header_row or 1
    rows = ((line, cells) for line, cells in _rows(given, sheet.title) if line >= first)
    header = next(rows, None)
    if header is None:
        raise RefusedError("export_empty", f"sheet {sheet.title} holds no cells", layer=sheet.title)
    line, cells = header
    check_header(sheet, line)
    width = max(cell["column"] for cell in cells)
    if width > settings.max_columns:
        raise over_cap(settings, "max_columns", f"a header of {width:,} columns", line)
    if repeated := _repeated(cells):
        raise RefusedError("export_unreadable", f"in the header, {repeated}", line=line, layer=sheet.title)
    texts = [""] * width
    for cell in cells:
        texts[cell["column"] - 1] = str(json_value(cell["value"]))
    names = unique_names(texts)
    notes.append(f"sheet {sheet.title} was read")
    if first > 1:
        notes.append(f"{first - 1} rows above the header were passed over")
    if sheet.merged:
        notes.append(f"merged cells, whose value stands in the first of them only: {', '.join(sheet.merged[:5])}")
    return Content("xlsx", _records(settings, rows, names, notes), None, None, tuple(names), notes)


READER = Reader("xlsx", sniff, read, own)


@contextmanager
def _loaded(given: Given) -> Iterator[Workbook]:
    """The workbook; what openpyxl says of a damaged one becomes a refusal."""
    # An open file, for openpyxl judges a path by its ending.
    with (
        _refusing(),
        given.path.open("rb") as file,
        closing(load_workbook(file, read_only=True, data_only=True, keep_links=False)) as book,
    ):
        yield book


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except RefusedError:
        raise
    except DefusedXmlException as error:
        raise RefusedError("export_unsafe", f"the workbook declares entities: {error}") from error
    except Exception as error:  # whatever the parser stumbles over in a damaged workbook
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RefusedError("export_unreadable", f"damaged workbook: {text}") from error


def _choose(book: Workbook, sheets: dict[str, Sheet], wanted: str | None) -> Sheet:
    """The sheet of this name, or the only one that holds cells."""
    there = {
        sheet.title: sheets[sheet._worksheet_path]._replace(title=sheet.title)
        for sheet in book.worksheets
        if sheet._worksheet_path in sheets
    }
    if wanted is not None:
        if wanted not in there:
            raise RefusedError("export_unreadable", f"there is no sheet {wanted!r}, but {', '.join(there)}")
        return there[wanted]
    filled = [sheet for sheet in there.values() if sheet.has_cells]
    if len(filled) > 1:
        text = f"{len(filled)} sheets hold cells: {', '.join(sheet.title for sheet in filled)}"
        raise RefusedError("export_ambiguous", text)
    if not filled:
        raise RefusedError("export_empty", "no sheet of the workbook holds cells")
    return filled[0]


def _rows(given: Given, title: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Rows of a sheet that hold anything: their number and their cells that do."""
    with _loaded(given) as book:
        days = _day_styles(book)
        sheet = book[title]
        with sheet._get_source() as source:
            parser = _Rows(
                source,
                sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for line, row in parser.parse():
                cells = [cell for cell in row if cell["value"] not in (None, "") or "formula" in cell]
                for cell in cells:
                    cell["value"] = _value(cell["value"], cell["style_id"] in days)
                if cells:
                    yield line, cells


def _day_styles(book: Workbook) -> frozenset[int]:
    """Numbers of the styles that show a date without a time."""
    formats = [book._number_formats, book._cell_styles]
    codes = {164 + place: code for place, code in enumerate(formats[0])}
    return frozenset(
        number
        for number, style in enumerate(formats[1])
        if (is_datetime(codes[style.numFmtId]) == DATE if style.numFmtId in codes else style.numFmtId in range(14, 18))
    )


def _value(value: Any, is_day: bool) -> Any:
    if isinstance(value, datetime) and is_day and value.time() == time():
        return value.date()
    return value


def _records(
    settings: Settings, rows: Iterator[tuple[int, list[dict[str, Any]]]], names: list[str], notes: list[str]
) -> Iterator[Record]:
    formulas, width = 0, len(names)
    for number, (line, cells) in enumerate(rows, start=1):
        if cells[-1]["column"] > settings.max_columns:
            raise over_cap(settings, "max_columns", f"row {line}: a cell in column {cells[-1]['column']:,}", line)
        properties: dict[str, Any] = dict.fromkeys(names)
        beyond: list[Any] = []
        computed: dict[str, str] = {}
        taken: set[int] = set()
        for cell in cells:
            value = json_value(cell["value"])
            if cell["column"] > width or cell["column"] in taken:
                beyond.append(value)
                continue
            taken.add(cell["column"])
            name = names[cell["column"] - 1]
            properties[name] = value
            if "formula" in cell:
                computed[name] = cell["formula"]
        problem = _repeated(cells)
        if beyond:
            properties[EXTRA] = beyond
            problem = problem or f"cells beyond the header's {width} columns"
        if computed:
            properties[FORMULAS] = computed
            formulas += len(computed)
        yield Record("", number, line, properties, None, problem)
    if formulas:
        notes.append(f"{formulas:,} cells hold formulas: their last computed values were taken")


def _repeated(cells: list[dict[str, Any]]) -> str | None:
    """That several cells of a row are in one column, in words; None where none are."""
    column, count = Counter(cell["column"] for cell in cells).most_common(1)[0]
    return f"{count} cells are in column {column}" if count > 1 else None
