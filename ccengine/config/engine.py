"""The engine: who holds its role, how it looks after its own truth, its one internal door.

What does not live here: what it asks of the PBX (pbx).
"""

from __future__ import annotations

from pydantic import Field

from ccengine.config.section import Seconds, Section


class Engine(Section):
    """How engines on one PBX and one database keep out of each other's way (docs/truth.md)."""

    lease_seconds: Seconds = 5  # a silent engine's role goes to the next after this
    renew_seconds: Seconds = 1.5  # how often the role is renewed
    look_seconds: Seconds = 0.5  # how often a waiting engine looks
    standby: bool = True  # a second engine waits for the role; false: it refuses to start


class Truth(Section):
    """How the product looks after its own truth: comparisons, a call placed by itself, an alarm when none comes."""

    every_seconds: Seconds = 60  # between comparisons of the last minutes
    minutes: float = Field(default=5, gt=1, le=60)  # how far each looks back
    probe_seconds: float = Field(default=60, ge=0, le=86400)  # between calls that the engine places by itself; 0: none
    probe_deadline_seconds: Seconds = 8
    silence_minutes: float = Field(default=20, ge=0)  # without a call, where past weeks had some; 0: no alarm


class Door(Section):
    """The engine's one internal door: a Unix socket, or TLS with a token from `token_file`."""

    socket: str = ""  # empty: engine.sock in the state folder
    url: str = ""  # https://host:port for a back office on another machine
    token_file: str = ""
    listen: str = ""  # host:port on which the engine also listens, with TLS, for such a back office
    tls_certificate: str = ""  # of the engine's listener
    tls_key: str = ""
    tls_ca: str = ""  # what the back office trusts; empty: the system's authorities
    connect_seconds: Seconds = 2
    command_seconds: Seconds = 5
    heartbeat_seconds: Seconds = 5
