"""Airflow around the road: thin DAGs that call what the command line calls, and its processes."""
