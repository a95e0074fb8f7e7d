"""Makes the back office's fixtures known: see pages_site.py."""

from pages_site import engine, site

__all__ = ["engine", "site"]
