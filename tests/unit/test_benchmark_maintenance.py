"""What the true wear says of failures, worked out by hand."""

from __future__ import annotations

import json
import math
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.maintenance_truth import TrueWear
from tambo.errors import ContractError

KIND = {"wear_hour": 0.01, "wear_day": 0.002, "hazard": 0.001, "steepness": 3.0}


def test_the_chance_follows_the_worlds_equations(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no truth"):
        TrueWear.read(tmp_path)
    vessels = [{"name": name, "kind": 0, "quality": 2.0} for name in ("A", "B")]
    (tmp_path / "_truth.json").write_text(json.dumps({"kinds": [KIND], "vessels": vessels}))
    lines = ["aircraft_id,day,wear,hazard,drift", "A,2025-01-01,0.5,0,0", "B,2025-01-01,0.1,0,0"]
    (tmp_path / "_truth_days.csv").write_text("\n".join(lines) + "\n")
    truth, morning = TrueWear.read(tmp_path), datetime(2025, 1, 1)
    used = np.array([60.0, np.nan])
    found = truth.chance_of_failure(["A", "B"], [morning] * 2, used, days=2)
    # A is used two hours a day, and wears by 2 * (2 * 0.01 + 0.002) of them.
    rates = [2 * 0.001 * math.exp(3.0 * wear) for wear in (0.5, 0.544)]
    assert found[0] == pytest.approx(1 - math.exp(-sum(rates)))
    assert 0 < found[1] < found[0], "one whose use is not known is taken to fly an hour a day"
