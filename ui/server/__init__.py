"""The HTTP and MCP server: native and OpenAI-compatible endpoints over one open assistant."""
