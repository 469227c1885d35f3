"""dbt's documentation as one page, with what a steward must know on the page of each table."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tambo.catalogue.context import context_sql
from tambo.catalogue.entries import Entry, entries
from tambo.catalogue.measured import TimeRange, held, time_ranges
from tambo.errors import BuildError, ReleaseError
from tambo.lake import dbt_runner, reader, releases
from tambo.lake.connect import require
from tambo.lake.lock import writer_lock
from tambo.lake.releases import Release
from tambo.settings import Settings

_CONTEXT_ROWS = 50
_SHOWN = frozenset({"owner", "origin", "granularity", "cleaning", "limits"})
"""Words of a table's meta that its description shows."""


def build_docs(settings: Settings, out: Path) -> Path:
    """Write dbt's documentation of all models, with types and lineage, as one static page.

    Args:
        settings: the Tambo home, whose lake gives the columns' types and the tables' sizes.
        out: folder for the page; made if it is missing.

    Returns:
        The page, `index.html`; it needs no server and no other file.

    Raises:
        LakeError: there is no lake yet.
        BuildError: dbt failed.
    """
    require(settings)
    with writer_lock(settings, "docs"):
        dbt_runner.run(settings, ["docs", "generate", "--static"])
    page = (settings.dbt_target / "static_index.html").read_text(encoding="utf-8")
    manifest = (settings.dbt_target / "manifest.json").read_text(encoding="utf-8")
    if manifest not in page:
        raise BuildError(
            "dbt's page does not hold its manifest as dbt wrote it.",
            remedy="use the dbt of requirements.lock: make venv",
        )
    out.mkdir(parents=True, exist_ok=True)
    path = out / "index.html"
    path.write_text(page.replace(manifest, _described(settings, manifest)), encoding="utf-8")
    return path


def _described(settings: Settings, text: str) -> str:
    """The manifest with more in the descriptions of raw tables and marts."""
    manifest = json.loads(text)
    shown = {
        f"{one['schema']}.{one['name']}": one
        for one in (*manifest["sources"].values(), *manifest["nodes"].values())
        if one["resource_type"] in {"model", "source"}
    }
    found = [one for one in entries(settings) if one.table in shown]
    release = _release(settings)
    ranges = time_ranges(settings, release, found) if release else {}
    for one in found:
        parts = [shown[one.table]["description"], _words(one, release, ranges.get(one.table))]
        if release and one.is_context and held(one, release):
            parts.append(_context(settings, release, one))
        shown[one.table]["description"] = "\n\n".join(parts)
        # They would stand above it once more, cut to one line.
        meta = shown[one.table]["meta"]
        shown[one.table]["meta"] = {name: meta[name] for name in meta.keys() - _SHOWN}
    return json.dumps(manifest)


def _release(settings: Settings) -> Release | None:
    try:
        return releases.latest(settings)
    except ReleaseError:
        return None


def _words(entry: Entry, release: Release | None, span: TimeRange | None) -> str:
    rows = {
        "Origin": entry.origin,
        "Owner": (entry.owner,),
        "Granularity": (entry.granularity,),
        "Time range": ("; ".join(_span(release, span)),),
        "Cleaning": entry.cleaning,
        "Known limits": entry.limits,
    }
    # dbt's page takes no line break within a cell, so each sentence has a row.
    return _table(
        ("For the steward", ""),
        (
            (name if not number else "", said)
            for name, sentences in rows.items()
            for number, said in enumerate(sentences)
        ),
    )


def _span(release: Release | None, span: TimeRange | None) -> Iterator[str]:
    if release is None:
        yield "nothing is released yet"
    elif span is None:
        yield f"release {release.number} does not hold it"
    else:
        yield f"{span.rows:,} rows at release {release.number}"
        if span.first is not None:
            yield f"events from {span.first} to {span.last} UTC"
        if span.about_first is not None:
            yield f"about the days from {span.about_first} to {span.about_last}"
        if span.known is not None:
            yield f"newest known at {span.known} UTC"


def _context(settings: Settings, release: Release, entry: Entry) -> str:
    with reader(settings, release.snapshot_id) as lake:
        found = lake.execute(context_sql(entry))
        names = [column[0] for column in found.description]
        rows = [[_plain(one) for one in row] for row in found.fetchmany(_CONTEXT_ROWS)]
    head = f"**Known at release {release.number}**, newest first, at most {_CONTEXT_ROWS}:"
    return f"{head}\n\n{_table(names, rows)}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(value: object) -> str:
    """A value from files in a cell of a table in Markdown, without markup of its own."""
    text = "" if value is None else " ".join(str(value).split())
    return re.sub(r"([\\`*_\[\]|~])", r"\\\1", html.escape(text))
