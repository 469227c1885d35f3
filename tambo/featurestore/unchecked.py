"""Feast without a check of each argument at run time: mypy has checked our calls of it.

Feast decorates its classes with typeguard's `typechecked`, which parses and compiles a whole module
anew for each method: 3.2 of the 4.7 s that `import feast` takes, in every process.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any


def leave_feast_unchecked() -> None:
    """Let `typechecked` give Feast's classes back as they are; others are still checked.

    Does nothing where Feast has been imported, or is not installed, as in a service.
    """
    if "feast" in sys.modules or find_spec("feast") is None:
        return
    import typeguard

    checked = typeguard.typechecked

    def unless_of_feast(target: Any = None, /, **options: Any) -> Any:
        if getattr(target, "__module__", "").startswith("feast."):
            return target
        return checked(target, **options)

    typeguard.typechecked = unless_of_feast
