"""The menu file on disk: read at the start, read again when it was changed; a wrong change keeps the old menu.

What does not live here: what is right or wrong in it (ivr/menu_file.py).
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import structlog

from ccengine import assets
from ccengine.config import Settings
from ccengine.ivr.menu import Menu
from ccengine.ivr.menu_file import MenuError, parse_menu

_log = structlog.get_logger(__name__)


class MenuSource:
    """The menu as it stands in the file now. Raises MenuError or OSError when the first reading fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = self._stamp_now()
        self._menu = load_menu(path)

    def current(self) -> Menu:
        """Return the newest menu that was right."""
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._menu = load_menu(self._path)
                _log.info("menu read again", file=str(self._path))
            except (ValueError, OSError) as error:  # MenuError is one; a catalogue that is just being edited another
                _log.error("menu file refused, the old menu stays", reason=str(error))
        return self._menu

    def _stamp_now(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except OSError:
            return (0, 0)
        return (status.st_mtime_ns, status.st_size)


def menu_path(settings: Settings) -> Path:
    """Return the site's menu file, or the shipped one."""
    return Path(settings.agi.menu_file) if settings.agi.menu_file else assets.PROMPTS / "menu.toml"


def load_menu(path: Path) -> Menu:
    """Read and check a menu file. Raises MenuError (file, line, reason) and OSError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OSError(error.errno, f"agi.menu_file: {error.strerror}", str(path)) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise MenuError(path.name, line, "文件不是 UTF-8 编码", "the file is not UTF-8") from None
    return parse_menu(text, path.name, known_prompts())


def known_prompts() -> frozenset[str]:
    """Return the ids of every prompt the catalogue lists."""
    catalogue = tomllib.loads((assets.PROMPTS / "catalogue.toml").read_text(encoding="utf-8"))
    return frozenset(catalogue["prompts"]) | frozenset(catalogue["tones"])
