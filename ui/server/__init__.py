"""The HTTP and MCP server: native and OpenAI-compatible endpoints on one shared assistant."""
