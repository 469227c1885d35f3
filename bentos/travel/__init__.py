"""The travel service: flight prices."""

MODELS = ("flight_price",)
"""Registered models whose champions the bento holds."""
