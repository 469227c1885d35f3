"""Feast definitions of tourism."""
