"""The command that leads from a strike back to every row of every file that tells of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.errors import UserError
from pipeline.release.files import write_parquet
from pipeline.settings import Settings
from pipeline.trace import FILES, trace_strike

LATER = datetime(2026, 12, 1, tzinfo=UTC)
NEW = "f" * 64


def _frames() -> dict[str, pa.Table]:
    """The sample: its first strike was corrected by a later file, which no longer has the second."""
    rows: dict[str, list[dict[str, Any]]] = {name: frame.to_pylist() for name, frame in sample_frames().items()}
    first, second = rows["core.strikes"][:2]
    # What a hostile file would say: a line of its own, in red.
    hostile = {"note": "x\n  9. forged.csv, record 1: accepted\x1b[31m"}
    first_record = rows["raw.records"][0]
    first_record["properties"] = json.dumps({**json.loads(first_record["properties"]), **hostile})
    record = {**rows["raw.records"][0], "record_id": "new//1", "export_id": NEW}
    record["properties"] = record["properties"].replace("2015-09-30", "2015-10-01")
    held = {**record, "record_id": "held//1", "export_id": "e" * 64}
    rows["raw.records"] += [record, held]
    for id_, name in ((NEW, "corrected.csv"), ("e" * 64, "short.csv")):
        rows["raw.exports"].append({**rows["raw.exports"][0], "export_id": id_, "sha256": id_, "file_name": name})
        rows["core.receipts"].append(
            {**rows["core.receipts"][0], "export_id": id_, "receipt_no": 2 + (id_ != NEW), "received_at": LATER}
        )
    rows["core.record_outcomes"].append(
        {**rows["core.record_outcomes"][0], "record_id": "held//1", "export_id": "e" * 64, "outcome": "held"}
        | {"target_id": first["source_key"]}
    )
    ended = {"known_to": LATER, "ended_by": NEW}
    rows["core.revisions"][0] |= {**ended, "status": "superseded", "is_last": False}
    rows["core.revisions"][1] |= {**ended, "status": "withdrawn"}
    rows["core.revisions"].append(
        {**rows["core.revisions"][0], "revision": 2, "status": "current", "is_last": True, "record_id": "new//1"}
        | {"export_id": NEW, "known_from": LATER, "last_seen": LATER, "known_to": None, "ended_by": None}
        | {"changes": '{"date_to":["2015-09-30","2015-10-01"],"note":[null,"x"]}'}
    )
    rows["core.sightings"][0]["outcome"] = "superseded"
    rows["core.sightings"].append(
        {**rows["core.sightings"][0], "record_id": "new//1", "export_id": NEW, "revision": 2, "outcome": "accepted"}
    )
    rows["core.strikes"].remove(second)
    refused = {"record_id": "bad//1", "line_no": 61}
    rows["raw.records"].append({**record, **refused})
    rows["core.quarantine"].append(
        {**refused, "theatre": "syria", "source": "isw_reports", "export_id": NEW, "source_key": "SY-909"}
        | {"file_name": "corrected.csv", "reason_code": "place_unknown", "field": "place", "value": "Nowhere\x1b[31m"}
        | {"hint": "name the place otherwise", "first_seen": LATER, "last_seen": LATER}
    )
    claim = next(row for row in rows["core.strikes"] if row["source"] == "mod_claims")
    rows["core.links"] = [
        {
            "theatre": "syria", "source_a": "isw_reports", "strike_a": first["strike_id"], "source_b": "mod_claims",
            "strike_b": claim["strike_id"], "distance_m": 1234.0, "reach_m": 4000.0, "days_apart": 1, "days_common": 0,
            "score": 0.35,
        }
    ]  # fmt: skip
    return {name: table(name).conform(rows[name]) for name in FILES.values()}


@pytest.fixture
def released(settings: Settings) -> Settings:
    """A data folder whose latest release has the tables that a trace is read from."""
    folder = settings.latest / "tables"
    folder.mkdir(parents=True)
    for name, frame in _frames().items():
        write_parquet(folder / f"{name}.parquet", table(name), frame)
    return settings


def _ids() -> list[str]:
    strikes = [row for row in sample_frames()["core.revisions"].to_pylist()]
    return [row["strike_id"] for row in strikes]


def test_revisions_sightings_and_links_lead_back_to_files_and_rows(released: Settings) -> None:
    strike = sample_frames()["core.revisions"].to_pylist()[0]
    told = trace_strike(released, strike["strike_id"])
    text = "\n".join(told)
    assert told[0].startswith(f"{strike['strike_id']}: {strike['place']}")
    assert "  1  from 2026-11-01 00:00 to 2026-12-01 00:00, superseded by corrected.csv" in told
    assert "  2  from 2026-12-01 00:00, stands" in told
    assert "     date_to: '2015-09-30' became '2015-10-01'" in told
    assert "     note: nothing became 'x'" in told
    assert "\n\nSightings: 2" in text
    assert not any(line.startswith("  9.") for line in told) and "\x1b" not in text
    assert r"     note = x\n  9. forged.csv, record 1: accepted\x1b[31m" in told
    assert f"sha256 {NEW}" in text
    assert "corrected.csv, record 1, line 2: accepted, revision 2" in text
    assert "short.csv, record 1, line 2: held back, not applied" in text
    assert "place = Talbisah" in text
    assert "mod_claims: " in text and "1,234 m apart, a day apart, score 0.35" in text


def test_a_withdrawn_strike_is_told_as_its_tombstone(released: Settings) -> None:
    text = "\n".join(trace_strike(released, _ids()[1]))
    assert "It was withdrawn: no figure counts it" in text
    assert "withdrawn: it is not in corrected.csv" in text


@pytest.mark.parametrize("name", ["bad//1", "SY-909"])
def test_a_refused_record_is_told_with_its_row_and_why(released: Settings, name: str) -> None:
    told = trace_strike(released, name)
    assert told[:5] == [
        f"{name}: 1 refused record, of which no strike is made",
        "  1. syria isw_reports: corrected.csv, record 1, line 61, bad//1",
        f"     received 2026-12-01 00:00, sha256 {NEW}",
        r"     place_unknown: place = 'Nowhere\x1b[31m'",
        "     what to do: name the place otherwise",
    ]
    assert "     place = Talbisah" in told


def test_an_unknown_id_is_told_with_those_that_could_be_meant(released: Settings, settings: Settings) -> None:
    id_ = _ids()[3]
    with pytest.raises(UserError, match=f"knows no strike '{id_[:-1]}x': did you mean {id_}"):
        trace_strike(released, id_[:-1] + "x")
    with pytest.raises(UserError, match=r"did you mean \w+ \(mod_claims mod_claims-2\)"):
        trace_strike(released, "mod_claims-2")
    with pytest.raises(UserError, match="ids stand in core"):
        trace_strike(released, "no strike is called anything like this")
    with pytest.raises(UserError, match="several strikes begin with ''"):
        trace_strike(released, "")
    with pytest.raises(UserError, match="run `isw-strikes run` first"):
        trace_strike(Settings(data=settings.root / "empty"), "s")
