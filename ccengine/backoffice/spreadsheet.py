"""Tables for Excel, written row by row: .xlsx and .csv. What strangers typed never becomes a formula.

What does not live here: which columns a table has.
"""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import xlsxwriter
from aiohttp import web

Cell = str | int | float | datetime | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: Excel takes a text cell of a .csv that begins with one of these for a formula; with some languages the wide ones too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(rows: Sequence[Sequence[Cell]]) -> str:
    """Return rows as lines of CSV; a text that looks like a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([[_csv_cell(cell) for cell in row] for row in rows])
    return out.getvalue()


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    text = str(cell)
    return f"'{text}" if isinstance(cell, str) and text.startswith(_FORMULA) else text


class Sheet:
    """One worksheet in a file, written from top to bottom with little memory; a context manager."""

    def __init__(self, path: Path, name: str, head: Sequence[str], widths: Sequence[int] = ()) -> None:
        self._book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}
        )
        self._sheet = self._book.add_worksheet(name[:31])
        bold = self._book.add_format({"bold": True, "bg_color": "#E2F1F7", "border": 1})
        for column, width in enumerate(widths):
            self._sheet.set_column(column, column, width)
        for column, title in enumerate(head):
            self._sheet.write_string(0, column, title, bold)
        self._sheet.freeze_panes(1, 1)
        self._row = 0

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write rows below the last one. A text stays a text, whatever it begins with."""
        for row in rows:
            self._row += 1
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    self._sheet.write_datetime(self._row, column, cell.replace(tzinfo=None))
                elif isinstance(cell, str):
                    self._sheet.write_string(self._row, column, cell[:32_000])
                elif cell is not None:
                    self._sheet.write_number(self._row, column, cell)

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


async def send_csv(
    request: web.Request, name: str, head: Sequence[str], rows: AsyncIterator[Sequence[Sequence[Cell]]]
) -> web.StreamResponse:
    """Answer with a .csv that Excel opens as UTF-8, sent as the rows come.

    The first rows are read before the answer begins: what they are refused for is still told as an error.
    """
    first: Sequence[Sequence[Cell]] = await anext(rows, ())
    response = web.StreamResponse(headers=_headers(name, "text/csv; charset=utf-8"))
    await response.prepare(request)
    await response.write(b"\xef\xbb\xbf" + csv_text([head, *first]).encode())
    async for batch in rows:
        await response.write(csv_text(batch).encode())
    await response.write_eof()
    return response


async def send_xlsx(
    request: web.Request,
    name: str,
    head: Sequence[str],
    rows: AsyncIterator[Sequence[Sequence[Cell]]],
    widths: Sequence[int] = (),
) -> web.StreamResponse:
    """Answer with an .xlsx, made in a temporary file a batch at a time."""
    with tempfile.TemporaryDirectory(prefix="ccengine-export-") as folder:
        path = Path(folder) / "table.xlsx"
        sheet = Sheet(path, name.removesuffix(".xlsx"), head, widths)
        async for batch in rows:
            await asyncio.to_thread(sheet.add, batch)
        await asyncio.to_thread(sheet.close)
        response = web.StreamResponse(headers={**_headers(name, XLSX), "Content-Length": str(path.stat().st_size)})
        await response.prepare(request)
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, 1 << 18):
                await response.write(piece)
        await response.write_eof()
    return response


def _headers(name: str, kind: str) -> dict[str, str]:
    return {"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
