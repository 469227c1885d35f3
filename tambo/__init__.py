"""Tambo: raw travel and tourism files to governed, served models, around one feature store."""

__version__ = "0.1.0"
