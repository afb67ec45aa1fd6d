"""A release of the sample frames, built as a run would build it, with stand-ins for tiles, pages and pictures."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from sample_frames import sample_frames

from pipeline.expectations import Validation
from pipeline.release import build_release
from pipeline.settings import Settings
from pipeline.theatres import theatres


def make(
    settings: Settings, code: str = "0.1.0", validations: list[Validation] | None = None, **changed: pa.Table
) -> Path:
    """Build a release of the sample, with what a test changes in it (``core__strikes=…``)."""
    frames = {**sample_frames(), **{name.replace("__", "."): frame for name, frame in changed.items()}}
    sound = [Validation(table=name, success=True, rows=t.num_rows, results=[]) for name, t in frames.items()]
    settings.root.mkdir(parents=True, exist_ok=True)
    tiles, picture = settings.root / "any.pmtiles", settings.root / "headline.png"
    tiles.write_bytes(b"PMTiles")
    picture.write_bytes(b"picture")
    return build_release(
        settings,
        {"syria": frames},
        {"syria": theatres()["syria"]},
        frames["raw.exports"].to_pylist(),
        {"core.strikes": 1, "core.attribution": 1},
        sound if validations is None else validations,
        code_version=code,
        config_digest="abc",
        tiles={"syria": tiles},
        write_map=lambda folder: (folder / "index.html").write_text("<title>map</title>"),
        write_pages=lambda folder: (folder / "methods.html").write_text("<title>methods</title>"),
        pictures={"syria": [picture]},
        write_summary=lambda path, said: path.write_text(f"<title>{said['release']}</title>"),
    )
