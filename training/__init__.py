"""Training: one module a model under its domain; harness, splits, gates, explanations."""

import os

# xgboost's threads otherwise spin while they wait for each other: on a machine that is busy, a fit
# took 4 to 18 times as long. OpenMP reads this when it is loaded, so it stands here.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
