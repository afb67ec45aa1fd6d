"""Pages: the release's pages to read: its report, its methods, and the walk from the sentence to the number.

Belongs here: gathering what the pages say from the tables, and laying it out. They hold all that they need, run no
script, ask no other place for anything, and data become text, never markup.
Does not belong here: any figure or explanation of their own (``tables``), the map (``map_page``), prose about the
methods (``docs/methods.md``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import pyarrow as pa

from pipeline.pages.methods import render_methods
from pipeline.pages.report import gather_report
from pipeline.pages.walk import gather_walk
from pipeline.tables.sentences import percent
from pipeline.theatres import Theatre

TEMPLATES = Path(__file__).parent
# The section of the methods page that a report carries.
IN_SHORT = "Before you quote a number"


def write_pages(
    folder: Path, theatres: Mapping[str, Theatre], frames: Mapping[str, Mapping[str, pa.Table]]
) -> list[Path]:
    """Write ``methods.html`` and ``walk.html``; the same rows give the same bytes.

    Args:
        folder: folder to write into, beside the release's ``map/``.
        theatres: theatres by name; one whose main source has no strikes is left out of the walk.
        frames: full table name → rows that conform to the catalogue, by theatre.
    """
    folder.mkdir(parents=True, exist_ok=True)
    walks = [walk for name, theatre in theatres.items() if (walk := gather_walk(theatre, frames[name]))]
    return [
        _write(folder / "methods.html", body=render_methods()),
        _write(folder / "walk.html", walks=walks),
    ]


def write_report(
    path: Path,
    theatres: Mapping[str, Theatre],
    frames: Mapping[str, Mapping[str, pa.Table]],
    pictures: Mapping[str, Sequence[Path]],
    release: Mapping[str, Any],
) -> Path:
    """Write ``report.html``: one page to mail, pictures inside it, that links to nothing outside itself.

    Args:
        path: file to write.
        theatres: theatres by name; one whose main source has no strikes is left out.
        frames: full table name → rows that conform to the catalogue, by theatre.
        pictures: pictures of each theatre, in the order in which they are shown; PNGs are taken.
        release: ``release`` (id), ``as_of``, ``inputs``, ``checks`` and ``tables``, as in the manifest.
    """
    told = [gather_report(theatre, frames[name], pictures.get(name, ())) for name, theatre in theatres.items()]
    return _write(path, reports=[one for one in told if one], methods=render_methods(IN_SHORT), release=release)


def _write(path: Path, **content: Any) -> Path:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    text = environment.get_template(f"{path.name}.j2").render(**content)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path
