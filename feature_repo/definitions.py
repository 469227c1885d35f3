"""All Feast definitions: what `feast apply` registers, found by domain.

Feast's command line looks for objects in the names of this module alone (see .feastignore): it
imports files by their path, so an object would otherwise be found twice, once in `travel.views`
and once in `feature_repo.travel.views`.
"""

from __future__ import annotations

from typing import Any

from feast import Entity, FeatureService, FeatureView, OnDemandFeatureView  # noqa: TID253

from tambo.domains import slices

MODULES = ("entities", "views", "on_demand", "services")
"""Modules of a domain's slice, in the order in which they build on each other."""

_KINDS = (Entity, FeatureView, OnDemandFeatureView, FeatureService)


def all_objects() -> list[Any]:
    """Entities, views, on-demand views and feature services of all domains, each once."""
    found: dict[int, Any] = {}
    for name in MODULES:
        for module in slices("feature_repo", name).values():
            for one in vars(module).values():
                if isinstance(one, _KINDS):
                    found[id(one)] = one
    return list(found.values())


globals().update({f"{type(one).__name__}_{one.name}": one for one in all_objects()})
