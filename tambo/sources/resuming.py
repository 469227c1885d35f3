"""Reads on where a connection was lost: each page tells where the next attempt begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tambo.errors import SourceBusyError
from tambo.progress import Progress
from tambo.sources.door import Page, State
from tambo.sources.patience import Patience, pause


def resumed(
    open_pass: Callable[[State], Iterator[Page]],
    state: State,
    patience: Patience,
    progress: Progress,
) -> Iterator[Page]:
    """Read one pass; a lost connection is opened again.

    Args:
        open_pass: reads on from a state.
        state: where to begin.
        patience: with the source; counted anew behind each page.
        progress: told why it waits.

    Raises:
        SourceBusyError: the source stays away; what was read is safe.
    """
    failed = 0
    while True:
        try:
            for page in open_pass(state):
                yield page
                # Read again from here after a cut.
                state, failed = page.state, 0
        except SourceBusyError as error:
            failed += 1
            if failed >= patience.attempts:
                raise
            pause(patience.seconds(failed), progress, error.message)
        else:
            return
