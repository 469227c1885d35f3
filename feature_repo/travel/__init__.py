"""Feast definitions of travel."""
