"""The HTTP and MCP server: its own and OpenAI-compatible endpoints on one shared assistant."""
