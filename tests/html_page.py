"""A page as a test reads it: its elements and its text.

Belongs here: parsing. Does not belong here: what any page should say.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"> & "quoted"'


class Page(HTMLParser):
    """Elements with their attributes, and the text, of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
