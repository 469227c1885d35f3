"""The command line as a user meets it: words in, exit status and what was printed out."""

from __future__ import annotations

import sys

import pytest

from tambo.cli import main
from tambo.settings import get_settings


def run(settings, monkeypatch, capsys, *words):
    """Run a verb on a home; returns its exit status and all that it printed."""
    monkeypatch.setenv("TAMBO_HOME", str(settings.home))
    if settings.redis_url is not None:
        monkeypatch.setenv("TAMBO_REDIS_URL", settings.redis_url)
    monkeypatch.setattr(sys, "argv", ["tambo", *map(str, words)])
    get_settings.cache_clear()
    with pytest.raises(SystemExit) as done:
        main()
    get_settings.cache_clear()
    said = capsys.readouterr()
    return done.value.code or 0, said.out + said.err
