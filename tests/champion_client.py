"""A champion trained on the small world, behind its endpoint: what behaviour tests ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import served_model

from bentos.champions import champions, fetch
from bentos.inference.endpoint import Endpoint
from tambo.settings import Settings


def asker(
    settings: Settings, endpoint: Endpoint, folder: Path
) -> Callable[[list[dict]], list[Any]]:
    """Ask the champion in one call, with features from the home's online store."""
    (chosen,) = champions(settings, [endpoint.model])
    fetch(settings, chosen, folder)
    client = served_model.client_of(folder, settings.online_store, endpoint)

    def answers(items: list[dict]) -> list[Any]:
        answer = client.post(endpoint.operation.path, json={"items": items})
        assert answer.status_code == 200, answer.text
        return endpoint.many.model_validate(answer.json()).items

    return answers
