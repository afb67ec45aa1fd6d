"""Identity: by which key a record is known, and which records say the same.

Belongs here: the key and the content of mapped records, however a program that saved them again spells them. Does not
belong here: which property holds a field (``mapping``), what becomes of a record (``history``).
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from unicodedata import normalize

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mapping import DATES
from pipeline.parsing import map_unique, parse_dates, plain_digits
from pipeline.theatres import Source

ANGLES = ("latitude", "longitude", "latitude_text", "longitude_text")
# Between two decimals of one text: a comma with a space, a semicolon, or white space alone.
PAIR = re.compile(r",\s+|\s*;\s*|\s+")
DECIMAL = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,40})?", re.ASCII)
# A number that a program made a decimal, as one with blanks in its column: 12.0. (3.10 may be a section, and stays.)
WHOLE = re.compile(r"(-?\d{1,40})\.0{1,40}", re.ASCII)
# A tenth of a millimetre: what lies below is the noise of binary numbers.
FINEST_DEGREES = Decimal("1e-9")


def identify(source: Source, fields: pa.Table, content: Sequence[str]) -> pa.Table:
    """Add ``source_key``, ``content_digest`` and ``is_identified`` to the fields of records.

    A day, a decimal coordinate, an integer and a text are the same however they are spelled (:func:`spell`), so that a
    file which a spreadsheet has saved again tells of the same records. ``is_identified`` is false where the key of a
    refused record does not tell which one it is: nothing of the key can be read (as of a malformed record), or a day of
    it cannot, or the key is no more than the record's content.

    Args:
        source: gives the fields of the key; where it names none, the record's content is its key.
        fields: as ``mapping.extract`` returns them.
        content: fields whose change makes a new revision.
    """
    # Where the content is the key, nothing but the hour may tell two strikes of one day apart.
    keeps_hour = not source.key
    spelled = {name: spell(source, name, fields.column(name), keeps_hour) for name in {*content, *source.key}}
    texts = pc.binary_join_element_wise(*[pc.fill_null(spelled[name], "") for name in content], "\x1f")
    content_digest = pa.array(
        [
            hashlib.sha256(text.encode() + (shape or b"")).hexdigest()[:32]
            for text, shape in zip(texts.to_pylist(), fields.column("geometry").to_pylist(), strict=True)
        ],
        pa.string(),
    )
    if not source.key:
        return _identified(fields, content_digest, content_digest, pa.array([False] * fields.num_rows, pa.bool_()))
    parts = [pc.fill_null(spelled[name], "") for name in source.key]
    are_read = [_is_read(source, name, fields.column(name)) for name in source.key]
    key = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*map(_escaped, parts), " | ")
    if source.key_fold:
        content_digest = key
    is_named = functools.reduce(pc.or_, [pc.not_equal(part, "") for part in parts])
    return _identified(fields, key, content_digest, functools.reduce(pc.and_, are_read, is_named))


def spell_key(source: Source, key: str) -> str:
    """A key as a person may write it, with its parts as the source does, in the one spelling of each part."""
    parts = key.split(" | ") if len(source.key) > 1 else [key]
    if len(parts) != len(source.key):
        return key
    columns = (spell(source, name, pa.array([part], pa.string())) for name, part in zip(source.key, parts, strict=True))
    return " | ".join(column[0].as_py() for column in columns)


def spell(source: Source, name: str, texts: pa.Array, keeps_hour: bool = False) -> pa.Array:
    """The texts of a field, each value in one spelling; what can't be read keeps its own.

    Days are YYYY-MM-DD whatever the hour (as they are written where ``keeps_hour``); decimal degrees have a point, no
    last zero and at most nine decimals; 12.0 is 12; letters are composed (Unicode's NFC) and words one space apart.
    """
    written = map_unique(texts, SPELLINGS.get(name, _one_spelling), pa.string())
    if name not in DATES or keeps_hour:
        return written
    days = parse_dates(texts, source.date_formats, source.default_year)
    return pc.coalesce(pc.cast(days, pa.string()), written)


def _one_spelling(text: str) -> str:
    text = " ".join((text if text.isascii() else normalize("NFC", text)).split())
    whole = WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _one_spelling_of_degrees(text: str) -> str:
    plain = plain_digits(text).strip()
    if not DECIMAL.fullmatch(plain):
        return _one_spelling(text)
    degrees = Decimal(plain.replace(",", ".")).quantize(FINEST_DEGREES)
    return f"{degrees.normalize() + 0:f}"


def _one_spelling_of_pair(text: str) -> str:
    halves = PAIR.split(text.strip())
    if len(halves) != 2 or not all(DECIMAL.fullmatch(plain_digits(half)) for half in halves):
        return _one_spelling(text)
    return ", ".join(map(_one_spelling_of_degrees, halves))


SPELLINGS: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(ANGLES, _one_spelling_of_degrees),
    "coordinate": _one_spelling_of_pair,
}


def _is_read(source: Source, name: str, texts: pa.Array) -> pa.Array:
    """Whether each text of a key can be read, or is none."""
    if name not in DATES:
        return pa.array([True] * len(texts), pa.bool_())
    days = parse_dates(texts, source.date_formats, source.default_year)
    return pc.or_(pc.is_valid(days), pc.is_null(texts))


def _identified(fields: pa.Table, key: pa.Array, content_digest: pa.Array, is_identified: pa.Array) -> pa.Table:
    added = {"source_key": key, "content_digest": content_digest, "is_identified": is_identified}
    for name, column in added.items():
        fields = fields.append_column(name, column)
    return fields


def _escaped(texts: pa.Array) -> pa.Array:
    """Texts in which a bar is no bar between the parts of a key: two keys are never written alike."""
    return pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), "|", "\\|")
