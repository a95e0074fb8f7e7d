"""JSON API under /api/v1: one table of endpoints, answers and bodies as pydantic models; rules live in services."""

from ccengine.backoffice.api.routes import setup_api

__all__ = ["setup_api"]
