"""Whose a feature view is, and so at which as_of its values and their age are judged.

A view says it in its tag `domain`, which `tambo features generate` writes. A feature service is of
one domain: what one instant serves of two domains whose data end at different times, no training
row has ever seen. Nothing here imports feast.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tambo.errors import FeatureError, ReleaseError

if TYPE_CHECKING:
    from tambo.as_of import AsOf

TAG = "domain"


def domain_of(view: Any) -> str | None:
    """The domain of a feature view or service of Feast; None if it does not say."""
    tags: Mapping[str, str] = view.tags or {}
    return tags.get(TAG) or None


def service_domain(service: Any, views: Iterable[Any]) -> str | None:
    """The one domain of a feature service; None if nothing in it says whose it is.

    Args:
        service: the feature service.
        views: the stored views that it reads, those behind on-demand views among them.

    Raises:
        FeatureError: the views are of several domains.
    """
    found = {domain: view.name for view in views if (domain := domain_of(view)) is not None}
    if len(found) > 1:
        named = " and ".join(f"{view} of {domain}" for domain, view in sorted(found.items()))
        raise FeatureError(
            f"Feature service {service.name} joins views of several domains, {named}: their data "
            "end at different times, and it has one as_of.",
            remedy="make a service for each domain, and join the answers",
        )
    return next(iter(found), domain_of(service))


def require_domains(objects: Iterable[Any], as_of: AsOf) -> None:
    """Make sure that each online view has an as_of, and each feature service one domain.

    Args:
        objects: Feast's definitions.
        as_of: of the release that is to be served by them.

    Raises:
        FeatureError: a view or a service has not; names it.
    """
    from feast import FeatureService, FeatureView, OnDemandFeatureView

    held = list(objects)
    views = {one.name: one for one in held if isinstance(one, FeatureView)}
    sources = {
        one.name: [part.name for part in one.source_feature_view_projections.values()]
        for one in held
        if isinstance(one, OnDemandFeatureView)
    }
    for view in views.values():
        try:
            if view.online:
                as_of.of(domain_of(view))
        except ReleaseError as error:
            raise FeatureError(
                f"Feature view {view.name}: {error.message}", remedy=error.remedy
            ) from error
    for service in held:
        if isinstance(service, FeatureService):
            parts = [one.name for one in service.feature_view_projections]
            names = [name for part in parts for name in sources.get(part, [part])]
            service_domain(service, [views[name] for name in names if name in views])
