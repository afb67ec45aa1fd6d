"""How deeply a JSON text is nested, before anything of it is decoded.

Belongs here: counting brackets outside strings, in parts, so that a large text costs little more memory than itself.
Does not belong here: decoding (``pipeline.exact_json``).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

import numpy as np

# A string that nobody closes reaches to the end, so that every quotation mark is looked at once only.
STRING = re.compile(r'"(?:[^"\\]|\\.|\\\Z)*+(?:"|\Z)', re.DOTALL)
# Characters looked at together.
PART = 4 * 1024**2


def nesting(text: str) -> tuple[int, int]:
    """How deeply brackets are nested, and how many are open at the end."""
    deepest = level = 0
    for part in _without_strings(text):
        bare = np.frombuffer(part.encode("utf-8", "surrogatepass"), np.uint8)
        opening, closing = (np.isin(bare, list(pair)) for pair in (b"[{", b"]}"))
        depth = level + np.cumsum(np.where(opening[opening | closing], 1, -1))
        if len(depth):
            deepest, level = max(deepest, int(depth.max())), int(depth[-1])
    return deepest, level


def _without_strings(text: str) -> Iterator[str]:
    """A text without its strings, in parts of some megabytes; a string that a part cuts begins the next one."""
    start, size = 0, PART
    while start < len(text):
        end = min(start + size, len(text))
        cut = end
        if end < len(text):
            last = deque(STRING.finditer(text, start, end), maxlen=1)
            cut = last[0].start() if last and last[0].end() == end else end
        if cut == start:
            size *= 2  # a string longer than the part
            continue
        yield STRING.sub("", text[start:cut])
        start, size = cut, PART
