"""All Feast definitions, found by domain."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from feast import Entity, FeatureService, FeatureView, OnDemandFeatureView  # noqa: TID253

from feature_repo.permissions import permissions
from tambo.domains import slices

MODULES = ("entities", "views", "on_demand", "services")
"""Modules of a domain's slice, in the order in which they build on each other."""

_KINDS = (Entity, FeatureView, OnDemandFeatureView, FeatureService)


def all_objects(domains: Collection[str] | None = None) -> list[Any]:
    """Entities, views, services and permissions of some domains, each once.

    Args:
        domains: whose; None: of all. A view whose table is not in the lake cannot be applied, so a
            release takes those of its own domains: see `tambo.lake.ready`.
    """
    found: dict[int, Any] = {}
    for name in MODULES:
        for domain, module in slices("feature_repo", name).items():
            if domains is not None and domain not in domains:
                continue
            for one in vars(module).values():
                if isinstance(one, _KINDS):
                    found[id(one)] = one
    objects = list(found.values())
    return [*objects, *permissions(objects)]
