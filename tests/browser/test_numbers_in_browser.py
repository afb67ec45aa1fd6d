"""The numbers on the page against SQL on the release's own DuckDB file, for choices that a reader makes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import expect
from reader import Reader

from pipeline.tables.sentences import percent
from pipeline.theatres import theatres

pytestmark = pytest.mark.browser

SYRIA = theatres()["syria"]

# The same filter as on the page, over the core tables, by the definitions of the methods page.
FIGURES = """
WITH
chosen AS (
    SELECT s.*, a.*, e.episode_id
    FROM core.strikes AS s JOIN core.attribution AS a USING (strike_id) JOIN core.episodes AS e USING (strike_id)
    WHERE s.source = $source AND NOT is_background AND date_from BETWEEN $first AND $last
        AND ($confidence IS NULL OR confidence = $confidence) AND ({region})
),
items AS (
    SELECT
        avg(focus_share) AS i, avg(other_share) AS k, avg(unknown_share) AS u, avg(focus_at_point) AS p,
        {groups}
    FROM chosen GROUP BY episode_id
)
SELECT
    count(*) AS n, 1 - avg(i) AS expected, 1 - avg(p) AS at_point,
    least(avg(CAST(i + u <= 0.1 + 1e-9 AS INT)), expected, at_point) AS lower,
    greatest(1 - avg(CAST(k + u <= 0.1 + 1e-9 AS INT)), expected, at_point) AS upper,
    {averages}
FROM items
"""
REGIONS = {
    "": "true",
    "region:north_west_box": "latitude >= 35 AND longitude <= 37.5",
    "region:aleppo_city_25_km": """EXISTS (FROM core.region_places AS r WHERE r.region = 'aleppo_city_25_km'
        AND r.latitude = round(s.latitude, 6) AND r.longitude = round(s.longitude, 6))""",
    "province:Homs": "province = 'Homs'",
    "box:36.5,34.9,38,36.2": "longitude BETWEEN 36.5 AND 38 AND latitude BETWEEN 34.9 AND 36.2",
}


@pytest.fixture(scope="module")
def database(drawn_release: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(drawn_release / "strikes.duckdb"), read_only=True)


def counted(database: duckdb.DuckDBPyConnection, region: str = "", **choice: Any) -> dict[str, Any]:
    shares = {
        group: " + ".join(f"coalesce(CAST(shares ->> '$.{member}' AS DOUBLE), 0)" for member in members)
        for group, members in SYRIA.groups.items()
    }
    query = FIGURES.format(
        region=REGIONS[region],
        groups=", ".join(f"avg({sum_}) AS {group}" for group, sum_ in shares.items()),
        averages=", ".join(f"avg({group}) AS {group}" for group in shares),
    )
    cursor = database.execute(query, {"confidence": None, **choice})
    row = cursor.fetchone()
    assert row is not None
    return dict(zip([column[0] for column in cursor.description], row, strict=True))


def between(low: float, high: float) -> str:
    first, last = percent(low), percent(high)
    if first == last:
        return first
    return f"{first} to {last}" if re.search("[<>]", first + last) else f"{first.removesuffix('%')}–{last}"


def expect_figures(reader: Reader, row: dict[str, Any], source: str, where: str = "#finding > ") -> None:
    """Split, share, bounds, count and what is counted are those of a row of a source; under 20 the count alone."""
    page = reader.page
    if row["n"] < 20:
        expect(page.locator(f"{where}.figure .big")).to_have_text(str(row["n"]))
        expect(page.locator(f"{where}.figure")).to_contain_text("too few for a share" if row["n"] else "none")
        expect(page.locator(f"{where}.figure")).not_to_contain_text("%")
        assert page.locator(f"{where}div .split").count() == 0
        return
    expect(page.locator(f"{where}.figure .claim")).to_contain_text(
        f"of {row['n']} {SYRIA.sources[source].noun}s lay outside"
    )
    expect(page.locator(f"{where}.figure .big")).to_have_text(percent(row["expected"]))
    expect(page.locator(f"{where}.figure .bounds")).to_have_text(
        f"{between(row['lower'], row['upper'])}, given the control map"
    )
    shown = page.locator(f"{where}div > .split + .shares b").all_inner_texts()
    assert shown == [percent(round(row[group], 9)) for group in SYRIA.groups]


CHOICES = [
    ("isw_reports", "2015-09-30", "2016-03-07", "", None),
    ("isw_reports", "2015-10-17", "2016-01-09", "", None),
    ("airwars", "2015-11-03", "2015-12-28", "", None),
    ("airwars", "2015-09-30", "2016-03-07", "region:north_west_box", None),
    ("airwars", "2015-10-05", "2016-02-11", "province:Homs", None),
    ("airwars", "2015-09-30", "2016-03-07", "box:36.5,34.9,38,36.2", "fair"),
    ("airwars", "2015-09-30", "2016-03-07", "", "weak"),
    ("isw_reports", "2015-10-01", "2015-10-09", "", "high"),
    ("mod_claims", "2015-09-30", "2016-03-07", "region:aleppo_city_25_km", None),
]


@pytest.mark.parametrize(("source", "first", "last", "region", "confidence"), CHOICES)
def test_the_finding_is_what_sql_counts(
    drawn_reader: Reader,
    database: duckdb.DuckDBPyConnection,
    source: str,
    first: str,
    last: str,
    region: str,
    confidence: str | None,
) -> None:
    asked = f"#theatre=syria&source={source}&period=article&from={first}&to={last}&region={region}"
    drawn_reader.open(asked + (f"&confidence={confidence}" if confidence else ""))
    row = counted(database, region, source=source, first=first, last=last, confidence=confidence)
    expect_figures(drawn_reader, row, source)
    assert drawn_reader.errors == []
    assert drawn_reader.foreign == []


def test_every_published_figure_is_counted_alike_on_the_page(
    drawn_reader: Reader, database: duckdb.DuckDBPyConnection
) -> None:
    query = """SELECT source, filter, n, rows, places, split, epoch(window_from) / 86400 AS first,
        epoch(window_to) / 86400 AS last, COLUMNS('not_focus_.*|margin_.*') FROM marts.headline
        WHERE unit = 'episode' AND filter NOT LIKE '%points_only'"""
    cursor = database.execute(query)
    published = [dict(zip([c[0] for c in cursor.description], row, strict=True)) for row in cursor.fetchall()]
    drawn_reader.open()
    found = drawn_reader.page.evaluate(
        """async (rows) => {
            const [{ loadTheatre }, { measure }, { strikesOf }] =
                await Promise.all(["data", "figures", "selection"].map((name) => import(`./${name}.js`)));
            const data = await loadTheatre("syria");
            const value = (filter, kind) => (filter.startsWith(kind) ? filter : null);
            return rows.map(({ source, filter, first: from, last: to }) => measure(data, strikesOf(data, {
                source, from, to, region: value(filter, "region:"), confidence: value(filter, "confidence:")?.slice(11),
            })));
        }""",
        published,
    )
    assert sum(row["split"] is not None for row in published) > 50
    for row, figures in zip(published, found, strict=True):
        expected = {name: value for name, value in row.items() if name in figures}
        expected["split"] = pytest.approx(json.loads(row["split"]), abs=2e-9) if row["split"] else None
        got = {name: figures[name] for name in expected}
        assert got == {n: v if n == "split" else pytest.approx(v, abs=2e-9) for n, v in expected.items()}, row


def test_what_takes_a_bootstrap_is_shown_only_where_it_is_published(
    drawn_reader: Reader, database: duckdb.DuckDBPyConnection
) -> None:
    page = drawn_reader.page
    row = database.execute(
        """SELECT place_lower, place_upper, sentence FROM marts.headline
        WHERE source = 'airwars' AND "window" = '2015-11' AND filter = 'all' AND unit = 'episode'"""
    ).fetchone()
    assert row is not None
    drawn_reader.open("#theatre=syria&source=airwars&period=2015-11")
    page.click("#readings summary")
    expect(page.locator("#readings")).to_contain_text(f"had other places been named{between(row[0], row[1])}")
    page.click("#cite summary")
    expect(page.locator("#cite blockquote")).to_have_text(row[2])
    page.click("#narrowed")
    page.fill("#from", "2015-11-02")
    expect(page.locator("#readings dt", has_text="had other places been named")).to_have_count(0)
    expect(page.locator("#readings")).to_contain_text("only for the published periods")
    expect(page.locator("#cite blockquote")).to_contain_text("2–30 Nov 2015")


def test_choosing_by_hand_changes_the_number_and_says_it_aloud(
    drawn_reader: Reader, database: duckdb.DuckDBPyConnection
) -> None:
    page = drawn_reader.page
    drawn_reader.open()
    page.locator("#source").select_option("airwars")
    page.locator("#narrowed").press("Enter")
    page.fill("#from", "2015-10-20")
    page.fill("#to", "2016-01-20")
    page.locator("#region").select_option("region:north_west_box")
    choice = {"source": "airwars", "first": "2015-10-20", "last": "2016-01-20"}
    row = counted(database, "region:north_west_box", **choice)
    assert row["n"] >= 20
    expect_figures(drawn_reader, row, "airwars")
    spoken = page.locator("#spoken[role=status]")
    expect(spoken).to_contain_text(f"{percent(row['expected'])} of {row['n']} reported incidents")
    page.click("#widen")
    expect(page.locator("#narrowed")).to_contain_text("Narrowed to: 20 Oct 2015 – 20 Jan 2016")


def test_only_what_the_map_shows_is_a_choice(drawn_reader: Reader, database: duckdb.DuckDBPyConnection) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=airwars")
    page.click("#narrowed")
    page.click("#view-box")
    expect(page.locator("#narrowed")).to_contain_text("Box ")
    asked = re.search(r"region=box%3A([^&]+)", page.url)
    assert asked is not None
    west, south, east, north = (float(degrees) for degrees in asked[1].split("%2C"))
    assert west < 36.3 and south < 33 and east > 42 and north > 37


def test_a_box_can_be_drawn_and_left(drawn_reader: Reader, database: duckdb.DuckDBPyConnection) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=airwars")
    page.click("#narrowed")
    page.click("#draw-box")
    page.keyboard.press("Escape")
    expect(page.locator(".drawing")).to_have_count(0)
    page.click("#draw-box")
    ground = page.locator("#map").bounding_box()
    assert ground is not None
    middle = ground["x"] + ground["width"] / 2, ground["y"] + ground["height"] / 2
    page.mouse.move(middle[0] - 150, middle[1] - 120)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 140, steps=3)
    page.mouse.up()
    expect(page.locator("#narrowed")).to_contain_text("Box ")
    asked = re.search(r"region=box%3A([^&]+)", page.url)
    assert asked is not None
    west, south, east, north = (float(degrees) for degrees in asked[1].split("%2C"))
    count = database.execute(
        """SELECT count(DISTINCT episode_id) FROM core.strikes JOIN core.episodes USING (strike_id)
        WHERE core.strikes.source = 'airwars' AND NOT is_background AND date_from BETWEEN '2015-09-30' AND '2016-03-07'
            AND longitude BETWEEN $west AND $east AND latitude BETWEEN $south AND $north""",
        {"west": west, "south": south, "east": east, "north": north},
    ).fetchone()
    assert count is not None
    assert 20 <= count[0] < 250
    expect(page.locator("#finding .claim")).to_contain_text(f"of {count[0]} reported incidents")
    assert not drawn_reader.errors


def test_two_sources_stand_beside_each_other(drawn_reader: Reader, database: duckdb.DuckDBPyConnection) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=isw_reports&from=2015-10-10")
    page.click("#narrowed")
    page.locator("#beside").select_option("source:airwars")
    days = {"first": "2015-10-10", "last": "2016-03-07"}
    expect_figures(drawn_reader, counted(database, source="isw_reports", **days), "isw_reports")
    expect_figures(drawn_reader, counted(database, source="airwars", **days), "airwars", "#finding > .beside ")
    page.locator("#beside").select_option("period:2015-12")
    december = counted(database, source="isw_reports", first="2015-12-01", last="2015-12-31")
    expect_figures(drawn_reader, december, "isw_reports", "#finding > .beside ")


def test_months_and_claims_stand_beside_the_total(drawn_reader: Reader, database: duckdb.DuckDBPyConnection) -> None:
    page = drawn_reader.page
    drawn_reader.open("#theatre=syria&source=mod_claims&from=2015-10-15&to=2016-02-15")
    months = page.locator("#months-table tbody tr")
    expected = database.execute(
        """SELECT count(DISTINCT episode_id) FROM core.strikes JOIN core.episodes USING (strike_id)
        WHERE core.strikes.source = 'mod_claims' AND NOT is_background GROUP BY month ORDER BY month"""
    ).fetchall()
    assert [row.locator("td").first.inner_text() for row in months.all()] == [str(n) for (n,) in expected]
    claims, located, elsewhere = database.execute(
        """SELECT count(*), count(*) FILTER (is_located), count(*) FILTER (is_located AND is_elsewhere)
        FROM marts.claims WHERE claimed_controller = 'isis' AND date_from BETWEEN '2015-10-15' AND '2016-02-15'"""
    ).fetchone() or (0, 0, 0)
    assert 0 < elsewhere < located < claims
    row = page.locator(".claims tbody tr").filter(has_text=re.compile("^ISIS"))
    expect(row.locator("td").first).to_have_text(str(claims))
    expect(row.locator("td").last).to_contain_text(f"{elsewhere} of {located}")
    assert ("%" in row.locator("td").last.inner_text()) == (located >= 20)


@pytest.mark.parametrize(("region", "confidence"), [("", None), ("", "weak"), ("province:Homs", None)])
def test_the_histogram_is_of_what_was_chosen(
    region: str, confidence: str | None, drawn_reader: Reader, database: duckdb.DuckDBPyConnection
) -> None:
    query = f"""
        SELECT controller, count(*) FROM core.strikes AS s JOIN core.attribution AS a USING (strike_id)
        WHERE s.source = 'airwars' AND NOT is_background AND ($confidence IS NULL OR confidence = $confidence)
            AND ({REGIONS[region]})
        GROUP BY controller ORDER BY controller
    """
    counts = database.execute(query, {"confidence": confidence}).fetchall()
    narrowed = "".join(f"&{name}={value}" for name, value in (("region", region), ("confidence", confidence)) if value)
    drawn_reader.open(f"#theatre=syria&source=airwars&period=all{narrowed}")
    read = "bars => bars.map((bar) => [bar.getAttribute('fill'), Number(bar.dataset.strikes)])"
    bars = drawn_reader.page.locator("#time rect[data-strikes]").evaluate_all(read)
    drawn: dict[str, float] = {}
    for colour, strikes in bars:
        drawn[colour] = drawn.get(colour, 0) + strikes
    assert sorted(drawn.values()) == pytest.approx(sorted(count for _, count in counts))


def test_the_histogram_of_a_month_is_that_of_the_table(
    drawn_reader: Reader, database: duckdb.DuckDBPyConnection
) -> None:
    """With the days of strikes that began before the month."""
    expected = database.execute(
        """SELECT sum(strikes) FROM marts.strikes_by_day
        WHERE source = 'airwars' AND day BETWEEN '2015-11-01' AND '2015-11-30'"""
    ).fetchone()
    assert expected is not None
    drawn_reader.open("#theatre=syria&source=airwars&period=2015-11")
    read = "bars => bars.reduce((sum, bar) => sum + Number(bar.dataset.strikes), 0)"
    assert drawn_reader.page.locator("#time rect[data-strikes]").evaluate_all(read) == pytest.approx(expected[0])


def test_where_most_ground_is_not_known_the_page_shows_no_share(drawn_reader: Reader) -> None:
    drawn_reader.open()
    shown = drawn_reader.page.evaluate("""async () => {
        const { measure } = await import("./figures.js");
        const { whyNoShare } = await import("./words.js");
        const rows = (unknown) => {
            const size = 20;
            const each = Array.from({ length: size }, (_, row) => row);
            const data = { size, ally: null, groups: [], strikes: {
                episode_no: each, place_no: each, answer: each.map(() => 0),
                certainty: { codes: each.map(() => 0), codeOf: () => 1 },
            }, answers: { focus: [0], other: [1 - unknown], unknown: [unknown], point: [0], ally: [0], groups: [] } };
            return [measure(data, Int32Array.from(each)).split !== null, whyNoShare(size)];
        };
        return [rows(0.5), rows(0.6)];
    }""")
    assert shown == [[True, shown[0][1]], [False, "no share: most of the ground is not known"]]
