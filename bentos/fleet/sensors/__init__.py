"""Sensors of the vessels, set at run time, and who set what."""
