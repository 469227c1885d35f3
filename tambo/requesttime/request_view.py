"""What an on-demand view says of itself, beside the function that computes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestView:
    """One on-demand view.

    Attributes:
        features: description by feature.
        stored: stored features that a request is held against, with the view that holds each.
    """

    features: Mapping[str, str]
    stored: Mapping[str, str]
