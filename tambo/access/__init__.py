"""Who may do what: roles, the issuer's tokens that carry them, and the record of refusals.

Services and the feature server alike take it from here; nothing in here needs the lake or Feast.
"""
