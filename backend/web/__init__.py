"""The HTTP face: the /v1 API and the one-time pages."""
