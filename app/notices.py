"""How the app says that something is missing, wrong or down, and which command helps."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import look
from tambo.errors import ServingError, TamboError


def problem(error: TamboError) -> None:
    """Show an error with what to do; a command stands in a box of its own, ready to be copied."""
    shown = st.warning if isinstance(error, ServingError) else st.error
    shown(look.plain(error.message))
    if error.remedy is None:
        return
    if _is_command(error.remedy):
        st.markdown("Run this in the project's folder, then reload the page:")
        st.code(error.remedy, language="bash")
    else:
        st.markdown(f"What to do: {look.plain(error.remedy)}")


def nothing(text: str) -> None:
    """Show that a part of a page is empty, and why."""
    st.info(look.plain(text))


def warnings(said: Sequence[str]) -> None:
    """Show what a service says of its own answer."""
    for one in said:
        st.warning(f"The service warns: {look.plain(one)}.")


def _is_command(remedy: str) -> bool:
    return remedy.startswith(("make ", "tambo ", "TAMBO_"))
