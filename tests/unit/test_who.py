"""Who held a place on a day: one question, many questions, and questions that cannot be asked."""

from __future__ import annotations

import csv
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
    write_answers(
        out,
        questions,
        answer(SYRIA, [q for q in questions if isinstance(q, Question)], control_frames(showcase, SYRIA)),
    )
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
    [
        ("95,37,2015-11-08", "lat = '95'"),
        ("36,37,8 November", "day = '8 November'"),
        ("36,,2015-11-08", "lon = ''"),
        ("=1+1,37,2015-11-08", "lat = '=1+1'"),
    ],
)
def test_a_line_that_is_no_question_is_told_in_its_place_and_stops_no_other(
    line: str, named: str, tmp_path: Path, showcase: Work
) -> None:
    file = tmp_path / "points.csv"
    file.write_text(f"lat,lon,day\n36,37,2015-11-08\n{line}\n35.95,39.01,2015-11-08\n")
    asked = list(read_questions(file))
    readable = [question for question in asked if isinstance(question, Question)]
    out = io.StringIO()
    unread = write_answers(out, asked, answer(SYRIA, readable, control_frames(showcase, SYRIA)))
    rows = list(csv.DictReader(out.getvalue().splitlines()))
    assert len(rows) == 3 and rows[2]["controller"] == "isis"
    assert rows[1]["controller"] == "" and "line 3" in rows[1]["note"] and named in rows[1]["note"]
    assert not rows[1]["lat"].startswith("=")
    assert unread == [rows[1]["note"]]


def test_a_place_outside_the_theatre_is_said_to_be(showcase: Work) -> None:
    questions = [Question(52.5, 13.4, date(2015, 11, 8)), Question(40.0, 35.6, date(2015, 11, 8))]
    far, swapped = answer(SYRIA, questions, control_frames(showcase, SYRIA))
    assert (far["controller"], far["note"]) == ("unknown", "outside the theatre")
    assert "swapped" in swapped["note"]
    told = in_words(SYRIA, Question(48.0, 37.0, date(2015, 10, 1)), far)
    assert told == ["48 N 37 E on 2015-10-01: outside the theatre"]


def test_a_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("x,y\n1,2\n")
    with pytest.raises(UserError, match="lacks the columns day, lat, lon"):
        list(read_questions(file))
