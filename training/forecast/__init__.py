"""Forecasts: rows at origins, global networks and trees over them, and how they are judged."""
