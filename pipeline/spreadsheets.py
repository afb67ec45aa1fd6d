"""Spreadsheets: texts that one would run as a formula.

Belongs here: knowing such a text, making it plain, and taking that back.
Does not belong here: writing or reading a file.
"""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula, or skips before one.
FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
GUARD = "'"


def guard(text: str) -> str:
    """A text with an apostrophe before it where a spreadsheet would take it for a formula.

    >>> guard("=1+1"), guard("Aleppo")
    ("'=1+1", 'Aleppo')
    """
    return GUARD + text if re.match(FORMULA, text) else text


def unguard(text: str) -> str:
    """The text that :func:`guard` was given.

    >>> unguard("'=1+1"), unguard("'Ayn al-Arab")
    ('=1+1', "'Ayn al-Arab")
    """
    plain = text.removeprefix(GUARD)
    return plain if re.match(FORMULA, plain) else text
