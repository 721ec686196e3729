"""Evidence into drafts of claims."""
