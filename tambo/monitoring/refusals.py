"""Reads the record of refusals: what is in the lake, and what waits for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tambo.access.refusals import TOPIC
from tambo.lake import exists, reader, spool
from tambo.lake.sql import ident
from tambo.lake.tables import table_exists
from tambo.lake.topics import SPOOLED
from tambo.settings import Settings

Row = dict[str, Any]


def refusals(settings: Settings, most: int = 50) -> list[Row]:
    """The newest refusals, newest first: values by column of `audit.refusals`, times as text."""
    found = {one["id"]: one for one in (*_in_lake(settings, most), *_waiting(settings))}
    return sorted(found.values(), key=lambda one: str(one["refused_at"]), reverse=True)[:most]


def _in_lake(settings: Settings, most: int) -> list[Row]:
    if not exists(settings):
        return []
    with reader(settings) as lake:
        if not table_exists(lake, TOPIC):
            return []
        names = list(SPOOLED[TOPIC])
        rows = lake.execute(
            f"SELECT {', '.join(map(ident, names))} FROM lake.{TOPIC} "
            f"ORDER BY refused_at DESC LIMIT {int(most)}"
        ).fetchall()
    return [dict(zip(names, row, strict=True)) | {"refused_at": str(row[1])} for row in rows]


def _waiting(settings: Settings) -> Iterator[Row]:
    for segment in spool.segments(settings.spool / TOPIC):
        for line in spool.lines_of(segment):
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict) and isinstance(told.get("id"), str):
                yield dict.fromkeys(SPOOLED[TOPIC]) | told
