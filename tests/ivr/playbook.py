"""Runs a flow against a list of answers and keeps what it did: a caller on paper.

What does not live here: any expectation, any sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ccengine.assets import PROMPTS
from ccengine.engine.agi_menu import load_menu
from ccengine.ivr.menu import Menu
from ccengine.ivr.steps import (
    Answer,
    Ask,
    Finish,
    Flow,
    Found,
    Journal,
    Keys,
    Lookup,
    LookupKind,
    NotAvailable,
    Play,
    Record,
    Recorded,
    SetLanguage,
)


def shipped_menu() -> Menu:
    """Return the menu that is shipped."""
    return load_menu(PROMPTS / "menu.toml")


@dataclass
class Playbook:
    """`keys` answer one Ask each ("" is silence, a trailing "#" the ending key); `known` answers look-ups,
    `recordings` what is asked to be recorded."""

    keys: list[str]
    known: Mapping[LookupKind, object] = field(default_factory=dict)
    prompts: list[tuple[str, ...]] = field(default_factory=list)
    events: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    lookups: list[tuple[LookupKind, dict[str, str]]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    recordings: list[Recorded] = field(default_factory=list)

    def run(self, flow: Flow) -> Finish:
        """Play the flow to its end."""
        answer: Answer = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as end:
                finish = end.value
                assert isinstance(finish, Finish)
                return finish
            answer = None
            match step:
                case Play():
                    self.prompts.append(step.prompts)
                case Ask():
                    self.prompts.append(step.prompts)
                    self.asks.append(step)
                    answer = self._keys(step)
                case Record():
                    answer = self.recordings.pop(0)
                case SetLanguage():
                    self.languages.append(step.language)
                case Journal():
                    self.events.append((step.type, dict(step.fields)))
                case Lookup():
                    self.lookups.append((step.kind, dict(step.args)))
                    value = self.known.get(step.kind, NotAvailable("not in this playbook"))
                    answer = value if isinstance(value, NotAvailable) else Found(value)

    @property
    def heard(self) -> list[str]:
        """Every prompt, in order."""
        return [prompt for prompts in self.prompts for prompt in prompts]

    def _keys(self, step: Ask) -> Keys:
        if step.prompts == ("cc/wait/lookup",):
            return Keys("#")
        if step.timeout_seconds == 0:  # nobody interrupts an answer unless the test says so by "!<key>"
            if self.keys and self.keys[0].startswith("!"):
                return Keys(self.keys.pop(0)[1:])
            return Keys()
        pressed = self.keys.pop(0)
        if step.terminator and pressed.endswith(step.terminator):
            return Keys(pressed[:-1], ended=True)
        return Keys(pressed)
