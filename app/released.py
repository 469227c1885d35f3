"""The lake as the app reads it: aggregates at the released snapshot, kept by home and release.

Every query is answered by DuckDB at the snapshot, and only its result, some hundred rows, becomes a
frame. What is audited (files, batches, releases) is read at the newest snapshot, and kept for
seconds.
"""

from __future__ import annotations

from typing import TypeAlias

import pandas as pd
import streamlit as st

from tambo.errors import ReleaseError
from tambo.lake import reader, ready, releases
from tambo.lake.releases import Release
from tambo.settings import Settings, settings_of

Value: TypeAlias = str | int | float | bool | None

FRESH_SECONDS = 10


def settings() -> Settings:
    """The settings of the home that is shown."""
    return settings_of()


def release() -> Release:
    """The latest release.

    Raises:
        LakeError: there is no lake yet.
        ReleaseError: nothing has been released.
    """
    for one in history():
        if one.status == releases.RELEASED:
            return one
    here = settings()
    raise ReleaseError(
        f"Nothing has been released in {here.home}.", remedy=here.command("make run")
    )


def history() -> list[Release]:
    """All releases, newest first.

    Raises:
        LakeError: there is no lake yet.
    """
    here = settings()
    if not here.catalog.exists():
        raise ReleaseError(f"There is no lake in {here.home} yet.", remedy=here.command("make run"))
    return _history(str(here.home.absolute()), here)


def require(domain: str | None) -> None:
    """Refuse to go on without a release, or with one that lacks a domain; None: any release.

    Raises:
        LakeError: there is no lake yet.
        ReleaseError: nothing has been released, or nothing of the domain.
    """
    here, latest = settings(), release()
    why = ready.in_release(here, latest).skipped.get(domain or "")
    if why is not None:
        raise ReleaseError(
            f"Release {latest.number} holds nothing of {domain}: {why}.",
            remedy="tambo ingest <folder>, then tambo build, validate and release",
        )


def frame(query: str, *parameters: Value) -> pd.DataFrame:
    """Answer a query at the released snapshot; its tables are named lake.<schema>.<table>.

    Args:
        query: SQL that gives an aggregate or a few rows.
        parameters: one for each ? in it.

    Raises:
        LakeError: the snapshot cannot be read.
    """
    here, latest = settings(), release()
    home = str(here.home.absolute())
    return _frame(home, latest.number, latest.snapshot_id, query, parameters, here)


def audited(query: str, *parameters: Value) -> pd.DataFrame:
    """Answer a query at the newest snapshot: what arrived, and what became of it."""
    here = settings()
    return _audited(str(here.home.absolute()), query, parameters, here)


@st.cache_data(show_spinner=False, ttl=FRESH_SECONDS, max_entries=8)
def _history(home: str, _settings: Settings) -> list[Release]:
    return releases.history(_settings)


@st.cache_data(show_spinner="Reading the lake …", max_entries=500)
def _frame(
    home: str,
    number: int,
    snapshot: int,
    query: str,
    parameters: tuple[Value, ...],
    _settings: Settings,
) -> pd.DataFrame:
    with reader(_settings, snapshot) as connection:
        return connection.execute(query, list(parameters)).df()


@st.cache_data(show_spinner="Reading the lake …", ttl=FRESH_SECONDS, max_entries=50)
def _audited(
    home: str, query: str, parameters: tuple[Value, ...], _settings: Settings
) -> pd.DataFrame:
    with reader(_settings) as connection:
        return connection.execute(query, list(parameters)).df()
