"""How a long stage tells where it is; the command line draws it, libraries only call it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many parts are done, and how many there are."""


def silent(message: str, done: int, total: int) -> None:
    """Show nothing; the default of every long function."""
