"""Domains made for a test: hourly counts by place, whose key holds the local time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tambo import domains
from tambo.sources import contracts

CONTRACT = """
domain: {domain}
owner: {domain}-data
zone: {zone}
tables:
  {domain}_counts:
    description: One row per place and hour.
    origin: Counters at the doors
    granularity: place and hour
    limits: [Counts and not persons.]
    files: ["{domain}_counts*.csv"]
    key: [place, counted_at]
    columns:
      place: {{type: VARCHAR}}
      counted_at: {{type: TIMESTAMP, formats: ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]}}
      visitors: {{type: BIGINT, min: 0, max: 5000}}
    event_time: [counted_at]
"""
HEADER = "place,counted_at,visitors"


@contextmanager
def declared(folder: Path, zones: dict[str, str]) -> Iterator[None]:
    """Let the domains of this test, by name and zone, be the only ones."""
    for domain, zone in zones.items():
        (folder / domain).mkdir(parents=True)
        (folder / domain / "contracts.yml").write_text(CONTRACT.format(domain=domain, zone=zone))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domains, "SOURCES", folder)
        patch.setattr(contracts, "SOURCES", folder)
        contracts.load.cache_clear()
        yield
    contracts.load.cache_clear()
