"""What a world sends: lines into files, when each file arrives, and which lines are broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tambo.sources.sample.dirt import Dirt
from tambo.sources.sample.folder import Folder

DIRT_FILE, DIRT_COLUMNS = "_dirty.csv", ("file", "line", "table", "kind", "column", "clean_line_in")
ARRIVALS_FILE, ARRIVALS_COLUMNS = "_arrivals.csv", ("file", "arrived_at")


@dataclass
class Outbox:
    """Where lines go, and what went.

    Args:
        folder: the files.
        columns: header of each table.
        arrivals: time of arrival of each file that has one, UTC.
        rows: lines by table.
        dirty: broken lines by kind.
        events: lines by table and what was special about them.
    """

    folder: Folder
    columns: Mapping[str, tuple[str, ...]]
    arrivals: dict[str, str] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    dirty: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def put(
        self, table: str, name: str, arrives: str | None, lines: list[bytes], event: str = ""
    ) -> int:
        """Append lines of a table to a file.

        Args:
            table: whose lines.
            name: of the file.
            arrives: when the file arrives, UTC; None: it is history, which no manifest names.
            lines: without line ends.
            event: what is special about them.

        Returns:
            Physical line number of the first line.
        """
        if lines:
            if arrives is not None:
                self.arrivals[name] = arrives
            self.rows[table] += len(lines)
            if event:
                self.events[f"{table} {event}"] += len(lines)
        return self.folder.append(name, self.columns[table], lines)

    def note_broken(self, table: str, name: str, first: int, dirt: list[Dirt], twin: str) -> None:
        """Write down which lines of a file are broken.

        Args:
            table: whose lines.
            name: of the file.
            first: line number of the first line sent.
            dirt: what was broken in them.
            twin: the file that brings those that are sent again; "": none does.
        """
        notes = []
        for each in dirt:
            again = twin if each.resent else ""
            notes.append(f"{name},{first + each.index},{table},{each.kind},{each.column},{again}")
            self.dirty[each.kind] += 1
        self.folder.append(DIRT_FILE, DIRT_COLUMNS, [note.encode() for note in notes])

    def write_arrivals(self) -> None:
        """Write the arrival manifest, in order of arrival."""
        order = sorted(self.arrivals.items(), key=lambda item: (item[1], item[0]))
        lines = [f"{name},{arrived}".encode() for name, arrived in order]
        self.folder.append(ARRIVALS_FILE, ARRIVALS_COLUMNS, lines)
