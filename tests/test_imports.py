"""Imports go one way (docs/design.md "Rooms"): a picture that is checked is a picture that stays true."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "ccengine"

#: room -> rooms of ours it may import. A room may always import itself.
EVERYWHERE = {"values", "config", "clock", "assets", "strict_json", "rows", "__version__"}
ALLOWED: dict[str, set[str]] = {
    "values": set(),
    "outcome": {"values"},
    "hearing": set(),
    "channels": set(),
    "calls": {"values", "outcome", "hearing", "channels"},
    "records": {"values", "outcome", "hearing", "channels"},
    "hotline": {"values"},
    "ivr": {"values"},
    "early_media": {"values"},
    "rows": {"values", "hotline"},
    "store_port": {"values", "hotline", "records", "rows"},
    "ports": {"values", "rows", "calls", "records", "hotline", "ivr", "config", "clock"},
    "services": EVERYWHERE | {"ports", "store_port", "calls", "records", "hotline", "ivr"},
    "asterisk": EVERYWHERE | {"ports", "store_port", "calls", "records", "hotline", "ivr", "logs"},
    "store": EVERYWHERE | {"ports", "store_port", "calls", "records", "hotline", "ivr", "services", "logs"},
    "engine": EVERYWHERE
    | {"ports", "store_port", "services", "calls", "records", "hotline", "ivr", "asterisk", "early_media", "logs"},
    "backoffice": EVERYWHERE | {"ports", "store_port", "services", "calls", "records", "hotline", "logs"},
    "evidence": EVERYWHERE | {"ports", "hotline"},
    "prompts": EVERYWHERE | {"ivr", "logs"},
    "early_media_lab": EVERYWHERE | {"early_media", "prompts"},
}
PURE = {"values", "outcome", "hearing", "channels", "calls", "records", "hotline", "ivr", "early_media"}
IMPURE_MODULES = {
    "asyncio",
    "socket",
    "time",
    "os",
    "pathlib",
    "sqlite3",
    "sqlalchemy",
    "aiohttp",
    "random",
    "subprocess",
    "pydantic",
}


def _imports(path: Path) -> list[str]:
    """Return the dotted names a file imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def _files(room: str) -> list[Path]:
    folder = PACKAGE / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{room}.py"]


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_room_imports_only_the_rooms_below_it(room: str) -> None:
    wrong = []
    for path in _files(room):
        for name in _imports(path):
            target = name.split(".")[1] if name.startswith("ccengine.") else None
            if target and target != room and target not in ALLOWED[room]:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert wrong == []


@pytest.mark.parametrize("room", sorted(PURE))
def test_pure_room_reads_no_clock_no_file_no_socket_no_database(room: str) -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in _files(room)
        for name in _imports(path)
        if name.split(".")[0] in IMPURE_MODULES
    ]
    calls = [
        f"{path.relative_to(PACKAGE)} calls {attr}"
        for path in _files(room)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and (attr := node.attr) in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert wrong + calls == []


def test_prescribed_libraries_stay_in_their_rooms() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        for name in _imports(path):
            if name.split(".")[0] == "panoramisk" and "asterisk/ami" not in path.as_posix():
                wrong.append(f"{path.relative_to(PACKAGE)} imports {name}")
            if name.split(".")[0] == "asterisk":
                wrong.append(f"{path.relative_to(PACKAGE)} imports pyst2 (only dialplan/fallback.agi may)")
    assert wrong == []
