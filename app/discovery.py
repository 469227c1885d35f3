"""Pages are discovered, never listed: a page is a module in the `pages` package of a slice.

A slice is a folder of the app: one for each domain, and `overview` for what all domains share. A
page module holds TITLE (its name in the menu), ORDER (its place there) and show() (draws it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tambo.domains import domains

SHARED = "overview"
FOLDER = Path(__file__).resolve().parent


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
    return [page for name in (*domains(), SHARED) for page in _of_slice(name)]


def _of_slice(name: str) -> list[Page]:
    modules = sorted((FOLDER / name / "pages").glob("[!_]*.py"))
    found = [_page(name, path.stem) for path in modules]
    return sorted(found, key=lambda page: (page.order, page.name))


def _page(slice_name: str, name: str) -> Page:
    module = import_module(f"app.{slice_name}.pages.{name}")
    return Page(slice_name, name, module.TITLE, module.ORDER, module.show)
