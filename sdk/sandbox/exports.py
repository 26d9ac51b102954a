"""Measurements as tables and as a stream: the formats that the header Accept can ask for."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO, StringIO
from xml.sax.saxutils import escape

from sdk.sandbox.call import Answer, Json

CSV, EXCEL, XLSX = "text/csv", "application/vnd.ms-excel", "application/xlsx"
STREAM = "application/json-stream"
FORMATS = (CSV, EXCEL, XLSX, STREAM)
HEADER = ("time", "source", "device_name", "fragment.series", "value", "unit")
Row = tuple[str | float, ...]

_NAMESPACE = "http://schemas.openxmlformats.org"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_NAMESPACE}/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/sheet.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships"><Relationship Id="r1" '
    f'Type="{_NAMESPACE}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_NAMESPACE}/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_NAMESPACE}/officeDocument/2006/relationships/worksheet" '
    'Target="sheet.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_NAMESPACE}/spreadsheetml/2006/main" '
    f'xmlns:r="{_NAMESPACE}/officeDocument/2006/relationships">'
    '<sheets><sheet name="Measurements" sheetId="1" r:id="r1"/></sheets></workbook>',
}
"""What a workbook with one sheet has beside the sheet."""


def chosen(accept: str) -> str | None:
    """The export format that a client prefers; None for plain JSON."""
    wanted = (part.split(";")[0].strip().lower() for part in accept.split(","))
    first = next(wanted, "")
    return first if first in FORMATS else None


def table(
    format_: str, found: Iterable[Json], series_of: Callable[[Json], Iterable[tuple[str, str, Json]]]
) -> Answer:
    """The measurements (rendered) as a table, a row for each value; Excel's formats are the same workbook."""
    rows = list(_rows(found, series_of))
    if format_ == CSV:
        text = StringIO()
        csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
        return Answer(text.getvalue(), media=f"{CSV};charset=UTF-8")
    return Answer(_workbook([HEADER, *rows]), media=format_)


def _rows(
    found: Iterable[Json], series_of: Callable[[Json], Iterable[tuple[str, str, Json]]]
) -> Iterator[Row]:
    for measurement in found:
        source = measurement["source"]
        for fragment, name, entry in series_of(measurement):
            told = (measurement["time"], source["id"], source.get("name", ""), f"{fragment}.{name}")
            yield (*told, entry["value"], str(entry.get("unit", "")))


def _workbook(rows: Iterable[Row]) -> bytes:
    lines = "".join(f"<row>{''.join(_cell(value) for value in row)}</row>" for row in rows)
    sheet = (
        f'<worksheet xmlns="{_NAMESPACE}/spreadsheetml/2006/main"><sheetData>{lines}</sheetData></worksheet>'
    )
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (*_PARTS.items(), ("xl/sheet.xml", sheet)):
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}')
    return content.getvalue()


def _cell(value: str | float) -> str:
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    printable = "".join(letter for letter in value if letter >= " " and letter not in "\ufffe\uffff")
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(printable)}</t></is></c>'
