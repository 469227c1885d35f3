"""HTTP to services of this machine: past any proxy, and with patience for a busy machine."""

from __future__ import annotations

from functools import partial

import httpx

SECONDS = 120.0
"""That anything may take that a test waits for; none asks how quick a machine is."""
TOLD = {"timeout": SECONDS, "trust_env": False}

get = partial(httpx.get, **TOLD)
post = partial(httpx.post, **TOLD)
client = partial(httpx.Client, **TOLD)
