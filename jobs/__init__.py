"""The command line for scheduled work: `python -m jobs`."""
