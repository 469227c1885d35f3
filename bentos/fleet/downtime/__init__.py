"""Times in which vessels cannot be used, told by whoever knows first."""
