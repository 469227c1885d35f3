"""Loads Keras and TensorFlow: on the CPU, quiet, and in an order that other libraries survive."""

from __future__ import annotations

import os
from typing import Any


def load() -> Any:
    """Import Keras with TensorFlow behind it; returns the module."""
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Sums in a fixed order.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    # Where TensorFlow is loaded first, OR-Tools 9.15 crashes in its first solve: it then takes
    # TensorFlow's copy of the libraries that both bring along.
    from ortools.sat.python import cp_model  # noqa: F401
    import keras  # isort: skip
    import tensorflow  # noqa: F401 # isort: skip

    return keras
