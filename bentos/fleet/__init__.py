"""The fleet service: which vessels need maintenance, when, at what cost, and how urgently."""

MODELS = ("maintenance_due", "maintenance_cost")
"""Registered models whose champions the bento holds."""
