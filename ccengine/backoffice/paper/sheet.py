"""An official A4 sheet: title, ruled table of labels and contents, lines for signatures. Chinese text is embedded.

What does not live here: which form has which fields (forms.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
from fpdf import FPDF

_FONT = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSerifSC-Regular.otf"
_LEFT, _WIDTH = 18.0, 174.0
_LINE = 6.2
_PAD = 1.6


def tick(on: bool, text: str) -> str:
    """Return a box to be ticked, or a filled one, with its word; the font that is embedded has no box with a tick."""
    return f"{'■' if on else '□'} {text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One field of a ruled row: a label on the left, its content beside it. `share` of the row's width."""

    label: str
    text: str = ""
    share: float = 1.0
    label_mm: float = 26.0


class Sheet(FPDF):
    """One form, drawn from top to bottom; a long one goes on on the next page."""

    def __init__(self, head: str, foot: str) -> None:
        super().__init__(format="A4")
        self._head, self._foot = head, foot
        self.set_margins(_LEFT, 16, _LEFT)
        self.set_auto_page_break(True, 20)
        self.add_font("song", fname=str(_FONT))
        self.set_font("song", size=10.5)
        self.set_line_width(0.25)
        self.add_page()

    def header(self) -> None:
        """Say whose form it is, above everything."""
        self.set_font("song", size=9)
        self.set_text_color(90)
        self.cell(_WIDTH, 5, self._head, align="L", new_x="LMARGIN", new_y="NEXT")
        self.set_text_color(0)
        self.ln(2)
        self.set_font("song", size=10.5)

    def footer(self) -> None:
        """Say when it was printed, and which page it is."""
        self.set_y(-15)
        self.set_font("song", size=8.5)
        self.set_text_color(90)
        self.cell(_WIDTH, 5, f"{self._foot}    {self.page_no()}/{{nb}}", align="C")
        self.set_text_color(0)

    def heading(self, text: str, number: str) -> None:
        """Write the form's name in the middle, its number below it on the right."""
        self.set_font("song", size=19)
        self.cell(_WIDTH, 13, text, align="C", new_x="LMARGIN", new_y="NEXT")
        self.set_font("song", size=10.5)
        self.cell(_WIDTH, 7, number, align="R", new_x="LMARGIN", new_y="NEXT")

    def row(self, cells: Sequence[Cell], at_least_mm: float = 9.0) -> None:
        """Draw one ruled row, as high as its highest text needs."""
        total = sum(cell.share for cell in cells)
        widths = [_WIDTH * cell.share / total for cell in cells]
        heights = [self._height(cell, width) for cell, width in zip(cells, widths, strict=True)]
        height = max([at_least_mm, *heights])
        if self.get_y() + height > self.h - 22:
            self.add_page()
        x, y = _LEFT, self.get_y()
        for cell, width in zip(cells, widths, strict=True):
            self._draw(cell, x, y, width, height)
            x += width
        self.set_xy(_LEFT, y + height)

    def _lines(self, text: str, width: float) -> int:
        """Return how many lines a text takes."""
        broken: Any = self.multi_cell(width, _LINE, text or " ", dry_run=True, output="LINES")
        return len(broken)

    def _height(self, cell: Cell, width: float) -> float:
        inner = width - cell.label_mm - 2 * _PAD
        lines = self._lines(cell.text, inner)
        named = self._lines(cell.label, cell.label_mm - 2 * _PAD)
        return _LINE * max(lines, named) + 2 * _PAD

    def _draw(self, cell: Cell, x: float, y: float, width: float, height: float) -> None:
        self.rect(x, y, cell.label_mm, height)
        self.rect(x + cell.label_mm, y, width - cell.label_mm, height)
        named = self._lines(cell.label, cell.label_mm - 2 * _PAD)
        self.set_xy(x + _PAD, y + (height - _LINE * named) / 2)
        self.multi_cell(cell.label_mm - 2 * _PAD, _LINE, cell.label, align="C", new_x="RIGHT", new_y="TOP")
        inner = width - cell.label_mm - 2 * _PAD
        lines = self._lines(cell.text, inner)
        middle = height < 3 * _LINE
        self.set_xy(x + cell.label_mm + _PAD, y + ((height - _LINE * lines) / 2 if middle else _PAD))
        self.multi_cell(inner, _LINE, cell.text or " ", align="L", new_x="RIGHT", new_y="TOP")

    def grid(self, head: Sequence[str], rows: Sequence[Sequence[str]], shares: Sequence[float]) -> None:
        """Draw a ruled table with a head; each row as high as it needs."""
        widths = [_WIDTH * share / sum(shares) for share in shares]
        for at, row in enumerate((head, *rows)):
            counts = [self._lines(text, width - 2 * _PAD) for text, width in zip(row, widths, strict=True)]
            height = _LINE * max(counts) + 2 * _PAD
            if self.get_y() + height > self.h - 22:
                self.add_page()
            x, y = _LEFT, self.get_y()
            for text, width in zip(row, widths, strict=True):
                self.rect(x, y, width, height)
                self.set_xy(x + _PAD, y + _PAD)
                self.multi_cell(width - 2 * _PAD, _LINE, text or " ", align="C" if at == 0 else "L")
                x += width
            self.set_xy(_LEFT, y + height)

    def paragraph(self, text: str, *, indent: bool = True, align: str = "L") -> None:
        """Write running text, the first line two signs in."""
        self.set_font("song", size=11.5)
        self.multi_cell(
            _WIDTH, 7.6, ("\u3000\u3000" if indent else "") + text, align=align, new_x="LMARGIN", new_y="NEXT"
        )
        self.set_font("song", size=10.5)

    def cut(self, text: str) -> None:
        """Draw the line along which a stub is cut off."""
        self.ln(5)
        self.set_dash_pattern(dash=2, gap=1.5)
        self.line(_LEFT, self.get_y(), _LEFT + _WIDTH, self.get_y())
        self.set_dash_pattern()
        self.set_font("song", size=8.5)
        self.cell(_WIDTH, 6, text, align="C", new_x="LMARGIN", new_y="NEXT")
        self.set_font("song", size=10.5)

    def signatures(self, labels: Sequence[str], gap_mm: float = 9.0) -> None:
        """Leave lines for signatures side by side."""
        self.ln(gap_mm)
        width = _WIDTH / len(labels)
        y = self.get_y()
        for at, label in enumerate(labels):
            self.set_xy(_LEFT + at * width, y)
            self.cell(width, 7, label + "\u3000")
            start = _LEFT + at * width + self.get_string_width(label) + 3
            self.line(start, y + 6.4, _LEFT + (at + 1) * width - 4, y + 6.4)
        self.set_xy(_LEFT, y + 9)

    def small(self, text: str) -> None:
        """Write a remark below the form."""
        self.ln(3)
        self.set_font("song", size=8.5)
        self.multi_cell(_WIDTH, 5, text, new_x="LMARGIN", new_y="NEXT")
        self.set_font("song", size=10.5)
