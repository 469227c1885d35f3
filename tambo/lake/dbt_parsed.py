"""The dbt project as dbt has parsed it, kept while this process lives.

dbt's own cache is of no use here: it parses anew whenever a variable differs, and each build is
made for an instant of its own. What is parsed depends on which variables are given, and not on
their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from tambo.lake.state import files_hash

PROJECT_FILES = (".sql", ".yml")
"""Both kinds of file decide what dbt writes."""

KEPT = 4
"""Projects that are kept at once; a parsed one takes some tens of MB."""

_parsed: dict[tuple[Path, str, tuple[str, ...]], Any] = {}


def parsed(folder: Path, variables: Iterable[str], parse: Callable[[Sequence[str]], Any]) -> Any:
    """A manifest of the project as it stands, for one command: dbt writes into it.

    Args:
        folder: the dbt project.
        variables: names of those that are given: an increment reads sources that others do not.
        parse: runs a dbt command, and gives dbt's outcome.

    Returns:
        dbt's manifest; None where the project cannot be parsed: the command itself will say why.
    """
    key = (folder.resolve(), files_hash(folder, PROJECT_FILES), tuple(sorted(variables)))
    if key not in _parsed:
        outcome = parse(["parse", "--no-write-json"])
        if not outcome.success:
            return None
        while len(_parsed) >= KEPT:
            del _parsed[next(iter(_parsed))]
        _parsed[key] = outcome.result
    return _parsed[key].deepcopy()
