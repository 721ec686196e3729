"""`/docs`: the API reference as one page of plain HTML without scripts or remote content."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;"
    "margin:2rem auto;padding:0 1rem}code{font-size:.9em}h2{margin-top:2rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;"
    "border-bottom:1px solid #8886}"
)


def reference_page(openapi: dict[str, Any]) -> str:
    """Render an OpenAPI description as HTML."""
    about = openapi["info"]
    schemas = openapi.get("components", {}).get("schemas", {})
    parts = [
        f"<h1>{escape(about['title'])} {escape(about['version'])}</h1>",
        f"<p>{escape(about['description'])}</p>",
        '<p>For programs: <a href="/openapi.json">openapi.json</a>. MCP: <code>/mcp</code>.</p>',
    ]
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            parts += _operation(method, path, operation, schemas)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Medcite API</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _operation(
    method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]
) -> Iterator[str]:
    yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if reference := body.get("schema", {}).get("$ref"):
        yield from _fields(reference.rsplit("/", 1)[-1], schemas, set())
    yield "<table>"
    for status, response in operation.get("responses", {}).items():
        description = escape(response.get("description", ""))
        yield f"<tr><td>{escape(status)}</td><td>{description}</td></tr>"
    yield "</table>"


def _fields(name: str, schemas: dict[str, Any], done: set[str]) -> Iterator[str]:
    """Render the fields of a schema, then those of the schemas it refers to."""
    if name in done:
        return
    done.add(name)
    schema, inner = schemas.get(name, {}), []
    yield f"<h3>{escape(name)}</h3><table>"
    for field, about in schema.get("properties", {}).items():
        needed = "" if field in schema.get("required", ()) else " (optional)"
        description = about.get("description", "")
        yield f"<tr><td><code>{escape(field)}</code>{needed}</td><td>{escape(_kind(about))}"
        yield f"</td><td>{escape(description)}</td></tr>"
        inner += _references(about)
    yield "</table>"
    for reference in inner:
        yield from _fields(reference, schemas, done)


def _kind(about: dict[str, Any]) -> str:
    if "$ref" in about:
        return str(about["$ref"]).rsplit("/", 1)[-1]
    if options := about.get("anyOf"):
        return " or ".join(dict.fromkeys(map(_kind, options)))
    if about.get("type") == "array":
        return f"list of {_kind(about.get('items', {}))}"
    return str(about.get("type", "any"))


def _references(about: object) -> list[str]:
    if isinstance(about, dict):
        own = [str(about["$ref"]).rsplit("/", 1)[-1]] if "$ref" in about else []
        return own + [name for value in about.values() for name in _references(value)]
    if isinstance(about, list):
        return [name for value in about for name in _references(value)]
    return []
