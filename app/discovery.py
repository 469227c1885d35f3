"""Pages are discovered, never listed: a page is a module in the `pages` package of a slice.

A slice is a folder of the app: one for each domain, and `overview` for what all domains share. A
page module holds TITLE (its name in the menu), ORDER (its place there) and show() (draws it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from tambo.domains import slices

SHARED = "overview"
"""The slice about all domains."""


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        slice: the folder that it is in.
        name: of its module; its address too.
        title: in the menu.
        order: its place there, ascending.
        show: draws it.
    """

    slice: str
    name: str
    title: str
    order: int
    show: Callable[[], None]

    @property
    def domain(self) -> str | None:
        """The domain that it is about; None: all of them."""
        return None if self.slice == SHARED else self.slice


def pages() -> list[Page]:
    """All pages: those of the domains in the domains' order, then the shared ones."""
    packages = {**slices("app", "pages"), SHARED: import_module(f"app.{SHARED}.pages")}
    return [page for name, package in packages.items() for page in _of_slice(name, package)]


def _of_slice(name: str, package: ModuleType) -> list[Page]:
    modules = [
        import_module(f"{package.__name__}.{one.name}") for one in iter_modules(package.__path__)
    ]
    found = [
        Page(name, module.__name__.rpartition(".")[2], module.TITLE, module.ORDER, module.show)
        for module in modules
    ]
    return sorted(found, key=lambda page: (page.order, page.name))
