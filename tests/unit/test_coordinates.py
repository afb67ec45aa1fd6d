"""Coordinates in every spelling seen in real files: read alike, or not read at all."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.coordinates import Position, parse_coordinates, read_angle, read_locations, read_position

LATITUDES = st.floats(-89.9, 89.9).map(lambda value: round(value, 6))
LONGITUDES = st.floats(-179.9, 179.9).map(lambda value: round(value, 6))
ARABIC = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")
ALEPPO = pytest.approx((36.2021, 37.1343), abs=1e-4)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("35.5", 35.5), ("-35.5", -35.5), ("35,5", 35.5), ("1e-05", 0.00001), ("35°36'58.51\"N", 35.616253),
        ("36°28'36N", 36.476667), ("37°5′50″E", 37.097222), ("35.7874449N", 35.7874449), ("36°10'30\"", 36.175),
        ("36° 6'26.28\"N", 36.107300), ("36º 12’ 5” N", 36.201389), ("36 10 30", 36.175), ("36:12:05N", 36.201389),
        ("36d12m5sN", 36.201389), ("36d12m5s", 36.201389), ("36-12-05", 36.201389), ("36-12N", 36.2),
        ("36°12'5\"s", -36.201389), ("36°12'5S", -36.201389),
        ("N 36.2°", 36.2), ("S36.2", -36.2), ("36.2 west", -36.2), ("36.2 W.", -36.2),
        ("٣٦٫٢ شمالاً", 36.2), ("33.2 с. ш.", 33.2), ("36.2 (approximate)", 36.2), ("36.2, by the mill", 36.2),
    ],
)  # fmt: skip
def test_an_angle_is_read_in_the_spellings_of_real_files(text: str, degrees: float) -> None:
    found = read_angle(text)
    assert found is not None and found.degrees == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    ["north", "", "nan", "inf", "-inf", "1e999", "36..2", "36.2.1", "36°70'10\"", "36°10'75\"", "36.5°10'", "36°-12'",
     "-36.2S", "-36.2N", "N-36.2", "+36.2S", "N36.2S", "35-36", "35-36.5", "36°12'10s", "36 12 10 s", "36.2 km",
     "36.2 (miles)", "36.2 min", "36.2 m.", "36.2 (м.)", "36.2, sec", "36.2 km north of the mill", "36.2 (W)",
     "36.2 or 36.3", "36.2N 37.1E", "0x24"],
)  # fmt: skip
def test_what_is_no_angle_or_more_than_one_is_not_read(text: str) -> None:
    assert read_angle(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "36.2021, 37.1343", "36.2021,37.1343", "36.2021 37.1343", "36,2021 37,1343", "36,2021;37,1343",
        "36,2021, 37,1343", "36,2021,37,1343", "(36.2021, 37.1343)", "36.2021/37.1343", "37.1343E 36.2021N",
        "36.2021 N, 37.1343 E (approximate)", "36°12'7.56\"N,37°8'3.48\"E", "36°12'7.56\" N 37°8'3.48\" E",
        "36 12 7.56 37 08 3.48", "N36.2021 E37.1343", "POINT(37.1343 36.2021)", "٣٦٫٢٠٢١، ٣٧٫١٣٤٣",
        "37S CA 32269 07977", "37SCA3226907977", "MGRS: 37sca3226907977", "37S 332269 4007977",
        "UTM zone 37 north 332269 4007977", "37N 332269 mE 4007977 mN",
    ],
)  # fmt: skip
def test_a_pair_is_read_in_one_text(text: str) -> None:
    assert read_position(text)[:2] == ALEPPO  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    ["50.45, 30.52 (м. Київ)", "50.45 30.52, м. Київ", "50.45, 30.52 (m. Kyiv)", "50.45, 30.52 (Min. of Defence)"],
)  # fmt: skip
def test_a_remark_that_begins_like_a_unit_is_a_remark(text: str) -> None:
    assert read_position(text) == Position(50.45, 30.52)


@pytest.mark.parametrize(
    "text",
    ["36.2", "36.2N 37.1N", "36.2,37.1,500", "37RCV12341234", "37SCV345", "99S 332269 4007977", "POINT(nan 36)", "x"],
)
def test_what_is_no_pair_is_not_read(text: str) -> None:
    assert read_position(text) is None


def test_letters_say_the_order_and_else_the_source_does() -> None:
    assert read_position("37.1, 36.2", "lon_lat") == read_position("37.1E, 36.2N", "lat_lon") == Position(36.2, 37.1)


def test_a_grid_square_is_its_centre_and_as_wide_as_its_digits_tell() -> None:
    squares = [read_position(text) for text in ("37SCA30", "37SCA3207", "37SCA322079", "37SCA32260797")]
    assert [round(square.square_m) for square in squares if square] == [7071, 707, 71, 7]


@pytest.mark.parametrize(
    ("latitude", "longitude", "is_swapped"),
    [("36.2N", "37.1E", False), ("37.1E", "36.2N", True), ("37.1E", "36.2", True), ("36.2N", "37.1N", False)],
)
def test_letters_tell_that_two_columns_hold_each_others(latitude: str, longitude: str, is_swapped: bool) -> None:
    fields = pa.table({"latitude": [latitude], "longitude": [longitude], "coordinate": pa.nulls(1, pa.string())})
    assert read_locations(fields, "lat_lon").is_swapped.to_pylist() == [is_swapped]


def test_a_column_of_one_axis_does_not_take_the_other() -> None:
    assert parse_coordinates(pa.array(["37.1E", "36.2N", None]), "latitude").to_pylist() == [None, 36.2, None]


def _dms(value: float, letters: str) -> list[str]:
    """One angle in many spellings, precise to a hundredth of a second."""
    letter = letters[value < 0]
    size = abs(value)
    hundredths = round(size * 360_000)
    degrees, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    seconds = f"{rest // 100:02d}.{rest % 100:02d}"
    return [
        f"{value:.6f}", f"{value:.6f}".replace(".", ","), f"{size:.6f}{letter}", f"{letter} {size:.6f}°",
        f"{size:.6f}".translate(ARABIC) + letter, f"{degrees}°{minutes}'{seconds}\"{letter}",
        f"{degrees}° {minutes}′ {seconds}″ {letter}", f"{degrees}:{minutes:02d}:{seconds}{letter}",
        f"{degrees} {minutes} {seconds} {letter}", f"{degrees}d{minutes}m{seconds}s{letter}",
        f"{degrees}º{minutes}’{seconds}’’{letter}", f"{letter}{degrees}°{hundredths % 360_000 / 6_000:.6f}'",
    ]  # fmt: skip


@given(LATITUDES)
def test_every_spelling_of_a_latitude_reads_as_the_same(latitude: float) -> None:
    read = [read_angle(text) for text in _dms(latitude, "NS")]
    assert all(found is not None and abs(found.degrees - latitude) < 2e-6 for found in read)


@given(LATITUDES, LONGITUDES)
def test_every_spelling_of_a_pair_reads_as_the_same(latitude: float, longitude: float) -> None:
    spelled = list(zip(_dms(latitude, "NS"), _dms(longitude, "EW"), strict=True))
    texts = [f"{north}; {east}" for north, east in spelled]
    # A pair with letters may stand in either order.
    texts += [f"{east} | {north}" for north, east in spelled[2:]]
    for text in texts:
        found = read_position(text)
        assert found is not None, text
        assert abs(found.latitude - latitude) < 2e-6 and abs(found.longitude - longitude) < 2e-6, text


@given(st.floats(-79.9, 83.9), LONGITUDES)
def test_a_grid_reference_reads_back_to_within_its_square(latitude: float, longitude: float) -> None:
    import mgrs

    # On the equator itself the library names the square of the other side.
    assume(abs(latitude) > 1e-6)
    for precision in range(1, 6):
        found = read_position(mgrs.MGRS().toMGRS(latitude, longitude, MGRSPrecision=precision))
        assert found is not None
        east_m = (found.longitude - longitude + 180) % 360 - 180
        away_m = 111_700 * math.hypot(found.latitude - latitude, east_m * math.cos(math.radians(latitude)))
        assert away_m <= found.square_m * 1.02 + 1


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader_and_what_it_reads_is_finite(text: str) -> None:
    angle, position = read_angle(text), read_position(text)
    assert angle is None or math.isfinite(angle.degrees)
    assert position is None or all(map(math.isfinite, position))


@pytest.mark.parametrize("text", ["36{}x1", "36 {}killed", "36.2, {}1", "36 killed {}"], ids=repr)
@pytest.mark.parametrize("filling", [" ", "the people of ", "36.2, ", "\n\t"], ids=repr)
def test_a_hostile_cell_is_no_coordinate_and_does_not_hold_up_the_reader(text: str, filling: str) -> None:
    """Each of these once took from seconds to hours."""
    hostile = text.format(filling * 20_000)
    assert read_angle(hostile) is None
    assert read_position(hostile) is None
