"""Features of single readings as they arrive, by domain: what a mart will say, said at once.

A feature is defined in its mart. What is here works the same rows out again, reading by reading,
and tests/property/test_stream_is_batch.py holds the two equal. Names, types and descriptions stay
in the mart alone. A domain's slice is `tambo/streaming/<domain>/live.py`, with `open_live`.
"""
