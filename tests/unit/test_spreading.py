"""Pieces on other machines: refused where those have other code or see other inputs than the one that runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from live_dagster import wait_until

from pipeline import spreading
from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.steps import STEPS
from pipeline.theatres import Theatre, theatres
from pipeline.work import Work, run_step

SYRIA = theatres()["syria"]
STRIKES = next(step for step in STEPS if step.name == "strikes")
MONTHS = ["2015-10", "2015-11", "2015-12"]


def _told(settings: Settings, theatre: Theatre, piece: str) -> tuple[str, str]:
    return theatre.name, piece


def test_a_worker_of_the_same_code_does_its_piece() -> None:
    assert spreading._do((_told, "syria", spreading.fingerprint(SYRIA), "a")) == ("syria", "a")


@pytest.mark.parametrize("name", ["syria", "a theatre that the worker has not"])
def test_a_worker_of_other_code_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="install the same on both"):
        spreading._do((_told, name, "fingerprint of other code", "a"))


def _scattered(
    monkeypatch: pytest.MonkeyPatch, seen: Callable[[dict[str, str]], dict[str, str]]
) -> list[tuple[str, list[str]]]:
    """A cluster that does pieces of one month here, as a worker whose inputs look as ``seen`` says."""
    done: list[tuple[str, list[str]]] = []

    def spread(settings: Settings, function: Any, pieces: Sequence[tuple[Theatre, Any]]) -> list[Any]:
        done.extend(piece for _, piece in pieces)
        results = [function(settings.model_copy(update={"dask": ""}), theatre, piece) for theatre, piece in pieces]
        return [(built, {part: seen(inputs) for part, inputs in found.items()}) for built, found in results]

    monkeypatch.setattr(spreading, "spread", spread)
    monkeypatch.setattr(spreading, "cut", lambda _, parts: [{part: value} for part, value in parts.items()])
    return done


def test_months_built_in_pieces_are_those_built_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    done = _scattered(monkeypatch, seen=lambda inputs: inputs)
    here, there = Work(settings), Work(Settings(data=settings.root / "there", dask="tcp://nowhere:1"))
    rows = [[part.rows for part in run_step(one, SYRIA, STRIKES, MONTHS)] for one in (here, there)]
    assert rows[0] == rows[1] and done == [("strikes", [month]) for month in MONTHS]
    entries = [[one.ledger.read("strikes", "syria", month) for month in MONTHS] for one in (here, there)]
    assert [e and (e.inputs, e.outputs["core.strikes"].digest) for e in entries[0]] == [
        e and (e.inputs, e.outputs["core.strikes"].digest) for e in entries[1]
    ]


def test_a_worker_that_sees_other_inputs_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _scattered(monkeypatch, seen=lambda inputs: {**inputs, "code": "another"})
    cluster = Work(settings.model_copy(update={"dask": "tcp://nowhere:1"}))
    with pytest.raises(UserError, match=r"strikes 2015-10: a Dask worker sees other inputs .*\(code\)"):
        run_step(cluster, SYRIA, STRIKES, MONTHS)
    assert cluster.ledger.read("strikes", "syria", "2015-10") is None


def test_a_single_part_stays_here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    done = _scattered(monkeypatch, seen=lambda inputs: inputs)
    run_step(Work(settings.model_copy(update={"dask": "tcp://nowhere:1"})), SYRIA, STRIKES, MONTHS[:1])
    assert done == []


def _piece(settings: Settings, theatre: Theatre, piece: str) -> str:
    return piece


@pytest.mark.parametrize(("is_lost", "why"), [(False, "has had no worker for"), (True, "scheduler at .* was lost")])
def test_a_cluster_that_goes_away_ends_the_run_in_words(
    is_lost: bool, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed", reason="run `make install-cluster`")
    dask = pytest.importorskip("dask")
    monkeypatch.setattr(spreading, "ROUND_SECONDS", 0.1)
    monkeypatch.setattr(spreading, "ALONE_SECONDS", 60 if is_lost else 0.3)
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
        ) as cluster,
    ):
        client = spreading._client(cluster.scheduler_address)
        assert spreading.spread(Settings(dask=cluster.scheduler_address), _piece, [(SYRIA, "a")]) == ["a"]
        cluster.scale(0)
        wait_until(lambda: not client.ncores(), seconds=30)
        closing = threading.Timer(0.5, cluster.close)
        if is_lost:
            closing.start()
        with pytest.raises(UserError, match=why):
            spreading.spread(Settings(dask=cluster.scheduler_address), _piece, [(SYRIA, "b")])
        if is_lost:
            closing.join()  # two that close one cluster at a time stumble over each other


def test_without_a_scheduler_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="run `make install-cluster`")
    monkeypatch.setattr(spreading, "CONNECT_SECONDS", 0.2)
    with pytest.raises(UserError, match="unset ISW_DASK"):
        spreading.cut(Settings(dask="tcp://127.0.0.1:9"), {"2015-10": {}})
