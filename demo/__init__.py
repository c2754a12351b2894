"""A week of the marketplace, played on this machine through the public doors only."""
