"""Ctrl-C ends a command, whatever the library that it meets makes of it.

DuckDB turns the KeyboardInterrupt into a RuntimeError, dbt into a failed run, and one that is
raised inside an import or a finaliser is lost. So the wish is remembered, and taken up again at
the next step of a stage.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_asked = threading.Event()


@contextmanager
def watched() -> Iterator[None]:
    """Let Ctrl-C end the block with exit code 130.

    Whoever started this process may have it ignored (nohup does not, a shell's `&` does): then it
    stays ignored.

    Raises:
        SystemExit: an error arose after Ctrl-C was pressed; most likely it is what a library made
            of it.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    except Exception as error:
        if not asked():
            raise
        sys.stderr.write("Aborted.\n")
        raise SystemExit(130) from error
    finally:
        # Nothing is left behind in a process that goes on, such as one that runs tests.
        signal.signal(signal.SIGINT, before)
        _asked.clear()


def asked() -> bool:
    """Whether Ctrl-C was pressed."""
    return _asked.is_set()


def check() -> None:
    """Take up an interrupt that was lost.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; only in the main thread, where Python raises it too.
    """
    if asked() and threading.current_thread() is threading.main_thread():
        raise KeyboardInterrupt


def _interrupt(number: int, frame: object) -> NoReturn:
    _asked.set()
    raise KeyboardInterrupt
