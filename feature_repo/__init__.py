"""Feast definitions, one slice a domain."""
