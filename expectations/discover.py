"""All suites of the domains of a build: from contracts, from the manifest, and by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from expectations import measured
from expectations.from_contracts import raw_suites
from expectations.from_manifest import mart_suite, marts
from expectations.suite import Suite, holds
from tambo.domains import domains, slices
from tambo.lake.state import files_hash
from tambo.settings import Settings
from tambo.sources import contracts


def all_suites(settings: Settings, built: Collection[str]) -> list[Suite]:
    """Suites of every domain that a build is made of, measured ones first.

    Args:
        settings: the Tambo home, whose dbt manifest describes the marts.
        built: the domains.

    Raises:
        ValidationFailedError: there is no dbt manifest.
    """
    described = marts(settings)
    measures: list[Suite] = []
    rows: list[Suite] = []
    for domain in domains():
        if domain not in built:
            continue
        contract = contracts.load(domain)
        measures += measured.raw_measures(contract)
        measures += measured.mart_measures(domain, described)
        rows += raw_suites(contract)
        rows += [mart_suite(mart) for mart in described if mart.domain == domain]
    return [*measures, *_with_slices(rows)]


def fingerprint(suites: list[Suite]) -> str:
    """Hash of what is expected and of the code that evaluates it."""
    text = json.dumps([asdict(suite) for suite in suites], default=sorted, sort_keys=True)
    code = files_hash(Path(__file__).resolve().parent, (".py",))
    judge = version("great_expectations")
    return hashlib.sha256(f"{text}{code}{judge}".encode()).hexdigest()[:16]


def _with_slices(suites: list[Suite]) -> list[Suite]:
    """Add what each domain's slice expects besides: expectations/<domain>/suites.py, MORE."""
    more: dict[str, Mapping[str, str]] = {}
    for module in slices("expectations", "suites").values():
        more |= module.MORE
    return [_extended(suite, more.get(suite.name, {})) for suite in suites]


def _extended(suite: Suite, conditions: Mapping[str, str]) -> Suite:
    expected = [holds(sql, f"{says} ({sql})") for sql, says in conditions.items()]
    return suite.extend(expected, {sql: sql for sql in conditions})
