"""How long each page takes on this home: `python -m app.timing`.

A page is drawn as for a first visitor, with nothing kept, and once more as for the next one. The
browser's own time is not in it.
"""

from __future__ import annotations

import logging
import resource
import sys
import time

import streamlit as st
from streamlit.testing.v1 import AppTest

from app.discovery import pages

_SECONDS = 600
PAGE = """
from app.discovery import pages
from app.shell import draw

draw(next(one for one in pages() if one.name == {name!r}))
"""
"""A script that draws one page, without the menu."""


def main() -> None:
    """Write a line a page: seconds at first, and with what was kept."""
    # Streamlit warns at each step that no browser is there.
    logging.disable(logging.WARNING)
    sys.stdout.write(f"{'page':<8} {'first':>7} {'again':>7}  seconds\n")
    for page in pages():
        st.cache_data.clear()
        shown = AppTest.from_string(PAGE.format(name=page.name), default_timeout=_SECONDS)
        first, again = _seconds(shown), _seconds(shown)
        wrong = "; ".join(one.value for one in (*shown.error, *shown.warning, *shown.exception))
        sys.stdout.write(f"{page.title:<8} {first:7.2f} {again:7.2f}  {wrong}\n")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{most:,.0f} MB of memory at most\n")


def _seconds(shown: AppTest) -> float:
    started = time.perf_counter()
    shown.run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
