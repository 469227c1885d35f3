"""The off-season campaign plan."""
