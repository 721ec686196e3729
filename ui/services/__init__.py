"""What every front end shares: the open data directory, runs, jobs, settings and access."""
