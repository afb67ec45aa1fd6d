"""The same 20 strikes and 3 control areas as files of every format.

Belongs here: the rows, and one small writer for each format. Does not belong here: what a reading should give.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import openpyxl
import pandas as pd
import shapely
from export_files import kml, zipped
from shapely.geometry import mapping

Row = dict[str, Any]
PLACES = ("حلب", "Idlib, city", "Бабуин", 'Qaryat "al" Hamra', "Şenköy; north")


def strikes() -> list[Row]:
    """Strikes with ids, days, Arabic and other texts, numbers, empty notes and points."""
    return [
        {
            "id": f"S-{number:02d}",
            "day": (date(2015, 10, 1) + timedelta(days=7 * number)).isoformat(),
            "place": PLACES[number % len(PLACES)],
            "province": "Aleppo" if number % 2 else "Idlib",
            "radius": 500 * (1 + number % 3),
            "note": None if number % 4 == 0 else f"line one\nline {number}",
            "geometry": shapely.Point(36.5 + number / 64, 35.5 + number / 128),
        }
        for number in range(20)
    ]


def areas() -> list[Row]:
    """Control areas: one with a hole, one of two parts, one plain."""
    hole = shapely.box(36.5, 35.5, 37, 36)
    ground = [
        shapely.box(36, 35, 37.5, 36.5).difference(hole),
        shapely.MultiPolygon([shapely.box(38, 35, 38.5, 35.5), shapely.box(39, 35, 39.5, 35.5)]),
        shapely.Polygon([(40, 34), (41, 34), (40.5, 35.25), (40, 34)]),
    ]
    holders = ("opposition", "isis", "government")
    return [
        {"holder": holder, "day": "2015-10-01", "geometry": shape.normalize()}
        for holder, shape in zip(holders, ground, strict=True)
    ]


def names(rows: list[Row]) -> list[str]:
    return [name for name in rows[0] if name != "geometry"]


def plain(rows: list[Row]) -> list[Row]:
    """Rows whose points are columns, for formats that have no geometry."""
    return [
        {**{name: row[name] for name in names(rows)}, "lat": row["geometry"].y, "lon": row["geometry"].x}
        for row in rows
    ]


def delimited(rows: list[Row], delimiter: str = ",", encoding: str = "utf-8", quote: str = '"') -> bytes:
    flat, text = plain(rows), io.StringIO(newline="")
    writer = csv.DictWriter(text, list(flat[0]), delimiter=delimiter, quotechar=quote, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue().encode(encoding)


def xlsx(rows: list[Row]) -> bytes:
    """A workbook with dates as dates and empty sheets beside, as spreadsheets make it."""
    book, target = openpyxl.Workbook(), io.BytesIO()
    book.create_sheet("Sheet2")
    book.active.append(list(plain(rows)[0]))
    for row in plain(rows):
        book.active.append([date.fromisoformat(v) if name == "day" else v for name, v in row.items()])
    book.save(target)
    return target.getvalue()


def features(rows: list[Row]) -> list[Row]:
    return [
        {
            "type": "Feature",
            "properties": {name: row[name] for name in names(rows)},
            "geometry": mapping(row["geometry"]),
        }
        for row in rows
    ]


def geojson(rows: list[Row]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features(rows)}, ensure_ascii=False).encode()


def geojson_lines(rows: list[Row], separator: str = "") -> bytes:
    return "".join(f"{separator}{json.dumps(row, ensure_ascii=False)}\n" for row in features(rows)).encode()


def esri_json(rows: list[Row]) -> bytes:
    """Dates in epoch milliseconds, as servers give them."""

    def shape(found: Any) -> Row:
        if found.geom_type == "Point":
            return {"x": found.x, "y": found.y}
        parts = [shapely.orient_polygons(part, exterior_cw=True) for part in shapely.get_parts(found)]
        return {"rings": [list(ring.coords) for part in parts for ring in (part.exterior, *part.interiors)]}

    def attributes(row: Row) -> Row:
        moment = pd.Timestamp(row["day"], tz="UTC").value // 10**6
        return {name: moment if name == "day" else row[name] for name in names(rows)}

    found = [{"attributes": attributes(row), "geometry": shape(row["geometry"])} for row in rows]
    return json.dumps({"spatialReference": {"wkid": 4326}, "features": found}, ensure_ascii=False).encode()


def json_list(rows: list[Row]) -> bytes:
    return json.dumps(plain(rows), ensure_ascii=False).encode("utf-16")


def kml_text(rows: list[Row]) -> bytes:
    def shape(found: Any) -> str:
        def ring(side: str, line: Any) -> str:
            text = " ".join(f"{x!r},{y!r}" for x, y in line.coords)
            return f"<{side}><LinearRing><coordinates>{text}</coordinates></LinearRing></{side}>"

        if found.geom_type == "Point":
            return f"<Point><coordinates>{found.x!r},{found.y!r}</coordinates></Point>"
        parts = [
            f"<Polygon>{ring('outerBoundaryIs', part.exterior)}"
            f"{''.join(ring('innerBoundaryIs', hole) for hole in part.interiors)}</Polygon>"
            for part in shapely.get_parts(found)
        ]
        return parts[0] if len(parts) == 1 else f"<MultiGeometry>{''.join(parts)}</MultiGeometry>"

    def data(row: Row) -> str:
        return "".join(
            f'<Data name="{name}"><value>{escape(str(row[name]))}</value></Data>'
            for name in names(rows)
            if row[name] is not None
        )

    return kml(
        "".join(
            f"<Placemark><ExtendedData>{data(row)}</ExtendedData>{shape(row['geometry'])}</Placemark>" for row in rows
        )
    )


def frame(rows: list[Row]) -> gpd.GeoDataFrame:
    """Rows with whole numbers of 32 bits, the most that every format of GDAL keeps whole."""
    made = gpd.GeoDataFrame(rows, crs="EPSG:4326")
    return made.astype({"radius": "int32"}) if "radius" in rows[0] else made


def by_gdal(rows: list[Row], driver: str, name: str, **options: Any) -> dict[str, bytes]:
    """The files that GDAL writes, by their path in its folder."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame(rows).to_file(Path(folder) / name, driver=driver, **options)
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }


def shapefile(rows: list[Row]) -> bytes:
    return zipped(by_gdal(rows, "ESRI Shapefile", "odd name.shp", encoding="UTF-8"))


def geodatabase(rows: list[Row]) -> bytes:
    is_multi = rows[0]["geometry"].geom_type != "Point"
    return zipped(by_gdal(rows, "OpenFileGDB", "export.gdb", layer="rows", promote_to_multi=is_multi))


def geopackage(rows: list[Row]) -> bytes:
    return by_gdal(rows, "GPKG", "x.gpkg", layer="rows")["x.gpkg"]


def flatgeobuf(rows: list[Row]) -> bytes:
    return by_gdal(rows, "FlatGeobuf", "x.fgb", SPATIAL_INDEX="NO")["x.fgb"]


def geoparquet(rows: list[Row]) -> bytes:
    target = io.BytesIO()
    frame(rows).to_parquet(target)
    return target.getvalue()


def parquet(rows: list[Row]) -> bytes:
    target = io.BytesIO()
    pd.DataFrame(plain(rows)).to_parquet(target)
    return target.getvalue()


Writer = Callable[[list[Row]], bytes]

# Formats that hold geometry, and formats that hold columns alone.
SHAPED: dict[str, Writer] = {
    "geojson": geojson,
    "geojsonl": geojson_lines,
    "geojsonl, marked": lambda rows: geojson_lines(rows, "\x1e"),
    "esrijson": esri_json,
    "kml": kml_text,
    "kmz": lambda rows: zipped({"doc.kml": kml_text(rows)}),
    "shapefile": shapefile,
    "filegdb": geodatabase,
    "geopackage": geopackage,
    "flatgeobuf": flatgeobuf,
    "parquet": geoparquet,
}
COLUMNS: dict[str, Writer] = {
    "csv": delimited,
    "csv, tabs": lambda rows: delimited(rows, "\t", "utf-8-sig"),
    "csv, semicolons in UTF-16": lambda rows: delimited(rows, ";", "utf-16"),
    "csv, bars": lambda rows: delimited(rows, "|"),
    "xlsx": xlsx,
    "json": json_list,
    "parquet, no geometry": parquet,
}
WRAPPED: dict[str, Callable[[bytes], bytes]] = {
    "alone": lambda content: content,
    "in zip": lambda content: zipped({"folder/export.bin": content}),
    "in gzip": lambda content: gzip.compress(content, mtime=0),
}
