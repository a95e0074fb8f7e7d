"""A wrong line is refused by name before anything is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccengine.assets import PROMPTS
from ccengine.ivr.spoken import spoken
from ccengine.prompts.catalogue import CatalogueError, load

HEAD = """
[voices]
zh = "zf"
en = "af"
[speeds]
zh = 1.0
en = 1.0
[piece_speeds]
zh = 1.0
en = 1.0
[prompts]
"""


def write(folder: Path, lines: str) -> Path:
    (folder / "catalogue.toml").write_text(HEAD + lines, encoding="utf-8")
    return folder


def test_load_gives_both_languages_and_the_pieces(tmp_path: Path) -> None:
    found = load(write(tmp_path, '"cc/a" = { zh = "您好。", en = "Hello." }'))
    paths = {line.path: line for line in found.lines}
    assert paths["zh/cc/a"].voice == "zf"
    assert paths["en/cc/a"].text == "Hello."
    assert found.ids("zh") >= set(spoken("zh").pieces())
    assert found.ids("en") >= set(spoken("en").pieces())


def test_load_speaks_a_marked_text_in_the_other_language(tmp_path: Path) -> None:
    found = load(write(tmp_path, '"cc/a" = { zh = "en:For English.", en = "zh:中文服务。" }'))
    line = next(line for line in found.lines if line.path == "zh/cc/a")
    assert (line.language, line.voice, line.text) == ("en", "af", "For English.")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('"cc/a" = { zh = "按1键。", en = "Press one." }', "zh/cc/a: '1'"),
        ('"cc/a" = { zh = "按一。", en = "Press 1." }', "en/cc/a: '1'"),
        ('"cc/a" = { zh = "按A键。", en = "Press a." }', "'A'"),
        ('"cc/a" = { zh = "按一。" }', "cc/a: no text in en"),
        ('"cc/a" = { zh = "按一。", en = "One.", fr = "Un." }', "unknown key fr"),
        ('"../a" = { zh = "按一。", en = "One." }', "an id is"),
        ('"cc/A" = { zh = "按一。", en = "One." }', "an id is"),
        ('"cc/n/1" = { zh = "按一。", en = "One." }', "listed twice"),
        ('"cc/a" = { zh = "。", en = "One." }', "no text"),
        ('"cc/a" = { zh = "按一。", en = "One." ', "catalogue.toml"),
    ],
)
def test_load_of_a_wrong_line_names_it(tmp_path: Path, line: str, reason: str) -> None:
    with pytest.raises(CatalogueError) as error:
        load(write(tmp_path, line))
    assert reason in str(error.value)


def test_shipped_catalogue_has_what_the_queue_and_say_ask_for() -> None:
    asked = {f"queue-{name}" for name in ("youarenext", "thereare", "callswaiting", "holdtime", "minute", "minutes")}
    asked |= {"queue-seconds", "queue-thankyou", "queue-reporthold", "queue-periodic-announce", "queue-quantity1"}
    asked |= {f"digits/{n}" for n in [*range(21), *range(30, 100, 10)]} | {"digits/hundred", "digits/thousand"}
    found = load(PROMPTS)
    assert asked | {"digits/wan", "digits/minus"} <= found.ids("zh")
    assert asked | {"digits/minus"} <= found.ids("en")
