"""A store of an old version is brought up once, by whichever machine comes first."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.lake import Lake
from pipeline.migration import is_of_today, migrate
from pipeline.settings import Settings
from pipeline.storage import open_bucket

Machine = Callable[[str], Settings]
GOLDEN = Path(__file__).parents[2] / "golden" / "data-folder-2026-11-24.tar.xz"


def test_a_machine_that_has_nothing_brings_up_the_store_for_all(machine: Machine, tmp_path: Path) -> None:
    near, far = machine("near"), machine("far")
    bucket = open_bucket(near)
    assert bucket is not None and migrate(machine("earlier")) is None
    bucket.delete(["format.json"])
    with tarfile.open(GOLDEN) as archive:
        archive.extractall(tmp_path / "old", filter="data")
    for kept in ("lake", "exports"):
        for path in (tmp_path / "old" / kept).rglob("*"):
            if path.is_file():
                bucket.write(path.relative_to(tmp_path / "old").as_posix(), path)
    assert not is_of_today(near)
    with pytest.raises(UserError, match="isw-strikes migrate"):
        Lake(near).read("raw.exports")
    done = migrate(near)
    assert done is not None and done.exports == 6
    assert is_of_today(far) and migrate(far) is None
    assert Lake(far).read("raw.exports").num_rows == 6
    assert not (near.root / "format.json").exists()
