"""One way to write amounts and to draw charts, in light and dark alike."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

CURRENCY = "BRL"
HEIGHT = 300
MOST_ROWS = 20
"""Of a table that are shown at once; the others are scrolled to."""
_ROW = 35
"""Height of a row of a table, pixels."""


def money(value: float | None, digits: int = 2, currency: str = CURRENCY) -> str:
    """An amount with its currency.

    >>> money(1234.5), money(98765.4, 0, "USD"), money(None)
    ('BRL 1,234.50', 'USD 98,765', 'no figure')
    """
    if value is None or not math.isfinite(value):
        return "no figure"
    return f"{currency} {value:,.{digits}f}"


def change(value: float) -> str:
    """A difference in money, with its sign.

    >>> change(12.3), change(-4)
    ('+BRL 12.30', '-BRL 4.00')
    """
    return f"{'-' if value < 0 else '+'}{money(abs(value))}"


def count(value: float) -> str:
    """A whole number with separators.

    >>> count(1234567)
    '1,234,567'
    """
    return f"{value:,.0f}"


def plain(text: str) -> str:
    r"""Text from files or services, safe in Markdown: no link, picture or markup of its own.

    >>> plain("![x](http://far.away)")
    '!\\[x\\](http://far.away)'
    """
    return re.sub(r"([\\`*\[\]<>$~])", r"\\\1", text)


def words(name: str) -> str:
    """A name from code as words.

    >>> words("firstClass"), words("duplicate_key"), words("rmse")
    ('first class', 'duplicate key', 'rmse')
    """
    spaced = "".join(f" {one.lower()}" if one.isupper() else one for one in name)
    return spaced.replace("__", ": ").replace("_", " ").strip()


def percent(share: float, digits: int = 0) -> str:
    """A share in percent.

    >>> percent(0.9), percent(0.1234, 1)
    ('90 %', '12.3 %')
    """
    return f"{share * 100:.{digits}f} %"


def chart(drawn: Any, alt_text: str, height: int = HEIGHT) -> None:
    """Show a chart over the whole width, in the theme's colours, described for screen readers."""
    st.altair_chart(drawn.properties(height=height), width="stretch", alt=alt_text)


def beside(number: int) -> list[Any]:
    """Places for figures beside each other; where the window is narrow, in several lines.

    Columns would grow as narrow as the window asks, and cut amounts off.
    """
    return [st.container(horizontal=True)] * number


def table(
    rows: pd.DataFrame, columns: Mapping[str, Any] | None = None, height: int | None = None
) -> None:
    """Show a table without its index; columns say their names, units and formats."""
    st.dataframe(
        rows,
        hide_index=True,
        column_config=None if columns is None else dict(columns),
        height="auto" if height is None else height,
        placeholder="",
    )


def high(rows: pd.DataFrame) -> int:
    """Height of a table of which `MOST_ROWS` are shown at once, pixels."""
    return _ROW * (min(len(rows), MOST_ROWS) + 1) + 3


def money_axis(title: str, **options: Any) -> alt.Y:
    """A vertical axis of amounts: `field:Q` is given as `shorthand`."""
    return alt.Y(
        options.pop("shorthand"),
        title=f"{title}, {CURRENCY}",
        axis=alt.Axis(format=",.0f"),
        **options,
    )


def money_column(title: str, currency: str = CURRENCY) -> Any:
    """A column of amounts in a table."""
    return st.column_config.NumberColumn(f"{title}, {currency}", format="%.2f")


def count_column(title: str) -> Any:
    """A column of whole numbers in a table."""
    return st.column_config.NumberColumn(title, format="localized")


def features(found: Sequence[Mapping[str, Any]]) -> None:
    """The features that an answer rests on, as a service names them."""
    rows = [
        {
            "feature": words(one["name"]),
            "value": "" if one["value"] is None else str(one["value"]),
            "age": None if one["age_seconds"] is None else one["age_seconds"] / 86_400,
            "absent": one["reason_if_null"] or "",
        }
        for one in found
    ]
    columns = {
        "feature": "Feature",
        "value": "Value",
        "age": st.column_config.NumberColumn("Age, days", format="%.1f"),
        "absent": "Why it is absent",
    }
    table(pd.DataFrame(rows, columns=list(columns)), columns)
