"""The map page: a static site, made of the files in ``site/``, the installed libraries, and data as JSON.

Belongs here: laying out the folder and writing the data that the page reads: an index, and for each theatre what is
told of it (``about``), its strikes by column (``columns``) and their evidence in pieces (``rows``). Does not belong
here: tiles (``tiles``), serving (``serve``), how anything looks (``site/``).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.front_end import SITE, libraries
from pipeline.map_page.about import describe
from pipeline.map_page.columns import write_columns
from pipeline.map_page.rows import PIECE, evidence_pieces, strike_columns
from pipeline.theatres import Theatre

# What is served of site/; the rest of that folder is for npm.
SHOWN = (".css", ".html", ".js", ".svg", ".txt")


def write_map_page(
    folder: Path,
    theatres: Mapping[str, Theatre],
    frames: Mapping[str, Mapping[str, pa.Table]],
    site_libraries: Path | None = None,
) -> None:
    """Write the page. It reads ``../tiles/<theatre>.pmtiles`` and, for the release's name, ``../manifest.json``.

    Args:
        folder: folder to write into; the same rows give the same bytes.
        theatres: theatres by name; one without strikes is left out.
        frames: full table name → rows that conform to the catalogue, by theatre.
        site_libraries: folder of the installed libraries; the usual one where None.

    Raises:
        UserError: the libraries are not installed.
    """
    installed = libraries(site_libraries)
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(SITE.iterdir()):
        if path.suffix in SHOWN:
            shutil.copyfile(path, folder / path.name)
    (folder / "lib").mkdir(exist_ok=True)
    for path in sorted(installed.iterdir()):
        if path.suffix != ".sha256":
            shutil.copyfile(path, folder / "lib" / path.name)
    shown = [name for name in theatres if frames[name]["core.strikes"].num_rows]
    index = [{"name": name, "title": theatres[name].title} for name in shown]
    _write_json(folder / "data" / "index.json", {"theatres": index})
    for name in shown:
        _write_theatre(folder / "data", theatres[name], frames[name])


def _write_theatre(folder: Path, theatre: Theatre, frames: Mapping[str, pa.Table]) -> None:
    index = write_columns(folder / f"{theatre.name}.columns", strike_columns(theatre, frames))
    _write_json(folder / f"{theatre.name}.json", {**describe(theatre, frames), "tables": index, "piece": PIECE})
    for number, piece in enumerate(evidence_pieces(theatre, frames)):
        _write_json(folder / theatre.name / f"{number}.json", piece)


def _write_json(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
