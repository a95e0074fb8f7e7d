"""What an engine finds on its own machine, for the configuration inventory: itself, the PBX, Python, the host.

What does not live here: comparing it with what is written (services/inventory.py).
"""

from __future__ import annotations

import platform
from collections.abc import Iterator

from ccengine import __version__
from ccengine.asterisk.pbx_program import PbxError, find_program
from ccengine.config import Settings
from ccengine.hotline.inventory import Found


def look(settings: Settings) -> tuple[Found, ...]:
    """Return what is there; what cannot be asked is left out. It runs a program: not in the event loop."""
    node = settings.site.node
    return tuple(
        Found(key=f"{node}/{key}", kind=kind, name=f"{name} ({node})", version=version)
        for key, kind, name, version in _things(settings)
    )


def _things(settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    yield "engine", "software", "ccengine", __version__
    yield "python", "software", "Python", platform.python_version()
    yield "host", "server", platform.node() or "host", _system()
    try:
        yield "pbx", "pbx", "Asterisk", find_program(settings).version
    except PbxError:
        return  # the PBX is on another machine; the doctor says the rest


def _system() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    return f"{name or platform.system()}, {platform.release()}"[:100]
