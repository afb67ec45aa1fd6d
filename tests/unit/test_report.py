"""The report: one file that needs nothing else, shows every figure, and takes data as text."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from html_page import HOSTILE, Page
from PIL import Image
from sample_frames import sample_frames

from pipeline.catalogue import table
from pipeline.pages import write_report
from pipeline.pages.methods import render_methods
from pipeline.pictures import draw_pictures
from pipeline.theatres import theatres

SYRIA = theatres()["syria"]
LARGEST = 3_000_000
DIGEST = "0123456789abcdef" * 4


def told(file_name: str) -> dict[str, Any]:
    """What a release says of itself."""
    export = {"theatre": "syria", "source": "isw_reports", "file_name": file_name, "sha256": DIGEST, "records": 24}
    return {
        "release": "20261101T000000Z-abc",
        "as_of": "2026-11-01T00:00:00Z",
        "inputs": [export | {"received_at": "2026-11-01T00:00:00Z", "problem_code": None}],
        "tables": {"core.strikes": {"rows": 30}},
        "checks": [{"check": "conservation", "passed": True, "failures": 0}],
    }


def frames(hostile: bool = False) -> dict[str, pa.Table]:
    """The sample, with a row in every table that the report shows."""
    made = sample_frames()
    name = HOSTILE if hostile else "Choice"
    of_source = {"theatre": "syria", "source": "isw_reports"}
    rows = {
        "marts.sensitivity": {
            **of_source,
            "window": "article",
            "choice_no": 1,
            "choice": name,
            "variant": name,
            "about": f"{name} of method",
            "n": 22,
            "not_focus_expected": 0.8,
            "not_focus_lower_t10": 0.7,
            "not_focus_upper_t10": 0.9,
            "change": -0.05,
            "change_rank": 1,
            "finding_stands": True,
        },
        "marts.claims_vs_control": {
            "theatre": "syria",
            "source": "mod_claims",
            "window": "article",
            "claimed_controller": "isis",
            "claims": 30,
            "n": 24,
            "holders": '{"opposition": 14, "isis": 10}',
            "elsewhere": 14,
            "n_points": 22,
            "sentence": f"{name}: 14 of 24.",
        },
        "marts.strikes_by_region": {
            **of_source,
            "window": "article",
            "region": "aleppo_governorate",
            "title": f"{name} region",
            "rows": 9,
            "episodes": 9,
            "episodes_all": 22,
            "share": 9 / 22,
        },
        "marts.agreement": {
            **of_source,
            "answer_no": 0,
            "answer": "in force",
            "about": f"{name} in force",
            "n": 21,
            "agree": 20,
            "share": 20 / 21,
        },
    }
    made |= {name: table(name).conform([row]) for name, row in rows.items()}
    baseline = rows["marts.sensitivity"] | {"choice_no": 0, "change": 0.0, "change_rank": None}
    made["marts.sensitivity"] = table("marts.sensitivity").conform([baseline, rows["marts.sensitivity"]])
    if hostile:
        headline = [row | {"sentence": HOSTILE} for row in made["marts.headline"].to_pylist()]
        made["marts.headline"] = table("marts.headline").conform(headline)
    return made


def write(folder: Path, hostile: bool = False) -> Path:
    made = frames(hostile)
    none = {name: frame.slice(0, 0) for name, frame in made.items()}
    pictures = {"syria": draw_pictures(SYRIA, made, folder / "pictures")}
    path = folder / "report.html"
    given = told(HOSTILE if hostile else "isw_strikes.csv")
    return write_report(path, theatres(), {"syria": made, "ukraine": none}, pictures, given)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(path: Path) -> Page:
    return Page(path)


def test_it_can_be_mailed(path: Path, page: Page) -> None:
    """Nothing is asked of another place, nothing runs, every link leads within the page, and it is small."""
    assert path.stat().st_size < LARGEST
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object", "form", "base"}
    ids = {f"#{attributes['id']}" for _, attributes in page.elements if "id" in attributes}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        if tag == "a":
            assert attributes["href"] in ids
        if tag == "img":
            assert str(attributes["src"]).startswith("data:image/png;base64,")
    assert "url(" not in path.read_text(encoding="utf-8") and "@import" not in path.read_text(encoding="utf-8")


def test_pictures_are_whole_and_say_in_words_what_they_show(page: Page) -> None:
    images = [attributes for tag, attributes in page.elements if tag == "img"]
    assert len(images) == 4  # one month alone is no picture of its own
    for image in images:
        encoded = str(image["src"]).partition(",")[2]
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as opened:
            assert (str(opened.width), str(opened.height)) == (image["width"], image["height"])
    assert "14 of 24 claims naming ISIS" in " ".join(str(image["alt"]) for image in images)


def test_the_same_release_gives_the_same_bytes(path: Path, tmp_path: Path) -> None:
    assert write(tmp_path).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "words",
    [
        "20261101T000000Z-abc",
        "marts.headline_split",
        "October 2015",
        "Choice region",
        "Choice of method 22 80% 70% to 90% −5.0",
        "Choice: 14 of 24.",
        "Choice in force 21 95%",
        "A sample.",
        "conservation passed",
        "core.strikes 30",
        f"isw_strikes.csv {DIGEST}",
        "Facts from ISW's series",
    ],
)
def test_it_shows_every_figure(page: Page, words: str) -> None:
    assert words in page.text


def test_hostile_names_appear_as_text(tmp_path: Path) -> None:
    page = Page(write(tmp_path, hostile=True))
    assert "script" not in {tag for tag, _ in page.elements}
    assert all(str(a["src"]).startswith("data:") for tag, a in page.elements if tag == "img")
    assert page.text.count(HOSTILE) >= 6


def test_a_section_that_the_methods_page_lacks_is_told() -> None:
    assert "A sample." in render_methods("Before you quote a number")
    with pytest.raises(ValueError, match="no section 'Nowhere'"):
        render_methods("Nowhere")
