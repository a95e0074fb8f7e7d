"""Reading a list from a file row by row, with little memory: .xlsx and .csv (UTF-8, GB 18030). Nothing is executed.

What does not live here: what a row means (hotline/list_row.py), the rows of the database (campaign_targets.py).
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from ccengine.services.errors import Invalid

ROWS_MAX = 1_000_000
#: A zip file of a few kilobytes may unpack to the whole disk.
_UNPACKED_MAX = 2_000_000_000
_SHARED_MAX = 300_000_000
_CELLS_MAX = 60
_CELL_MAX = 200
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_COLUMN = re.compile(r"([A-Z]{1,3})[0-9]+")


def _unreadable() -> Invalid:
    return Invalid(
        "file", "无法读取该文件：请上传 .xlsx 或 .csv", "The file cannot be read; send an .xlsx or a .csv file"
    )


def rows_of(path: Path) -> Iterator[list[str]]:
    """Yield the rows of a list, each a list of texts. Raises Invalid(file) for what is no list."""
    with path.open("rb") as file:
        begin = file.read(4)
    if begin == b"PK\x03\x04":
        yield from _xlsx_rows(path)
    else:
        yield from _csv_rows(path)


def _csv_rows(path: Path) -> Iterator[list[str]]:
    with path.open("rb") as file:
        sample = file.read(1 << 16)
    if b"\x00" in sample:
        raise _unreadable()
    try:
        sample.decode("utf-8-sig")
        encoding = "utf-8-sig"
    except UnicodeDecodeError as error:  # a sign cut in two at the sample's end is no other encoding
        encoding = "utf-8-sig" if error.start > len(sample) - 4 else "gb18030"
    first = sample.splitlines()[0] if sample.splitlines() else b""
    delimiter = max((",", ";", "\t"), key=lambda sign: first.count(sign.encode()))
    with path.open(encoding=encoding, errors="replace", newline="") as text:
        try:
            for row in csv.reader(text, delimiter=delimiter):
                yield [cell[:_CELL_MAX] for cell in row[:_CELLS_MAX]]
        except csv.Error:
            raise _unreadable() from None


def _xlsx_rows(path: Path) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(path) as book:
            if sum(part.file_size for part in book.infolist()) > _UNPACKED_MAX:
                raise _unreadable()
            shared = _shared_texts(book)
            with book.open(_first_sheet(book)) as sheet:
                yield from _sheet_rows(sheet, shared)
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, ValueError, NotImplementedError, OSError):
        raise _unreadable() from None


def _first_sheet(book: zipfile.ZipFile) -> str:
    names = sorted(name for name in book.namelist() if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", name))
    if not names:
        raise _unreadable()
    return min(names, key=lambda name: int(re.sub(r"[^0-9]", "", name)))


def _shared_texts(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    if book.getinfo("xl/sharedStrings.xml").file_size > _SHARED_MAX:
        raise _unreadable()
    texts: list[str] = []
    with book.open("xl/sharedStrings.xml") as file:
        for element in _elements(file, "si"):
            texts.append("".join(part.text or "" for part in element.iter(f"{_MAIN}t"))[:_CELL_MAX])
    return texts


def _sheet_rows(file: IO[bytes], shared: list[str]) -> Iterator[list[str]]:
    for element in _elements(file, "row"):
        row: list[str] = []
        for cell in element.iter(f"{_MAIN}c"):
            column = _column(cell.get("r", ""), len(row))
            if column >= _CELLS_MAX:
                break
            row += [""] * (column - len(row)) + [_text(cell, shared)]
        yield row


def _elements(file: IO[bytes], name: str) -> Iterator[ElementTree.Element]:
    """Yield elements as they are read and forget them. A document type (and so entities) is refused."""
    parser = ElementTree.iterparse(file, events=("start", "end"))
    root: ElementTree.Element | None = None
    for event, element in parser:
        if root is None:
            root = element
        if event == "end" and element.tag == f"{_MAIN}{name}":
            yield element
            element.clear()
            parent = root if name == "si" else next((child for child in root if child.tag.endswith("sheetData")), root)
            parent.clear()


def _column(reference: str, following: int) -> int:
    match = _COLUMN.fullmatch(reference)
    if match is None:
        return following
    number = 0
    for letter in match[1]:
        number = number * 26 + ord(letter) - 64
    return max(number - 1, following)


def _text(cell: ElementTree.Element, shared: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))[:_CELL_MAX]
    value = cell.find(f"{_MAIN}v")
    text = (value.text or "") if value is not None else ""
    if kind == "s":
        index = int(text) if text.isdigit() else -1
        return shared[index] if 0 <= index < len(shared) else ""
    return text[:_CELL_MAX]
