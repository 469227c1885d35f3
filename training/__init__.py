"""Training: one module a model under its domain; harness, splits, gates, explanations."""
