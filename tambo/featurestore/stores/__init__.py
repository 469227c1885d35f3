"""Feast online stores for SQLite and Redis that Tambo's features are served from.

They keep the layout of Feast's own stores, so that stock Feast reads what they write, and add what
it lacks: expired values are null on read, a write is decided by event and created time, and a
release replaces another as one.
"""
