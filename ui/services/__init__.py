"""Services shared by all front ends: the open data directory, runs, jobs, settings, access."""
