"""The settings that a command was given: the environment's, and what its options say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tambo.settings import Settings


def given_settings(raw: Path | None = None, mapping: Path | None = None) -> Settings:
    """Read the settings; not before a command runs, so that `tambo --help` stays quick.

    Args:
        raw: folder of the user's own CSVs, before that of the environment.
        mapping: mapping of its files, likewise.

    Raises:
        SettingsError: a TAMBO_ variable is not what it must be.
    """
    from tambo.settings import get_settings, settings_of

    return get_settings() if raw is None and mapping is None else settings_of(raw, mapping)
