"""What the app reads: the released snapshot, kept until there is a newer release."""

from __future__ import annotations

import pytest
import small_lake
import streamlit as st

from app import released
from tambo.errors import ReleaseError
from tambo.lake import writer
from tambo.settings import Settings

ROWS = "SELECT count(*) AS rows FROM lake.marts.fares"


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("TAMBO_HOME", str(tmp_path))
    st.cache_data.clear()
    settings = Settings(home=tmp_path)
    with writer(settings, "test") as lake:
        lake.execute("CREATE TABLE lake.marts.fares (code BIGINT)")
    small_lake.take_batch(settings, 1)
    return settings


def rows() -> int:
    return int(released.frame(ROWS)["rows"].iloc[0])


def test_what_is_built_is_not_seen_before_it_is_released(settings) -> None:
    with pytest.raises(ReleaseError, match="Nothing has been released"):
        rows()
    small_lake.release(settings)
    released._history.clear()
    assert (released.release().number, rows()) == (1, 1)
    small_lake.build(settings)
    released._history.clear()
    assert (released.release().number, rows()) == (1, 1)
    assert released.audited(ROWS)["rows"].iloc[0] == 2, "the head is there for those who ask for it"


def test_a_newer_release_takes_the_place_of_what_was_kept(settings) -> None:
    small_lake.release(settings)
    assert rows() == 1
    small_lake.release(settings)
    assert rows() == 1, "for some seconds the last release is still shown"
    released._history.clear()
    assert (released.release().number, rows()) == (2, 2)


def test_parameters_are_part_of_the_question(settings) -> None:
    small_lake.release(settings)
    query = "SELECT ? AS given, count(*) AS rows FROM lake.marts.fares WHERE code >= ?"
    assert released.frame(query, "x", 1).iloc[0].to_list() == ["x", 1]
    assert released.frame(query, "x", 2).iloc[0].to_list() == ["x", 0]
    assert released.frame(query, "'; DROP", 1).iloc[0]["given"] == "'; DROP"
