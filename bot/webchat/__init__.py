"""The web chat's page: an existing chat component around our own log."""
