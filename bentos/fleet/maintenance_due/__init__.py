"""POST /v1/maintenance-due: when a vessel needs maintenance next."""
