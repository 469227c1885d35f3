"""Our location for each place that a calendar names."""

from __future__ import annotations

from pathlib import Path

import yaml

from tambo.errors import SourceError
from tambo.sources.calendar.kinds import plain

NATIONAL = "national"


class Places:
    """Locations by the calendar's names: the whole text goes first, then its parts at commas."""

    def __init__(self, file: Path | None) -> None:
        """Read the mapping file, if there is one.

        Raises:
            SourceError: it cannot be read, or is no mapping of names to names.
        """
        self._known: dict[str, str] = {}
        if file is None:
            return
        try:
            told = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise self._wrong(file, str(error)) from error
        if not isinstance(told, dict) or not all(
            isinstance(word, str) and word for pair in told.items() for word in pair
        ):
            raise self._wrong(file, "it must hold lines as `Plaza de Armas, Cusco: Cusco`")
        self._known = {plain(name): location for name, location in told.items()}

    def find(self, text: str) -> str | None:
        """Location of a place; None: no line of the file names it."""
        for part in (text, *text.split(",")):
            if (found := self._known.get(plain(part))) is not None:
                return found
        return None

    def __str__(self) -> str:
        """All lines, for the state: what is read in other places is read anew."""
        return str(sorted(self._known.items()))

    @staticmethod
    def _wrong(file: Path, why: str) -> SourceError:
        return SourceError(
            f"The places of events in {file} cannot be read: {why}",
            remedy="correct the file, or unset TAMBO_EVENTS_LOCATIONS",
        )
