"""Evidence tables: a row a study, each cell a verbatim span of title or abstract, or empty."""
