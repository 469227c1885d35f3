"""Loads OR-Tools so that it lives in one process with TensorFlow, whichever of them comes first."""

from __future__ import annotations

import os
import sys
from typing import Any


def cp_sat() -> Any:
    """Import the CP-SAT solver; returns the module `ortools.sat.python.cp_model`.

    TensorFlow's libraries are open to all that is loaded later, and OR-Tools 9.15 brings copies of some
    of them (Abseil, Protocol Buffers): bound to TensorFlow's, its first solve crashes the process. So it
    is bound to its own. Where the flag does not exist (macOS), libraries are bound so anyway.
    """
    # What OR-Tools imports and others share stays bound as ever.
    import pandas  # noqa: F401

    flags = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_NOW | getattr(os, "RTLD_DEEPBIND", 0))
    try:
        from ortools.sat.python import cp_model
    finally:
        sys.setdlopenflags(flags)
    return cp_model
