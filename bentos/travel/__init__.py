"""The travel service: what a flight costs, who a traveller is, and where they may stay."""

MODELS = ("flight_price", "traveller_gender", "hotel_recommendation")
"""Registered models whose champions the bento holds; each has a folder of its own here."""
