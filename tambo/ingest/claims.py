"""Says which contract a file is for, by its columns first and by its name second."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tambo.domains import domains
from tambo.errors import ContractError
from tambo.ingest.header import DELIMITERS, Head, Problem
from tambo.settings import Settings
from tambo.sources.contracts import Contracts, Table, of_home


@dataclass(frozen=True)
class Claim:
    """A file belongs to a table; with a problem it is quarantined as a whole."""

    contracts: Contracts
    table: Table
    problem: Problem | None = None


def all_contracts(settings: Settings) -> dict[str, Contracts]:
    """Contracts of every domain, by name."""
    return {domain: of_home(settings, domain) for domain in domains()}


def find_table(
    contracts: dict[str, Contracts], table: str, domain: str | None = None
) -> tuple[Contracts, Table]:
    """The one table of this name.

    Raises:
        ContractError: no domain has it, or several have and none was named.
    """
    found = [
        (c, c.tables[table])
        for name, c in contracts.items()
        if table in c.tables and domain in {None, name}
    ]
    if len(found) != 1:
        places = ", ".join(f"{c.domain}.{t}" for c in contracts.values() for t in c.tables)
        what = "No contract names" if not found else "Several domains have"
        raise ContractError(f"{what} the table {table}.", remedy=f"one of: {places}")
    return found[0]


def claim(contracts: dict[str, Contracts], name: str, head: Head) -> Claim | None:
    """Find the table that a file without mapping is for.

    A header that holds every required column of one table decides. Otherwise the file's name does,
    if the two share a column under any delimiter, or if the header cannot be read at all.

    Returns:
        The claim, or None: the file is none of ours.
    """
    tables = [(c, t) for c in contracts.values() for t in c.ordered()]
    complete = [(c, t) for c, t in tables if set(t.required) <= set(head.columns)]
    named = [(c, t) for c, t in tables if _named(name, t)]
    if len(complete) > 1:
        complete = [pair for pair in complete if pair in named] or complete
    if complete:
        owner, table = complete[0]
        return Claim(owner, table, head.problem or _extra(table, head))
    for owner, table in named:
        problem = _mismatch(table, head)
        if problem is not None:
            return Claim(owner, table, problem)
    for owner, table in tables:
        problem = _other_delimiter(head, set(table.required))
        if problem is not None:
            return Claim(owner, table, problem)
    return None


def _named(name: str, table: Table) -> bool:
    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in table.files)


def _extra(table: Table, head: Head) -> Problem | None:
    extra = [name for name in head.columns if name not in table.file_columns]
    return Problem("extra_column", column=extra[0]) if extra else None


def _mismatch(table: Table, head: Head) -> Problem | None:
    """Why a file that has a table's name does not have its columns; None: they share none."""
    if head.problem is not None:
        return head.problem
    if not _shared(table, head.columns):
        return next(filter(None, (_other_delimiter(head, {n}) for n in table.required)), None)
    missing = [name for name in table.required if name not in head.columns]
    return Problem("missing_column", column=missing[0], value=", ".join(head.columns)[:200])


def _other_delimiter(head: Head, wanted: set[str]) -> Problem | None:
    """Whether the header has these columns if it is split at another delimiter."""
    for delimiter, says in DELIMITERS.items():
        if delimiter == head.delimiter or delimiter not in head.line:
            continue
        try:
            names = next(csv.reader(head.line.splitlines()[:1], delimiter=delimiter), [])
        except csv.Error:
            continue
        if wanted <= {name.strip() for name in names}:
            return Problem("wrong_delimiter", value=says)
    return None


def _shared(table: Table, columns: tuple[str, ...]) -> set[str]:
    known = {name.lower() for name in table.file_columns}
    return {name for name in columns if name.lower() in known}
