"""OR-Tools' solver, so that it does no harm to the process that it runs in."""

from __future__ import annotations

import os
import sys
from typing import Any


def cp_sat() -> Any:
    """Import the CP-SAT solver; returns the module `ortools.sat.python.cp_model`.

    TensorFlow's libraries are open to all that is loaded later, and OR-Tools 9.15 brings copies of
    some of them (Abseil, Protocol Buffers): bound to TensorFlow's, its first solve crashes the
    process. So it is bound to its own. Where the flag does not exist (macOS), it is so anyway.
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


def solver(seconds: float, longest: float | None = None) -> Any:
    """A CP-SAT solver that answers the same question in the same way, wherever it runs.

    It leaves Ctrl-C alone. By itself it would take SIGINT during a solve, and give it back not to
    Python but to the system's default: the next Ctrl-C would end the process with nothing tidied.

    Args:
        seconds: deterministic ones, after which the best answer found so far is taken.
        longest: true ones, likewise: of some questions a deterministic second takes ten. Where
            they run out, the answer depends on the machine; None: they do not.
    """
    made = cp_sat().CpSolver()
    made.parameters.num_workers = 1
    made.parameters.max_deterministic_time = seconds
    if longest is not None:
        made.parameters.max_time_in_seconds = longest
    made.parameters.catch_sigint_signal = False
    # Programmes of a base are small: to prepare them so thoroughly takes longer than to solve them.
    made.parameters.max_presolve_iterations = 1
    made.parameters.cp_model_probing_level = 0
    made.parameters.symmetry_level = 0
    return made
