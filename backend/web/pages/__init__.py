"""Pages for browsers: the one-time password page, "it wasn't me", and captured mail."""

from backend.web.pages.captured import add_captured_mail
from backend.web.pages.routes import add_pages
from backend.web.pages.settings import PageSettings

__all__ = ["PageSettings", "add_captured_mail", "add_pages"]
