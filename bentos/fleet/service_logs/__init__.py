"""Entries of vessels' service logs, told by technicians and crews."""
