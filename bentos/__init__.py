"""Deployable services, one a domain, and what builds, starts and calls them."""
