"""Evidence tables: one row per study, each cell a verbatim span of title or abstract, or empty."""
