"""Finds the doors of every domain: its slice `tambo/sources/<domain>/doors.py` lists them."""

from __future__ import annotations

from tambo.domains import slices
from tambo.errors import SourceError
from tambo.sources.door import Door


def all_doors() -> dict[str, dict[str, Door]]:
    """Doors by domain and name; a domain without doors is left out."""
    found = slices("tambo.sources", "doors")
    return {domain: {one.name: one for one in module.DOORS} for domain, module in found.items()}


def doors_of(domain: str) -> dict[str, Door]:
    """A domain's doors by name.

    Raises:
        SourceError: there is no such domain, or it has no door.
    """
    found = all_doors()
    if domain not in found:
        raise SourceError(
            f"{domain!r} has no doors.", remedy=f"one of: {', '.join(found) or 'none has any'}"
        )
    return found[domain]


def find_door(domain: str, name: str) -> Door:
    """One door.

    Raises:
        SourceError: there is none of this name.
    """
    found = doors_of(domain)
    if name not in found:
        raise SourceError(
            f"{domain} has no door {name!r}.", remedy=f"one of: {', '.join(sorted(found))}"
        )
    return found[name]
