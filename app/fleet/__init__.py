"""Pages of the fleet domain: what each aircraft and yacht needs, and what is urgent."""
