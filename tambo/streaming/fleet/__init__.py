"""The fleet's features of single readings."""
