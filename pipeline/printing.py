r"""Printing: texts of files, as they may be shown on a terminal.

Belongs here: making visible what would steer a terminal or turn the reading direction.
Does not belong here: what spreadsheets would run (``spreadsheets``), what browsers would.
"""

from __future__ import annotations


def printable(text: str) -> str:
    r"""A text from a file, to be told on one line: what is not seen, line breaks too, becomes visible.

    >>> printable("\x1b[31m \u202etxt.exe")
    '\\x1b[31m \\u202etxt.exe'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
