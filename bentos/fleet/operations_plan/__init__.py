"""Booked trips to vessels, given when these are in maintenance."""
