"""Who held a place on a day: one question, many questions, and questions that cannot be asked."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.steps import control_frames
from pipeline.theatres import theatres
from pipeline.who import Question, answer, in_words, read_questions, write_answers
from pipeline.work import Work

SYRIA = theatres()["syria"]


def test_many_questions_are_answered_in_the_order_asked(showcase: Work, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(
        "lat,lon,day,radius_m\n36.37,37.52,2015-11-08,2000\n36.2,37.1,2030-01-01,\n35.95,39.01,2015-11-08,0\n"
    )
    questions = list(read_questions(file))
    out = io.StringIO()
    write_answers(out, questions, answer(SYRIA, questions, control_frames(showcase, SYRIA)))
    rows = [line.split(",") for line in out.getvalue().splitlines()]
    assert rows[0][:5] == ["lat", "lon", "day", "radius_m", "controller"]
    assert [row[4] for row in rows[1:]] == ["isis", "unknown", "isis"]


def test_the_answer_in_words_names_snapshot_age_and_shares(showcase: Work) -> None:
    question = Question(36.37, 37.52, date(2015, 11, 8), 2000)
    found = answer(SYRIA, [question], control_frames(showcase, SYRIA))[0]
    told = "\n".join(in_words(SYRIA, question, found))
    assert "ISIS" in told
    assert "days old" in told
    assert "within 2000 m" in told


@pytest.mark.parametrize(
    ("line", "named"),
    [("95,37,2015-11-08", "lat = '95'"), ("36,37,8 November", "day = '8 November'"), ("36,,2015-11-08", "lon = ''")],
)
def test_a_question_that_cannot_be_read_is_named_with_its_line(line: str, named: str, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text(f"lat,lon,day\n36,37,2015-11-08\n{line}\n")
    with pytest.raises(UserError, match="line 3") as error:
        list(read_questions(file))
    assert named in str(error.value)
