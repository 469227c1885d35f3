"""Proofs that a user runs on their own home: joins, leakage, parity. One module a proof.

A proof holds what the product does against something that shares no code with it, says how much
was compared, and shows the smallest example it has of what differs.
"""
