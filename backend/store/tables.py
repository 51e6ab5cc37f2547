"""Every table of the backend: importing this module fills `backend.store.database.metadata`."""

from backend.store import accounts

__all__ = ["accounts"]
