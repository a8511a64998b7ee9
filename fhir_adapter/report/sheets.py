"""Owns the list as CSV and as an Excel workbook: no text of a hospital may become a formula or a link there."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from fhir_adapter.errors import UsageError
from fhir_adapter.model.das28 import display
from fhir_adapter.model.spreadsheet import harmless
from fhir_adapter.report.columns import COLUMNS, DATES, SCORES, Cell
from fhir_adapter.report.files import replacing
from fhir_adapter.report.words import number

ROWS_AT_MOST = 1_048_575  # of an Excel sheet, without the header
_CHARACTERS_AT_MOST = 32_767  # of an Excel cell
_LINE_POINTS = 15
_Row = Mapping[str, Cell]


def write_csv(path: Path, rows: Iterable[_Row]) -> int:
    """One row per patient; returns how many. With a byte order mark, without which Excel makes noise of Chinese."""
    count = 0
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            count += 1
            writer.writerow([_plain(name, row[name]) for name in COLUMNS])
    return count


def _plain(name: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    return display(cell) if name in SCORES else number(cell)


def write_xlsx(path: Path, rows: Iterable[_Row], funnel: Sequence[Sequence[Cell]], about: _Row) -> int:
    """A workbook: the patients, the funnel (its first row is the header), and what was screened."""
    count = 0
    with replacing(path) as temporary:
        book = xlsxwriter.Workbook(
            str(temporary),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),  # not where others look
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": True,
            },
        )
        try:
            # The same screening gives the same bytes.
            book.set_properties({"title": "Screening list", "created": datetime(2000, 1, 1)})  # noqa: DTZ001
            count = _patients(book, rows)
            _funnel(book, funnel)
            _about(book, about)
        finally:
            book.close()
    return count


def _patients(book: Any, rows: Iterable[_Row]) -> int:
    sheet = book.add_worksheet("Patients")
    look = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#D0D7DE"}
    text = book.add_format(look)
    formats = {
        **dict.fromkeys(COLUMNS, text),
        **dict.fromkeys(DATES, book.add_format({**look, "num_format": "yyyy-mm-dd"})),
        **dict.fromkeys(SCORES, book.add_format({**look, "num_format": "0.00"})),
    }
    _head(book, sheet, COLUMNS)
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > ROWS_AT_MOST:
            raise UsageError(f"An Excel sheet holds {ROWS_AT_MOST} patients: use filters, or --format csv.")
        lines = max(str(cell).count("\n") + 1 for cell in row.values())
        # With constant memory Excel does not fit the height of a row by itself.
        sheet.set_row(count, _LINE_POINTS * min(max(lines, _wrapped(row)), 27))
        for column, name in enumerate(COLUMNS):
            _write(sheet, (count, column), row[name], formats[name], is_date=name in DATES)
    sheet.autofilter(0, 0, count, len(COLUMNS) - 1)
    return count


def _wrapped(row: _Row) -> int:
    """How many lines the fullest cell needs at the width of its column; Chinese is twice as wide."""
    return max(
        sum(
            -(-sum(2 if one > "\u2e7f" else 1 for one in line) // (width - 1))
            for line in str(row[name]).split("\n")
        )
        for name, width in COLUMNS.items()
        if row[name] is not None
    )


def _head(book: Any, sheet: Worksheet, columns: Mapping[str, int]) -> None:
    bold = book.add_format(
        {"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True, "valign": "top"}
    )
    for column, (name, width) in enumerate(columns.items()):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&RPage &P of &N")


def _write(sheet: Worksheet, place: tuple[int, int], cell: Cell, look: Any, *, is_date: bool = False) -> None:
    row, column = place
    if cell is None or cell == "":
        sheet.write_blank(row, column, None, look)
    elif is_date and isinstance(cell, str):
        sheet.write_datetime(row, column, date.fromisoformat(cell), look)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell[:_CHARACTERS_AT_MOST], look)
    else:
        sheet.write_number(row, column, cell, look)


def _funnel(book: Any, funnel: Sequence[Sequence[Cell]]) -> None:
    sheet = book.add_worksheet("Funnel")
    header = [str(name) for name in funnel[0]]
    _head(book, sheet, dict(zip(header, (10, 14, 60, 12, 12, 20), strict=True)))
    look = book.add_format({"valign": "top", "text_wrap": True})
    for row, cells in enumerate(funnel[1:], start=1):
        for column, cell in enumerate(cells):
            _write(sheet, (row, column), cell, look)


def _about(book: Any, about: _Row) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    look = book.add_format({"valign": "top", "text_wrap": True})
    for row, (name, cell) in enumerate(about.items()):
        _write(sheet, (row, 0), name, look)
        _write(sheet, (row, 1), cell, look)
