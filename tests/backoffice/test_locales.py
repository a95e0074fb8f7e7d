"""The words on screen: both languages complete, every key that pages use exists, no sentence hides in a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from ccengine.assets import WEB
from ccengine.backoffice.campaigns.setup import RULES as CAMPAIGN_RULES
from ccengine.backoffice.languages import LANGUAGES, load_texts, pick_language
from ccengine.backoffice.render import PLACES
from ccengine.backoffice.supervisor.board_view import ALARMS
from ccengine.hotline.campaign import CampaignKind, CampaignMove, CampaignState, DropReason, Flow, TargetState
from ccengine.hotline.dial_result import Result
from ccengine.hotline.evidence import EvidenceKind, Phase
from ccengine.hotline.list_row import Refused
from ccengine.hotline.opening_rule import DEFAULTS as RULES
from ccengine.hotline.order_catalogue import FIELD_KINDS, CodeKind
from ccengine.hotline.order_moves import NAMES, SUSPEND_REASONS
from ccengine.hotline.outage import OutageKind
from ccengine.hotline.work_order import EXTRA_STAMPS, OrderStatus
from ccengine.records.call_events import _STEPS
from ccengine.services.agents import PAUSE_REASONS
from ccengine.services.rights import ROLES, rights_of
from ccengine.services.work_orders import PRIORITIES
from ccengine.values import Direction, EndedBy, Outcome

TEXTS = {name: load_texts(WEB / "locales" / name) for name in LANGUAGES}
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
SOURCES_OF_KEYS = [*TEMPLATES, *sorted((Path(__file__).parents[2] / "ccengine" / "backoffice").rglob("*.py"))]
_CALL = re.compile(r"""\b_\(\s*(?:f?"([^"{]+)"|'([^']+)')\s*([,)~])""")
_DEED = re.compile(r"""note\(ctx, uow, actor, "([a-z_.]+)\"""")
_CHINESE = re.compile(r"[\u3400-\u9fff]")

#: Closed lists that templates and pages look up by code.
CODES = {
    "campaign_kind": list(CampaignKind),
    "campaign_state": list(CampaignState),
    "campaign_move": list(CampaignMove),
    "campaign_flow": list(Flow),
    "campaign_rule": list(CAMPAIGN_RULES),
    "target_state": list(TargetState),
    "drop_reason": list(DropReason),
    "attempt_result": list(Result),
    "refusal": list(Refused),
    "import_error": ["unreadable", "too_many_rows", "interrupted"],
    "import_state": ["reading", "done", "failed"],
    "import_source": ["file", "customers", "api", "visits"],
    "order_status": [*OrderStatus, *EXTRA_STAMPS],
    "priority": PRIORITIES,
    "outcome": list(Outcome),
    "direction": list(Direction),
    "ended_by": list(EndedBy),
    "role": ROLES,
    "right": sorted(rights_of(frozenset(ROLES))),  # a new right needs its words in web/locales/*/rights.toml
    "pause_reason": list(PAUSE_REASONS),
    "outage_kind": list(OutageKind),
    "board_alarm": ALARMS,
    "outage_state": ["running", "soon", "later", "over", "withdrawn"],
    "agent_state": ["available", "ringing", "talking", "on_hold", "wrap_up", "paused", "signed_out", "unreachable"],
    "call_state": ["menu", "waiting", "ringing", "talking", "voice_message", "grading", "ending"],
    "order_event": [
        *("opened", "moved", "stamped", "noted", "changed", "attached", "detached"),
        *("evidence", "materials", "field_refused"),
        *("suspended", "resumed", "urged", "supervised", "joint", "merged", "visited", "joined"),
    ],
    "order_moves": list(NAMES),
    "suspend_reason": list(SUSPEND_REASONS),
    "order_resolution": ["not_needed", "merged"],
    "visit_status": ["pending", "asking", "done", "unreachable", "cancelled"],
    "visit_kind": ["phone", "message", "agent"],
    "evidence_phase": list(Phase),
    "evidence_kind": list(EvidenceKind),
    "codes_kind": list(CodeKind),
    "codes_field_kind": list(FIELD_KINDS),
    "rule": [*(rule.code for rule in RULES), "chosen"],
    "figure": ["offered", "answered", "abandoned", "served", "average_wait_seconds", "service_level_percent"],
    "orders_tab": [
        "open",
        "mine",
        "overdue",
        "all",
        "registered",
        "accepted",
        "dispatched",
        "acknowledged",
        "in_progress",
        "handled",
        "closed",
    ],
    "error": [f"http_{code}" for code in (400, 404, 405, 413)]
    + [
        f"heading_{name}"
        for name in ["sign_in", "not_allowed", "not_found", "conflict", "invalid", "unavailable", "other"]
    ],
    "timeline": [kind for kind, _ in _STEPS.values()]
    + ["arrived", "answered", "ringing", "not_taken", "talk_started", "talk_ended", "hold", "unhold", "ended"]
    + ["blind_transfer", "attended_transfer"],
    "timeline_detail": ["key", "extension", "cause", "account"],
    "unit": ["callers", "calls", "seconds", "percent"],
    "calls": ["silent_caller", "silent_agent", "silent_message"],
}


def test_both_languages_have_the_same_keys() -> None:
    assert set(TEXTS["zh_CN"]) == set(TEXTS["en"])


def test_both_languages_fill_the_same_places() -> None:
    for key, text in TEXTS["zh_CN"].items():
        places = [{field for _, field, _, _ in Formatter().parse(t) if field} for t in (text, TEXTS["en"][key])]
        assert places[0] == places[1], key


def test_no_text_is_empty() -> None:
    assert [key for texts in TEXTS.values() for key, text in texts.items() if not text.strip()] == []


def used_keys() -> Iterator[tuple[Path, str]]:
    for path in SOURCES_OF_KEYS:
        for match in _CALL.finditer(path.read_text("utf-8")):
            key = match[1] or match[2]
            if match[3] != "~" and not key.endswith((".", "_")):
                yield path, key


def test_each_key_that_is_used_exists() -> None:
    used = list(used_keys())
    assert len(used) > 200, "the pattern finds the keys"
    assert [f"{path.name}: {key}" for path, key in used if key not in TEXTS["zh_CN"]] == []


def test_each_flash_word_exists() -> None:
    words = {word for path in SOURCES_OF_KEYS for word in re.findall(r'"(done\.[a-z_]+)"', path.read_text("utf-8"))}
    assert words and words <= set(TEXTS["zh_CN"])


@pytest.mark.parametrize("prefix", sorted(CODES))
def test_each_code_of_a_closed_list_has_a_text(prefix: str) -> None:
    assert [code for code in CODES[prefix] if f"{prefix}.{code}" not in TEXTS["zh_CN"]] == []


def test_each_place_of_the_navigation_has_a_text() -> None:
    assert all(place.key in TEXTS["zh_CN"] for place in PLACES)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB / "templates")))
def test_templates_hold_no_chinese_and_nothing_inline(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not _CHINESE.search(text)
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_scripts_hold_no_chinese() -> None:
    for path in (WEB / "static").glob("*.js"):
        assert not _CHINESE.search(path.read_text("utf-8"))


@pytest.mark.parametrize(
    ("cookie", "accept", "expected"),
    [
        (None, "", "zh_CN"),
        ("en", "zh-CN", "en"),
        ("fr", "en-GB,en;q=0.8", "en"),
        (None, "fr-FR, zh-TW;q=0.5", "zh_CN"),
        (None, "fr", "zh_CN"),
    ],
)
def test_language_comes_from_the_cookie_then_the_browser_then_is_chinese(
    cookie: str | None, accept: str, expected: str
) -> None:
    assert pick_language(cookie, accept) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_deed_of_the_audit_log_has_a_word(language: str) -> None:
    services = sorted((Path(__file__).parents[2] / "ccengine" / "services").glob("*.py"))
    deeds = {one for path in services for one in _DEED.findall(path.read_text("utf-8"))}
    assert len(deeds) > 30
    assert sorted(one for one in deeds if f"audit_action.{one}" not in TEXTS[language]) == []
