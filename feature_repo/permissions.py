"""Who may do what with features, from the definitions' personal-data tags and the domains' roles.

Feast grants what any permission grants, and refuses the rest. Its `required_tags` do not tell one
view from another (0.67 looks for them where views have none, and lets all pass), so names are
matched, and the names come from the tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from feast import FeatureService, FeatureView, OnDemandFeatureView  # noqa: TID253
from feast.permissions.action import ALL_ACTIONS, AuthzedAction  # noqa: TID253
from feast.permissions.permission import Permission  # noqa: TID253
from feast.permissions.policy import RoleBasedPolicy  # noqa: TID253

from tambo.access.roles import DEPLOYER, READER, STEWARD
from tambo.domains import slices
from tambo.featurestore.definitions import OURS

READS = [AuthzedAction.DESCRIBE, AuthzedAction.READ_ONLINE, AuthzedAction.READ_OFFLINE]

Roles = Sequence[str]

_VIEWS = [FeatureView, OnDemandFeatureView]


def permissions(
    objects: Iterable[Any], reads: Mapping[str, Roles] | None = None
) -> list[Permission]:
    """Permissions for some definitions.

    Args:
        objects: entities, views, on-demand views and feature services.
        reads: roles by view that is for those alone, besides stewards and deployers; default: what
            the domains say.
    """
    held = list(objects)
    views = personal_views(held)
    named = views_by_role(held, _said_by_domains() if reads is None else reads)
    closed = {name: personal or name in named for name, personal in views.items()}
    served = {one.name: _views_of(one) for one in held if isinstance(one, FeatureService)}
    services = {
        name: any(closed.get(view, True) for view in inside) for name, inside in served.items()
    }
    return [
        *_reading("views", _VIEWS, closed),
        *_reading("services", [FeatureService], services),
        *_by_role("views", _VIEWS, named),
        *_by_role("services", [FeatureService], _services_by_role(served, named)),
        Permission(
            name="everything",
            actions=ALL_ACTIONS,
            policy=RoleBasedPolicy(roles=[DEPLOYER]),
            tags=OURS,
        ),
    ]


def views_by_role(objects: Iterable[Any], reads: Mapping[str, Roles]) -> dict[str, set[str]]:
    """Roles of each view that is for some roles alone.

    Whoever reads what a view is computed from reads the view; one that is computed from a view
    for some roles is for those who read all of these.
    """
    held = list(objects)
    found = {one.name: set(reads[one.name]) for one in held if one.name in reads}
    for one in held:
        if isinstance(one, OnDemandFeatureView):
            sources = [source.name for source in one.source_feature_view_projections.values()]
            bound = [found[name] for name in sources if name in found]
            if bound:
                found[one.name] = set.intersection(*bound)
    return found


def _services_by_role(
    served: Mapping[str, list[str]], named: Mapping[str, set[str]]
) -> dict[str, set[str]]:
    """Roles of each service: those who read all of its views."""
    return {
        name: set.intersection(*(named[view] for view in inside))
        for name, inside in served.items()
        if inside and all(view in named for view in inside)
    }


def _said_by_domains() -> dict[str, Roles]:
    """Roles by view, as `tambo/access/<domain>.py` says them."""
    modules = slices("tambo.access").values()
    return {view: roles for module in modules for view, roles in module.READS.items()}


def personal_views(objects: Iterable[Any]) -> dict[str, bool]:
    """Whether each view says something about a person.

    It does if it, one of its features or a view that it is computed from is tagged so, and if
    nobody has said that it does not.
    """
    held = list(objects)
    found = {one.name: _is_personal(one) for one in held if isinstance(one, FeatureView)}
    for one in held:
        if isinstance(one, OnDemandFeatureView):
            sources = [source.name for source in one.source_feature_view_projections.values()]
            found[one.name] = _is_personal(one) or any(found.get(name, True) for name in sources)
    return found


def _is_personal(view: FeatureView | OnDemandFeatureView) -> bool:
    if view.tags.get("personal_data") != "false":
        return True
    return any(field.tags.get("personal_data", "false") != "false" for field in view.features)


def _views_of(service: FeatureService) -> list[str]:
    return [projection.name for projection in service.feature_view_projections]


def _reading(kind: str, types: list[Any], closed: Mapping[str, bool]) -> list[Permission]:
    """Who reads what is personal, or for some roles alone, and who reads the rest."""
    found = []
    for label, is_closed, roles in (
        ("public", False, [READER, STEWARD, DEPLOYER]),
        ("closed", True, [STEWARD, DEPLOYER]),
    ):
        names = sorted(name for name, one in closed.items() if one is is_closed)
        # To Feast, no pattern at all is every name.
        if names:
            found.append(_permission(f"{label}-{kind}", types, names, roles))
    return found


def _by_role(kind: str, types: list[Any], named: Mapping[str, set[str]]) -> list[Permission]:
    """What each role of a domain reads."""
    roles = sorted({role for some in named.values() for role in some})
    return [
        _permission(
            f"{kind}-for-{role}",
            types,
            sorted(name for name, some in named.items() if role in some),
            [role],
        )
        for role in roles
    ]


def _permission(name: str, types: list[Any], names: list[str], roles: list[str]) -> Permission:
    return Permission(
        name=name,
        types=types,
        name_patterns=[re.escape(one) for one in names],
        actions=READS,
        policy=RoleBasedPolicy(roles=roles),
        tags=OURS,
    )
