"""Which raw files a home holds: another source never lands among them unasked.

Lines of a second source would pass for corrections of the first wherever their keys agree.
"""

from __future__ import annotations

from pathlib import Path

from tambo.errors import SettingsError
from tambo.lake import exists
from tambo.settings import Settings

SIZE = "world_"
"""What the names of the settings begin with that say how large the sample world is."""

SAMPLE = "the sample world"


def sample_source(settings: Settings) -> str:
    """The sample world in words; another size or seed is another world."""
    sizes = (name for name in type(settings).model_fields if name.startswith(SIZE))
    size = ", ".join(f"{getattr(settings, name)} {name.removeprefix(SIZE)}" for name in sizes)
    return f"{SAMPLE} ({size}, seed {settings.seed})"


def folder_source(raw: Path) -> str:
    """A user's own folder in words."""
    return str(raw.resolve())


def claim(settings: Settings, source: str) -> None:
    """Write down whose raw files a home holds, the first time.

    Args:
        settings: the Tambo home.
        source: from `sample_source` or `folder_source`.

    Raises:
        SettingsError: the home's lake holds another source's.
    """
    note = settings.home / "source.txt"
    held = note.read_text().strip() if note.exists() else None
    if held is not None and held != source and exists(settings):
        raise SettingsError(
            f"{settings.home} holds {held}, not {source}.",
            remedy=f"choose another home with TAMBO_HOME, or empty this one: rm -r {settings.home}"
            f"; if the folder was only moved: rm {note}",
        )
    if held != source:
        settings.home.mkdir(parents=True, exist_ok=True)
        note.write_text(f"{source}\n")


def claim_sample(settings: Settings) -> None:
    """Let what the sample world's own senders publish into the home that holds it.

    Raises:
        SettingsError: it holds no sample world.
    """
    note = settings.home / "source.txt"
    held = note.read_text().strip() if note.exists() else "nothing"
    if not held.startswith(SAMPLE):
        raise SettingsError(
            f"{settings.home} holds {held}, not the sample world.",
            remedy="make a sample world in a home of its own: TAMBO_HOME=.tambo-sample tambo run",
        )


def claim_doors(settings: Settings) -> None:
    """Let what doors read into a home that holds the user's own files, or nothing yet.

    Raises:
        SettingsError: it holds a sample world.
    """
    note = settings.home / "source.txt"
    held = note.read_text().strip() if note.exists() else None
    claim(settings, held if held and not held.startswith(SAMPLE) else "what doors read")
