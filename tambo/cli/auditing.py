"""What `tambo audit` prints."""

from __future__ import annotations

from tambo.cli import console
from tambo.settings import Settings


def show_refusals(settings: Settings, most: int) -> None:
    """Print who was refused what, newest first."""
    from tambo.monitoring.refusals import refusals

    found = refusals(settings, most)
    if not found:
        console.out.print("Nobody was refused anything.")
        return
    rows = [
        (
            one["refused_at"][:19],
            f"{one['service']} {one['path']}",
            one["status"],
            one["subject"] or (f"({one['claimed_subject']})" if one["claimed_subject"] else None),
            one["roles"] or None,
            one["reason"],
            one["address"],
        )
        for one in found
    ]
    columns = ("at (UTC)", "asked", "status", "who", "roles", "why", "from")
    console.show_table(f"refusals, the newest {len(rows)}", columns, rows)
    if any(one["claimed_subject"] for one in found):
        console.out.print("(in brackets): whom a token claims to be of that was not believed")
