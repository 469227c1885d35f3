"""What the DAGs hand to each other: a DAG runs when the asset that it waits for was made anew."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset  # noqa: TID253 - read by DAG files only

RELEASE = Asset("release", uri="tambo://lake/release", group="lake")
"""A lake snapshot that passed the gate."""

QUALITY = Asset("quality", uri="tambo://lake/quality", group="lake")
"""The report on the newest release."""

FEATURES = Asset("features", uri="tambo://features", group="features")
"""Feast's registry and the online store, both at the newest release."""


def made(asset: Asset, what: Any, outlet_events: Any) -> None:
    """Note on the asset's page what this run made of it.

    Args:
        asset: an outlet of the running task.
        what: a line for people, or several.
        outlet_events: of the task's context.
    """
    outlet_events[asset].extra = {"made": what}


def raw(domain: str) -> Asset:
    """A domain's raw tables in the lake."""
    return Asset(f"raw_{domain}", uri=f"tambo://lake/raw/{domain}", group="lake")


def models(domain: str) -> Asset:
    """A domain's registered models."""
    return Asset(f"models_{domain}", uri=f"tambo://models/{domain}", group="models")


def bento(domain: str) -> Asset:
    """A domain's service, ready to deploy."""
    return Asset(f"bento_{domain}", uri=f"tambo://bentos/{domain}", group="services")
