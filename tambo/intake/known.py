"""Which keys the lake knows of a table, for services that have no lake: a file in the home.

Whoever takes files in writes it (`tambo.ingest.tell.tell_known`); a service refuses at once what
refers to nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from tambo.settings import Settings


def known_file(settings: Settings, domain: str, table: str) -> Path:
    """Where the keys of a table stand."""
    return settings.home.absolute() / "intake" / "known" / f"{domain}.{table}.json"


def write_known(settings: Settings, domain: str, table: str, keys: Iterable[str]) -> None:
    """Write the keys, if they are not as they were; there as a whole or not at all."""
    path, text = known_file(settings, domain, table), json.dumps(sorted(keys))
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


class Known:
    """The keys of a table, read again when they were written anew.

    Args:
        settings: the Tambo home.
        domain: of the table.
        table: a contract's.
    """

    def __init__(self, settings: Settings, domain: str, table: str) -> None:
        self._path = known_file(settings, domain, table)
        self._seen: tuple[int, int] | None = None
        self._keys: frozenset[str] = frozenset()

    def keys(self) -> frozenset[str] | None:
        """All keys that stand; None: nobody has taken anything in yet."""
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns)
            if seen != self._seen:
                self._keys = frozenset(json.loads(self._path.read_text(encoding="utf-8")))
                self._seen = seen
        except FileNotFoundError:
            return None
        return self._keys
