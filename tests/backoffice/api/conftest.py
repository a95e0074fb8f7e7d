"""Makes the fixture `api` of api_peer.py known."""

from api_peer import api

__all__ = ["api"]
