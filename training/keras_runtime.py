"""Loads Keras and TensorFlow: on the CPU, quiet, with sums in a fixed order."""

from __future__ import annotations

import os
from typing import Any


def load() -> Any:
    """Import Keras with TensorFlow behind it; returns the module."""
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Sums in a fixed order.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    import keras
    import tensorflow  # noqa: F401

    return keras
