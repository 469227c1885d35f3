"""Roles that hold for every domain; a domain's own are in the module of its name beside this."""

from __future__ import annotations

READER, STEWARD, DEPLOYER = "reader", "steward", "deployer"
"""Roles: reads what says nothing about a person; reads all; reads and writes all."""
