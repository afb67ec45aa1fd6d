"""Files of what people correct: the CSVs that spreadsheets write, and what is said of a file that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.override_files import check_overrides, overrides_digest, read_overrides
from pipeline.settings import Settings

PLAIN = "record,field,value,who,why\nk1,latitude,36.2,A. Reader,The photo shows it\n"


def _write(settings: Settings, text: str | bytes, name: str = "syria/airwars/fix.csv") -> None:
    path = settings.overrides_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN.replace(",", ";").replace("\n", "\r\n"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        "sep=;\n" + PLAIN.replace(",", ";"),
        "Record,Field , VALUE,who,why,when,said,\nk1,latitude, 36.2 ,A. Reader,The photo shows it,,,\n,,,,,,,\n",
    ],
    ids=[
        "plain",
        "Excel, semicolons",
        "UTF-16, tabs",
        "declared",
        "spaces, notes, a column and a row without anything",
    ],
)
def test_the_same_overrides_come_of_every_spreadsheet(settings: Settings, text: str | bytes) -> None:
    _write(settings, text)
    (row,) = read_overrides(settings, "syria", "airwars").to_pylist()
    assert row["file_name"] == "overrides/syria/airwars/fix.csv"
    assert [row[name] for name in ("record", "field", "value", "who", "why", "given_when")] == [
        "k1", "latitude", "36.2", "A. Reader", "The photo shows it", None,
    ]  # fmt: skip


def test_a_text_that_was_guarded_against_running_as_a_formula_is_read_as_it_was(settings: Settings) -> None:
    _write(settings, PLAIN.replace("k1", "'=k1"))
    assert read_overrides(settings, "syria", "airwars").column("record").to_pylist() == ["=k1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PLAIN.replace(",why", "").replace(",The photo shows it", ""), "lacks the columns why: its columns are record"),
        (PLAIN.replace("who", "whom"), "lacks the columns who and has columns that mean nothing here: whom"),
        (PLAIN + "k2,latitude\n", "line 3: 2 cells under a header of 5: correct the line"),
        (PLAIN + 'k2,latitude,"36.2', "a quotation mark opens here and is never closed"),
        (b"\xff\xfe\x00", "overrides/syria/airwars/fix.csv"),
        ("", "The file holds no bytes or no rows"),
        (PLAIN + "k" * 2000, "over max_overrides_bytes = 1,000 .ISW_MAX_OVERRIDES_BYTES."),
    ],
)
def test_a_file_that_cannot_be_used_is_told_before_anything_is_made(
    settings: Settings, text: str | bytes, told: str
) -> None:
    capped = settings.model_copy(update={"max_overrides_bytes": 1000})
    _write(settings, text)
    with pytest.raises(UserError, match=told):
        check_overrides(capped, ["syria"])
    assert overrides_digest(capped, "syria", "airwars")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("fix.csv", "put it into overrides/<theatre>/<source>/"),
        ("syria/airwars/fix.xlsx", "save it as CSV"),
        ("syria/airwars/FIX.CSV", "let its name end in .csv"),
        ("sirya/airwars/fix.csv", "there is no theatre 'sirya'"),
        ("syria/airwar/fix.csv", "no records of a source 'airwar': choose one of"),
    ],
)
def test_a_file_that_lies_where_none_is_read_is_told_of(settings: Settings, name: str, told: str) -> None:
    _write(settings, PLAIN, name)
    (stray,) = check_overrides(settings, ["syria"])
    assert f"overrides/{name} is not read" in stray and told in stray


def test_what_a_spreadsheet_leaves_beside_a_file_is_no_matter_but_a_link_is(settings: Settings, tmp_path: Path) -> None:
    _write(settings, "lock", "syria/airwars/~$fix.csv")
    assert check_overrides(settings, ["syria"]) == []
    (tmp_path / "elsewhere.csv").write_text(PLAIN)
    (settings.overrides_dir / "syria/airwars/linked.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert read_overrides(settings, "syria", "airwars").num_rows == 0
    assert check_overrides(settings, ["syria"]) == [
        "overrides/syria/airwars/linked.csv is not read: a link is not followed"
    ]


def test_how_a_file_is_saved_makes_nothing_stale_but_what_it_says_does(settings: Settings) -> None:
    assert overrides_digest(settings, "syria", "airwars") is None
    _write(settings, PLAIN)
    before = overrides_digest(settings, "syria", "airwars")
    _write(settings, "\ufeff" + PLAIN.replace(",", ";"))
    assert overrides_digest(settings, "syria", "airwars") == before
    _write(settings, PLAIN.replace("36.2", "36.3"))
    assert overrides_digest(settings, "syria", "airwars") != before
