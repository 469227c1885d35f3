"""Who may do what with features, derived from the personal-data tags of the definitions.

Feast grants what any permission grants, and refuses the rest. Its `required_tags` do not tell one
view from another (0.67 looks for them where views have none, and lets all pass), so names are
matched, and the names come from the tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from feast import FeatureService, FeatureView, OnDemandFeatureView  # noqa: TID253
from feast.permissions.action import ALL_ACTIONS, AuthzedAction  # noqa: TID253
from feast.permissions.permission import Permission  # noqa: TID253
from feast.permissions.policy import RoleBasedPolicy  # noqa: TID253

from tambo.access.roles import DEPLOYER, READER, STEWARD
from tambo.featurestore.definitions import OURS

READS = [AuthzedAction.DESCRIBE, AuthzedAction.READ_ONLINE, AuthzedAction.READ_OFFLINE]

_VIEWS = [FeatureView, OnDemandFeatureView]


def permissions(objects: Iterable[Any]) -> list[Permission]:
    """Permissions for some definitions.

    Args:
        objects: entities, views, on-demand views and feature services.
    """
    held = list(objects)
    views = personal_views(held)
    services = {
        one.name: any(views.get(name, True) for name in _views_of(one))
        for one in held
        if isinstance(one, FeatureService)
    }
    return [
        *_reading("views", _VIEWS, views),
        *_reading("services", [FeatureService], services),
        Permission(
            name="everything",
            actions=ALL_ACTIONS,
            policy=RoleBasedPolicy(roles=[DEPLOYER]),
            tags=OURS,
        ),
    ]


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


def _reading(kind: str, types: list[Any], personal: Mapping[str, bool]) -> list[Permission]:
    """Who reads what is personal, and who reads the rest."""
    found = []
    for label, about_persons, roles in (
        ("public", False, [READER, STEWARD, DEPLOYER]),
        ("personal", True, [STEWARD, DEPLOYER]),
    ):
        names = sorted(name for name, one in personal.items() if one is about_persons)
        # To Feast, no pattern at all is every name.
        if names:
            found.append(
                Permission(
                    name=f"{label}-{kind}",
                    types=types,
                    name_patterns=[re.escape(name) for name in names],
                    actions=READS,
                    policy=RoleBasedPolicy(roles=roles),
                    tags=OURS,
                )
            )
    return found
