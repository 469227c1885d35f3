"""The gate: what data must be like before it is released. Nothing unaudited is ever read.

Suites are data in code: from the raw contracts, from the dbt models' meta, and by hand in the
domain's slice. Great Expectations evaluates them; `gate.validate` is the entry.
"""
