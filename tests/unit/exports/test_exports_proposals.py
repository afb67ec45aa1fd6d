"""The proposal for a file of any format takes all of its rows: the same 20 strikes and 3 control areas."""

from __future__ import annotations

from pathlib import Path

import matrix_files
import pytest

from pipeline.proposals import Proposal, propose
from pipeline.settings import Settings
from pipeline.trial import Trial, try_source


def proposed(settings: Settings, path: Path, content: bytes) -> tuple[Proposal, Trial]:
    path.write_bytes(content)
    proposal = propose(settings, path)
    return proposal, try_source(settings, path, proposal.theatre, proposal.source)


def names(proposal: Proposal) -> dict[str, str]:
    """Field = column, of fields that come from one column."""
    return {name: spec.names[0] for name, spec in proposal.source.fields.items() if spec.names}


@pytest.mark.parametrize("format_", [*matrix_files.COLUMNS, *matrix_files.SHAPED])
def test_the_rows_of_every_format_are_accepted_by_the_proposal(
    format_: str, settings: Settings, tmp_path: Path
) -> None:
    content = {**matrix_files.COLUMNS, **matrix_files.SHAPED}[format_](matrix_files.strikes())
    proposal, trial = proposed(settings, tmp_path / "export", content)
    assert proposal.theatre.name == "syria" and proposal.source.kind == "strikes"
    found = names(proposal)
    assert (found["id"], found["date_from"], found["place"], found["province"]) == ("id", "day", "place", "province")
    assert proposal.source.key == ("id",)
    assert proposal.source.fields["latitude"].geometry == (format_ in matrix_files.SHAPED)
    assert trial.counts["accepted"] == 20


@pytest.mark.parametrize("format_", matrix_files.SHAPED)
def test_the_control_areas_of_every_format_are_accepted_by_the_proposal(
    format_: str, settings: Settings, tmp_path: Path
) -> None:
    proposal, trial = proposed(settings, tmp_path / "export", matrix_files.SHAPED[format_](matrix_files.areas()))
    assert proposal.source.kind == "control_polygons"
    assert names(proposal) == {"controller": "holder", "valid_from": "day"}
    assert trial.counts["accepted"] == 3
