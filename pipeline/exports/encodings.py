"""Text encodings: finding the one in which a file can be read without loss.

Belongs here: byte order marks, UTF-8, UTF-16, and the Windows code pages of the theatres' scripts.
Does not belong here: any format's own declaration of its encoding (XML, .cpg).
"""

from __future__ import annotations

import codecs
from pathlib import Path

from charset_normalizer import from_bytes

from pipeline.exports.types import RefusedError

HEAD = 64 * 1024
CHUNK = 1024 * 1024
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In the order in which one is preferred where the bytes fit several equally well.
CODE_PAGES = ("cp1252", "cp1256", "cp1251")


def mark_of(head: bytes) -> str | None:
    """Encoding that a file's first bytes say by a byte order mark, or by the zeros of UTF-16 without one."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    zeros = [head[start : min(len(head), HEAD) : 2].count(0) for start in (0, 1)]
    half = min(len(head), HEAD) // 2
    if half and max(zeros) > 0.4 * half and min(zeros) == 0:
        return "utf-16-le" if zeros[1] else "utf-16-be"
    return None


def decode_head(head: bytes) -> str:
    """The first bytes as text, for recognising a format; what can't be decoded is replaced."""
    return head.decode(mark_of(head) or "utf-8", "replace").removeprefix("\ufeff")


def is_text(head: bytes) -> bool:
    """Whether the first bytes look like text: no zeros but UTF-16's, and next to no control characters."""
    text = decode_head(head)
    controls = sum(character < " " and character not in "\t\n\r\f\x1a" for character in text)
    return "\0" not in text and controls <= len(text) / 100


def choose_encoding(path: Path, declared: str | None, notes: list[str]) -> str:
    """Encoding in which the whole file can be decoded: its byte order mark's, the declared one, or what fits.

    Args:
        path: the file.
        declared: encoding that is known from elsewhere.
        notes: gets a line where the encoding had to be guessed, with a confidence: the share of the text's look that
            speaks for it, 1 where nothing looks odd.

    Raises:
        RefusedError: ``export_truncated`` where the file ends within a character, ``export_encoding`` where
            no encoding fits.
    """
    with path.open("rb") as file:
        marked = mark_of(file.read(HEAD))
    told = marked or declared
    fault = _fault(path, told or "utf-8")
    if fault is None:
        return told or "utf-8"
    if told:
        source = f"the file starts as {marked}" if marked else f"{declared} is declared"
        raise RefusedError("export_encoding", f"{source}, but {fault}")
    encoding = _guess(path, notes)
    fault = _fault(path, encoding)
    if fault:
        raise RefusedError("export_encoding", f"neither UTF-8 nor {encoding}: {fault}")
    return encoding


def _fault(path: Path, encoding: str) -> str | None:
    """What keeps the file from being decoded; None where nothing does."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return f"byte {done + error.start + 1:,} is not {encoding}"
            done += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise RefusedError("export_truncated", f"the file ends within a character of {encoding}") from error
    return None


def _guess(path: Path, notes: list[str]) -> str:
    sample = bytearray()
    with path.open("rb") as file:
        while len(sample) < HEAD and (line := file.readline(HEAD)):
            # Only lines that say something about the encoding; ASCII ones would outweigh them.
            if not line.isascii():
                sample += line
    text = sample.decode("utf-8", "replace")
    strange = text.count("\ufffd")
    if len(text) - sum(map(str.isascii, text)) > 2 * strange:
        raise RefusedError("export_encoding", f"the text is UTF-8 but for some bytes ({strange} near the start)")
    matches = list(from_bytes(bytes(sample), cp_isolation=list(CODE_PAGES)))
    if not matches:
        raise RefusedError("export_encoding", f"the text is neither UTF-8 nor one of {', '.join(CODE_PAGES)}")
    matches.sort(key=lambda m: (m.chaos, -m.coherence, CODE_PAGES.index(m.encoding)))
    best, *others = [f"{match.encoding} (confidence {1 - match.chaos:.2f})" for match in matches]
    rest = f"; next {others[0]}" if others else ""
    notes.append(f"no encoding is declared: read as {best}{rest}")
    return str(matches[0].encoding)
