"""The fleet service: which vessels need maintenance, when, at what cost, and how urgently."""

MODELS = ("maintenance_due", "maintenance_cost")
"""Registered models whose champions the bento holds."""

OPTIONAL = ("maintenance_cost",)
"""Of these, models that it answers without: not every hangar tells what it charged."""
