"""Feast definitions of the fleet."""
