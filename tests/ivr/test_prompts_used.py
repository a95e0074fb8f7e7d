"""Every prompt that a flow or the menu can play exists in both languages; nobody waits long for a person."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
from playbook import Playbook, shipped_menu

from ccengine import ivr
from ccengine.assets import PROMPTS
from ccengine.asterisk.agi.prompt_lengths import PromptLengths
from ccengine.engine.agi_menu import known_prompts
from ccengine.hotline.outage import DISTRICTS, OutageKind
from ccengine.hotline.work_order import OrderStatus
from ccengine.ivr.main_menu import hotline

CATALOGUE = tomllib.loads((PROMPTS / "catalogue.toml").read_text(encoding="utf-8"))
PROMPT = re.compile(r"^cc/[a-z_/]+[a-z0-9_]$")


def _in_flows() -> set[str]:
    found = set()
    for path in Path(ivr.__path__[0]).glob("*.py"):
        if not path.name.startswith("spoken"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and PROMPT.match(node.value):
                    found.add(node.value)
    return found


def _used() -> set[str]:
    menu = shipped_menu()
    used = _in_flows() | {f"cc/press/{key}" for key in "123456789"} | {"cc/pause/short"}
    used |= {f"cc/area/{code}" for code in DISTRICTS} | {f"cc/outage/type/{kind.value}" for kind in OutageKind}
    used |= {f"cc/order_state/{state.value}" for state in OrderStatus}
    for node in menu.menus.values():
        used |= {*node.greeting, *node.prompts(again=False)}
    for desk in menu.desks.values():
        used |= {*desk.announce, *desk.closed}
    return used


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_prompt_used_has_a_text(language: str) -> None:
    assert len(_in_flows()) > 30
    texts = {name for name, text in CATALOGUE["prompts"].items() if text.get(language)} | set(CATALOGUE["tones"])
    assert sorted(_used() - texts) == []
    assert known_prompts() >= _used()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("ending", [".alaw", ".g722"])
def test_every_prompt_used_was_built(language: str, ending: str) -> None:
    missing = [name for name in sorted(_used()) if not (PROMPTS / language / f"{name}{ending}").is_file()]
    assert missing == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("keys", [["", ""], ["7", "7"], ["", "7"], ["7", ""]])
def test_person_within_35_seconds_when_nothing_or_nonsense_is_pressed(language: str, keys: list[str]) -> None:
    """The latest the queue can begin: each prompt to its end, each wait to its end, and the recording notice."""
    book = Playbook(list(keys))
    book.run(hotline(shipped_menu()))
    lengths = PromptLengths(PROMPTS)
    waits = sum(ask.timeout_seconds for ask in book.asks)
    seconds = lengths(language, *book.heard, "cc/recording/notice") + waits
    assert seconds <= 34.5, f"{seconds:.1f} s"
