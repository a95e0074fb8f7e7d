"""What a campaign's flow says, sentence by sentence with sample values, to be heard before it starts.

What does not live here: playing in the browser (backoffice), the flows themselves (ivr/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ccengine import assets
from ccengine.hotline.campaign import Flow
from ccengine.ivr.arrears import KEYS, sentence
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import Arrears
from ccengine.services.context import Actor
from ccengine.services.errors import NotFound
from ccengine.services.rights import require

_SAMPLE = Arrears(due=True, amount_fen=12850, months=3, due_on=date(2026, 11, 30))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One thing that is said: its name in the words on screen, and the prompts it is made of."""

    name: str
    prompts: tuple[str, ...]


def sentences(actor: Actor, flow: str, language: str = "zh") -> tuple[Sentence, ...]:
    """Return what a flow says in order. Errors: NotAllowed(campaigns.view), NotFound."""
    require(actor, "campaigns.view")
    say = spoken(language)
    tail = ("cc/campaign/account_tail", *say.digits("0123"))
    if flow == Flow.ARREARS:
        return (
            Sentence(name="hello", prompts=("cc/campaign/hello", *tail, "cc/campaign/is_it_you")),
            Sentence(name="arrears", prompts=sentence(language, _SAMPLE)),
            Sentence(name="keys", prompts=KEYS),
            Sentence(name="promise", prompts=("cc/campaign/promise_when",)),
            Sentence(
                name="promised", prompts=("cc/campaign/promised_by", *say.date(date(2026, 12, 3)), "cc/campaign/bye")
            ),
            Sentence(name="disputed", prompts=("cc/campaign/disputed",)),
            Sentence(name="no_more", prompts=("cc/campaign/no_more_done",)),
            Sentence(name="nothing_due", prompts=("cc/campaign/nothing_due",)),
        )
    if flow == Flow.SURVEY:
        return (
            Sentence(name="hello", prompts=("cc/campaign/hello", "cc/campaign/survey_may_we")),
            Sentence(name="grade", prompts=("cc/survey/ask",)),
            Sentence(name="thanks", prompts=("cc/survey/thanks",)),
        )
    raise NotFound("flow", flow)


def sound_files(actor: Actor, flow: str, number: int, language: str = "zh") -> list[Path]:
    """Return the A-law files of one sentence, in order. Errors: NotAllowed(campaigns.view), NotFound."""
    found = sentences(actor, flow, language)
    if not 0 <= number < len(found):
        raise NotFound("sentence", number)
    return [assets.PROMPTS / language / f"{name}.alaw" for name in found[number].prompts]
