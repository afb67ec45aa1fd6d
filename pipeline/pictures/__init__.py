"""Pictures: the finding as a map with its numbers, to print (PNG) and to edit (SVG).

Belongs here: drawing what the tables say. Does not belong here: any figure that is not in a table.

Byte-identical from run to run: no date in the files, a fixed salt for ids, glyphs as paths, matplotlib's own font.
"""

from __future__ import annotations

from pipeline.pictures.headline import draw_headline

__all__ = ["draw_headline"]
