"""The `/v1` API: a table of routes, signed, idempotent, described by OpenAPI."""
