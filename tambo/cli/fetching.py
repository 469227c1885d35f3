"""What `tambo fetch` prints: one door, the doors of a domain, or how all of them are."""

from __future__ import annotations

from tambo.cli import console
from tambo.cli.stages import alone, fetch_stage
from tambo.errors import SettingsError, SourceError, TamboError
from tambo.settings import Settings


def fetch_one(settings: Settings, domain: str, door: str, *, afresh: bool = False) -> None:
    """Fetch one door."""
    alone(fetch_stage(settings, domain, door, afresh=afresh))


def fetch_domain(settings: Settings, domain: str) -> None:
    """Fetch each door of a domain that is configured; one that fails does not stop the others.

    Raises:
        SettingsError: none is configured.
        TamboError: that of the first door that failed, after the others were fetched.
    """
    from tambo.sources.doors import doors_of

    doors = doors_of(domain).values()
    missing = {door.name: door.missing(settings) for door in doors}
    if all(missing.values()):
        raise SettingsError(
            f"No door of {domain} is configured.",
            remedy="; ".join(f"{name}: {what}" for name, what in missing.items()),
        )
    failed: list[TamboError] = []
    for name, what in missing.items():
        if what:
            console.out.print(f"- {domain} {name}: not configured, {what}", markup=False)
            continue
        try:
            fetch_one(settings, domain, name)
        except TamboError as error:
            console.err.print(f"{domain} {name}: {error}", markup=False)
            failed.append(error)
    if failed:
        raise failed[0]


def show_doors(settings: Settings) -> None:
    """List every door: whether it is configured, how far it was read, and its last error."""
    from tambo.sources.doors import all_doors
    from tambo.sources.fetching import state_of

    rows: list[tuple[object, ...]] = []
    for domain, doors in all_doors().items():
        for door in doors.values():
            what = door.missing(settings)
            said: tuple[object, ...]
            try:
                state = state_of(settings, door)
            except SourceError as error:
                said = (None, None, None, str(error))
            else:
                said = (state.started_at, state.fetched_to, state.rows, state.error)
            rows.append((f"{domain} {door.name}", door.description, what or "configured", *said))
    columns = ("door", "reads", "state", "last run (UTC)", "fetched to (UTC)", "rows", "last error")
    console.show_table("doors", columns, rows)
    console.out.print("tambo fetch <domain> [<door>] fetches; docs/doors.md says how to set one up")
