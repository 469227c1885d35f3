"""What a steward must know of every raw table, mart and feature, from where it is written once.

A raw table's words stand in its contract, a mart's in its yml. Where rows come from, how they were
cleaned and what they cannot tell comes down dbt's graph to all that is made of them. Time ranges
are measured at a release. dbt's docs, the app and Feast's tags show what this package gathers.
"""
