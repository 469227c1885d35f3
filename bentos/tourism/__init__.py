"""The tourism service: how many visitors a location will have, and what moves them."""

MODELS = ("visitor_flow", "visitor_flow_hourly")
"""Registered models whose champions the bento holds."""
