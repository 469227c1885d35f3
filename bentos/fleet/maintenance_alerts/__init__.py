"""POST /v1/maintenance-alerts: which vessels need attention, the most urgent first."""
