"""The travel service: what a flight costs, and which gender a traveller may state."""

MODELS = ("flight_price", "traveller_gender")
"""Registered models whose champions the bento holds; each has a folder of its own here."""
