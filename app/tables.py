"""Tables as files that others open: CSV and XLSX."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pandas as pd

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""Media types."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv(rows: pd.DataFrame) -> bytes:
    """A table as CSV that a spreadsheet opens as text and numbers, never as formulas.

    The mark at the beginning tells a spreadsheet that it is UTF-8.
    """
    texts = rows.select_dtypes(exclude=["number", "bool", "datetime"]).columns
    safe = rows.assign(**{name: rows[name].map(_text) for name in texts})
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _text(value: object) -> object:
    # https://owasp.org/www-community/attacks/CSV_Injection
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def xlsx(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Tables as the sheets of a workbook; texts are never taken for formulas or links."""
    out = io.BytesIO()
    options = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
    with pd.ExcelWriter(out, engine="xlsxwriter", engine_kwargs=options) as book:
        for name, rows in sheets.items():
            rows.to_excel(book, sheet_name=name, index=False)
            sheet = book.sheets[name]
            sheet.freeze_panes(1, 0)
            sheet.autofit()
    return out.getvalue()
