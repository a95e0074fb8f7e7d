"""The indicator report as an .xlsx file: a row for each figure, a column for each part; texts never become formulas.

What does not live here: the figures (services/indicators.py).
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

from ccengine.hotline.indicators import INDICATORS
from ccengine.services.indicators import Report

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def indicator_sheet(
    report: Report,
    *,
    language: str,
    title: str,
    period: str,
    head: tuple[str, str, str, str],
    parts: Sequence[tuple[str, str]],
) -> bytes:
    """Return the file's content. `parts`: (name, key) of each part of the report."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    percent, plain = book.add_format({"num_format": "0.00%"}), book.add_format({"num_format": "#,##0"})
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 2, 60)
    sheet.set_column(3, 3 + len(parts), 14)
    sheet.write_string(0, 0, f"{title}  {period}", book.add_format({"bold": True, "font_size": 14}))
    for column, name in enumerate((*head, *(name for name, _ in parts))):
        sheet.write_string(2, column, name, bold)
    columns = [report.total, *(report.parts[key] for _, key in parts)]
    for row, one in enumerate(INDICATORS, start=3):
        zh = language == "zh_CN"
        sheet.write_string(row, 0, str(one.number or ""))
        sheet.write_string(row, 1, one.zh if zh else one.en)
        sheet.write_string(row, 2, one.formula_zh if zh else one.formula_en)
        for column, figures in enumerate(columns, start=3):
            value = figures[one.code]
            if value is None:
                sheet.write_string(row, column, "–")
            else:
                sheet.write_number(row, column, value / 100 if one.rate else value, percent if one.rate else plain)
    sheet.freeze_panes(3, 4)
    book.close()
    return target.getvalue()
