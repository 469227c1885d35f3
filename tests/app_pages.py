"""Runs pages of the app without a browser, as Streamlit's own test client does."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

import app
from app.timing import PAGE

SECONDS = 90
ENTRY = Path(app.__file__).with_name("entry.py")


def page(name: str) -> AppTest:
    """Draw one page for a new visitor who finds nothing kept from others."""
    st.cache_data.clear()
    return AppTest.from_string(PAGE.format(name=name), default_timeout=SECONDS).run()


def texts(shown: AppTest) -> str:
    """All that the page says in words: captions, messages, commands."""
    parts = (shown.markdown, shown.caption, shown.info, shown.warning, shown.error, shown.code)
    return "\n".join(str(one.value) for part in parts for one in part)


def metrics(shown: AppTest) -> dict[str, str]:
    """The figures in boxes, by title."""
    return {one.label: one.value for one in shown.metric}
