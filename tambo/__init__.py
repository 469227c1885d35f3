"""Tambo: raw files of travel, tourism and fleets to governed, served models; one feature store."""

__version__ = "0.1.0"
