"""The tourism service: how many visitors will come, what moves them, and how to fill the gaps."""

MODELS = ("visitor_flow", "visitor_flow_hourly", "campaign_uplift")
"""Registered models whose champions the bento holds."""
