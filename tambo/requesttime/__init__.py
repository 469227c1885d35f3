"""Request-time features: plain functions by domain, the same for Feast and for the services."""
