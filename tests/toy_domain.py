"""A second domain for a test, a slice in each stage, found beside the project's own."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hourly_domain import CONTRACT

from tambo import domains
from tambo.settings import PROJECT_ROOT
from tambo.sources import contracts

NAME = "toy"
SLICES = {
    "tambo/sources/toy/__init__.py": "",
    "tambo/sources/toy/contracts.yml": CONTRACT.format(domain=NAME, zone="America/Lima"),
    "dbt/models/toy/staging/__sources.yml": """
sources:
  - name: toy
    database: lake
    schema: raw
    tables: [{name: toy_counts}]
""",
    "feature_repo/toy/__init__.py": "",
    "feature_repo/toy/views.py": """
from feast import Entity, FeatureView, Field, ValueType
from feast.types import Int64, String

from tambo.featurestore.source import DuckLakeSource

spot = Entity(name="spot", join_keys=["spot"], value_type=ValueType.STRING)
toy_flow = FeatureView(
    name="toy_flow",
    entities=[spot],
    schema=[Field(name="spot", dtype=String), Field(name="visitors", dtype=Int64)],
    source=DuckLakeSource(
        name="toy_flow",
        table="marts.toy_flow",
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
    ),
    tags={"domain": "toy"},
)
""",
    "training/toy/__init__.py": "",
    "training/toy/toy_flow.py": """
from dataclasses import replace

from training.travel.flight_price import MODEL as FLIGHT_PRICE

MODEL = replace(FLIGHT_PRICE, name="toy_flow", domain="toy")
""",
    "bentos/toy/__init__.py": "MODELS = ('toy_flow',)",
    "bentos/toy/example.py": "QUESTIONS = {'toy_flow': ('/v1/toy-flow', dict)}",
    "app/toy/__init__.py": "",
    "app/toy/pages/__init__.py": "",
    "app/toy/pages/toy_flow.py": """
import streamlit as st

TITLE, ORDER = "Toy flow", 1


def show():
    st.write("visitors of the toy")
""",
}
PACKAGES = ("tambo.sources", "feature_repo", "training", "bentos", "app")


def write(root: Path, slices: Mapping[str, str] = SLICES) -> None:
    """Write the slices below a project's root."""
    for name, text in slices.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@contextmanager
def declared(
    root: Path, slices: Mapping[str, str] = SLICES, *, beside: Collection[str] | None = None
) -> Iterator[None]:
    """Let domains be found beside the project's own: the toy, or those of other slices.

    Args:
        root: an empty folder; it takes the slices and a copy of the dbt project.
        slices: text by path of the project.
        beside: domains of the project that are found; None: all.
    """
    kept = [name for name in domains.domains() if beside is None or name in beside]
    others = set(domains.domains()) - set(kept)
    shutil.copytree(PROJECT_ROOT / "dbt", root / "dbt")
    for domain in others:
        shutil.rmtree(root / "dbt/models" / domain, ignore_errors=True)
    write(root, slices)
    sources = root / "tambo/sources"
    added = [f".{path.parent.name}" for path in sources.glob("*/contracts.yml")]
    for domain in kept:
        (sources / domain).symlink_to(domains.SOURCES / domain)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domains, "SOURCES", sources)
        patch.setattr(contracts, "SOURCES", sources)
        for name in PACKAGES:
            package = importlib.import_module(name)
            own = str(root / name.replace(".", "/"))
            patch.setattr(package, "__path__", [*package.__path__, own])
        importlib.invalidate_caches()
        contracts.load.cache_clear()
        try:
            yield
        finally:
            contracts.load.cache_clear()
            for name in [name for name in sys.modules if any(one in name for one in added)]:
                if name.startswith(PACKAGES):
                    del sys.modules[name]
