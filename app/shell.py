"""The shell around the pages: the menu, the home and release that are shown, what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from app import notices, released
from app.discovery import Page, pages
from tambo.errors import TamboError


def show() -> None:
    """Draw the menu and the page that the visitor chose."""
    menu: dict[str, list[Any]] = {}
    known = pages()
    opens = _first(known)
    for page in known:
        one = st.Page(partial(draw, page), title=page.title, url_path=page.name)
        menu.setdefault(page.slice.capitalize(), []).append(one)
        if page is opens:
            first = one
    # The default page has no address but /; so that each page keeps its own, it only leads on.
    start = st.Page(
        partial(st.switch_page, first), title="Start", default=True, visibility="hidden"
    )
    # Streamlit by itself hides what comes after the tenth page.
    chosen = st.navigation({"": [start], **menu}, expanded=True)
    st.set_page_config(page_title=f"{chosen.title} · Tambo", layout="wide")
    _sidebar()
    chosen.run()


def _first(known: list[Page]) -> Page:
    """The page that a visit begins with: the first one whose domain the release holds."""
    for page in known:
        try:
            released.require(page.domain)
        except TamboError:
            continue
        return page
    return known[0]


def draw(page: Page) -> None:
    """Draw one page, or say what is missing and which command makes it."""
    st.title(page.title)
    try:
        released.require(page.domain)
        page.show()
    except TamboError as error:
        notices.problem(error)


def _sidebar() -> None:
    with st.sidebar:
        _quietly(_where)


def _where() -> None:
    settings, release = released.settings(), released.release()
    st.caption(f"Home `{settings.home}`")
    st.caption(
        f"Release {release.number}, as of {release.as_of} UTC. "
        "Every figure from the lake is read at this release unless it says otherwise."
    )


def _quietly(part: Callable[[], None]) -> None:
    """Leave a part out where there is nothing to say yet; the page says why."""
    try:
        part()
    except TamboError:
        st.caption("Nothing is released yet.")
