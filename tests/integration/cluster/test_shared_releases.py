"""Releases in a bucket: whole or absent for every machine, never put back by the slower publisher."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from parts import S3
from sample_release import make

from pipeline.errors import UserError
from pipeline.release import (
    Published,
    ReleaseRefused,
    bucket,
    copy_release,
    in_force,
    pinned_by,
    prune,
    publish,
    read_manifest,
    releases,
    removable,
    rollback,
)
from pipeline.release.manifest import pinned_bytes, write_pinned
from pipeline.settings import Settings
from pipeline.storage import BucketStore, open_bucket

Machine = Callable[[str], Settings]
TABLES = ("core.attribution", "core.strikes")
PUBLISHER = """
import shutil, sys
from pathlib import Path
from pipeline.release import ReleaseRefused, publish
from pipeline.release.manifest import write_pinned
from pipeline.settings import Settings
built, first = Path(sys.argv[1]), int(sys.argv[2])
for version in range(first, first + 6, 2):
    building = Settings().releases_dir / built.name
    shutil.copytree(built, building)
    write_pinned(building, {"core.attribution": version, "core.strikes": version})
    try:
        publish(Settings(), building)
        print("published")
    except ReleaseRefused as refused:
        assert "its tables are older" in str(refused), refused
        print("refused")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two sound releases of different states."""
    settings = Settings(data=tmp_path_factory.mktemp("built") / "data")
    return [make(settings, code) for code in ("0.1.0", "0.2.0")]


def _publish(settings: Settings, built: Path, version: int) -> Published:
    building = settings.releases_dir / built.name
    shutil.copytree(built, building)
    write_pinned(building, dict.fromkeys(TABLES, version))
    return publish(settings, building)


def _bucket(settings: Settings) -> BucketStore:
    found = open_bucket(settings)
    assert found is not None
    return found


def test_two_publishers_at_once_leave_one_winner_and_readers_see_whole_releases(
    built: list[Path], machine: Machine, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.fail_every(31)
    monkeypatch.setenv("ISW_STORE", machine("a").store)
    publishers = []
    for number, release in enumerate(built):
        monkeypatch.setenv("ISW_DATA", str(machine(f"publisher {number}").data))
        given = [sys.executable, "-c", PUBLISHER, str(release), str(number)]
        publishers.append(subprocess.Popen(given, stdout=subprocess.PIPE, text=True))
    reader, seen = machine("reader"), []
    while any(publisher.poll() is None for publisher in publishers):
        if in_force(reader) is not None:
            seen.append(copy_release(reader).name)  # held against its manifest
            shutil.rmtree(reader.releases_dir)
    told = [publisher.communicate()[0].split() for publisher in publishers]
    ids = [read_manifest(release).release for release in built]
    assert [publisher.returncode for publisher in publishers] == [0, 0]
    # The newest state is the second publisher's last: nobody may put the other back after it.
    assert told[1][-1] == "published"
    current = in_force(reader)
    assert current is not None and (current.release, current.pinned) == (ids[1], dict.fromkeys(TABLES, 5))
    assert seen and set(seen) <= set(ids)
    assert {one.id for one in releases(reader)} == set(ids)


def test_the_same_state_published_twice_is_one_release(built: list[Path], machine: Machine) -> None:
    near, far = machine("near"), machine("far")
    first, second = _publish(near, built[0], 1), _publish(far, built[0], 2)
    assert (first.already, second.already, second.id) == (False, True, first.id)
    current = in_force(near)
    assert current is not None and current.pinned == dict.fromkeys(TABLES, 2)
    # Housekeeping on a third machine knows what to keep for it.
    assert far.latest.resolve() == second.path
    (one,) = releases(machine("third"))
    assert pinned_by(machine("third"), one) == [dict.fromkeys(TABLES, 2)] * 2
    # So it does once the release is no longer in force.
    _publish(near, built[1], 3)
    assert pinned_by(machine("third"), one) == [dict.fromkeys(TABLES, 2)]


def test_what_the_pointer_and_the_release_itself_pin_is_kept(built: list[Path], machine: Machine) -> None:
    near = machine("near")
    published = _publish(near, built[0], 2)
    _bucket(near).write(f"releases/{published.id}/pinned.json", pinned_bytes(dict.fromkeys(TABLES, 1)))
    (one,) = releases(near)
    assert pinned_by(near, one) == [dict.fromkeys(TABLES, 2), dict.fromkeys(TABLES, 1)]
    _bucket(near).write(f"releases/{published.id}/pinned.json", b"[")
    with pytest.raises(UserError, match=r"pinned\.json cannot be read"):
        pinned_by(near, one)


def test_an_older_state_is_refused_until_somebody_goes_back(built: list[Path], machine: Machine) -> None:
    near, far = machine("near"), machine("far")
    older = _publish(far, built[1], 3).id
    newer = _publish(near, built[0], 5)
    with pytest.raises(ReleaseRefused, match="version 4, latest has 5"):
        _publish(far, built[1], 4)
    assert rollback(far, older).is_latest and far.latest.resolve().name == older
    assert copy_release(near).name == older and near.latest.resolve().name == older
    assert [one.is_latest for one in releases(near) if one.id == newer.id] == [False]


def test_a_copy_that_differs_from_its_manifest_is_not_read(built: list[Path], machine: Machine) -> None:
    near, far = machine("near"), machine("far")
    published = _publish(near, built[0], 1)
    store, key = _bucket(near), f"releases/{published.id}/tables/core.strikes.parquet"
    whole = store.read(key)
    store.write(key, whole[:-1] + b"?")
    with pytest.raises(UserError, match=r"damaged: tables/core\.strikes\.parquet"):
        copy_release(far)
    assert not far.latest.exists() and not list(far.releases_dir.glob("*"))
    store.write(key, whole)
    assert copy_release(far).name == published.id


def test_a_broken_off_publication_is_gone_on_with(built: list[Path], machine: Machine) -> None:
    near = machine("near")
    manifest = read_manifest(built[0])
    store, home = _bucket(near), f"releases/{manifest.release}"
    for output in manifest.outputs[:3]:
        store.write(f"{home}/{output.path}", b"cut off")
    assert releases(near) == []
    assert copy_release(machine("far"), _publish(near, built[0], 1).id).is_dir()


def test_a_release_that_is_being_removed_is_not_put_in_force(
    built: list[Path], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = machine("near").model_copy(update={"keep_releases": 1})
    first, second = _publish(near, built[0], 1), _publish(near, built[1], 2)
    store = _bucket(near)
    mark = f"releases/{first.id}/{bucket.REMOVED}-of-another"
    store.write(mark, b"")
    with pytest.raises(ReleaseRefused, match="not whole"):
        rollback(near, first.id)
    assert not bucket.remove(store, second.id)
    prune(near)
    # The other one may still be at it; an hour later he is not, and his mark goes too.
    assert store.sizes(f"releases/{first.id}").keys() == {mark.rsplit("/", 1)[-1]}
    monkeypatch.setattr(bucket, "ABANDONED_S", 0)
    prune(near)
    assert store.folders("releases") == [second.id]
    current = in_force(near)
    assert current is not None and current.release == second.id


def test_a_copy_goes_from_a_machine_once_another_has_removed_the_release(built: list[Path], machine: Machine) -> None:
    near, far = (machine(name).model_copy(update={"keep_releases": 1}) for name in ("near", "far"))
    first, second = _publish(far, built[0], 1), _publish(near, built[1], 2)
    assert [one.id for one in prune(near)] == [first.id]
    # What the machine's own link names is read there until the link is moved.
    assert prune(far) == [] and far.latest.resolve() == first.path
    copy_release(far)
    assert [one.id for one in removable(far, releases(far))] == [first.id] and [one.id for one in prune(far)] == [
        first.id
    ]
    assert [path.name for path in far.releases_dir.iterdir() if path.is_dir()] == [second.id]


def test_what_was_not_removed_is_not_counted(
    built: list[Path], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = machine("near").model_copy(update={"keep_releases": 1})
    first, _ = _publish(near, built[0], 1), _publish(near, built[1], 2)
    monkeypatch.setattr("pipeline.release.retention.remove", lambda *_: False)
    assert prune(near) == [] and first.path.is_dir()


def test_a_release_published_again_while_another_removes_it_is_whole_or_not_in_force(
    built: list[Path], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One machine left its mark and looked at the pointer; before it goes on, another publishes the release again."""
    near, far = machine("near"), machine("far")
    first, second = _publish(near, built[0], 1), _publish(near, built[1], 2)
    look, refused = bucket.read_pointer, []
    monkeypatch.setattr(bucket, "PAUSE_S", 0.0)

    def be_slow(store: BucketStore) -> bucket.InForce | None:
        seen = look(store)
        monkeypatch.setattr(bucket, "read_pointer", look)
        with pytest.raises(ReleaseRefused, match=r"is being removed .* by another process") as told:
            _publish(far, built[0], 3)
        refused.append(told)
        return seen

    monkeypatch.setattr(bucket, "read_pointer", be_slow)
    assert bucket.remove(_bucket(near), first.id) and len(refused) == 1
    current = in_force(near)
    assert current is not None and current.release == second.id
    assert copy_release(machine("reader")).name == second.id
    assert _publish(far, built[0], 3).id == first.id
    assert copy_release(machine("reader")).name == first.id


def test_a_remover_that_was_put_to_sleep_deletes_nothing_once_its_mark_is_gone(
    built: list[Path], machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, far = machine("near"), machine("far")
    first, _ = _publish(near, built[0], 1), _publish(near, built[1], 2)
    look, store = bucket.read_pointer, _bucket(near)

    def sleep_long(store: BucketStore) -> bucket.InForce | None:
        seen = look(store)
        monkeypatch.setattr(bucket, "read_pointer", look)
        monkeypatch.setattr(bucket, "ABANDONED_S", 0)
        _publish(far, built[0], 3)
        return seen

    monkeypatch.setattr(bucket, "read_pointer", sleep_long)
    assert not bucket.remove(store, first.id)
    assert copy_release(machine("reader")).name == first.id
    assert bucket.list_abandoned(store) == []
