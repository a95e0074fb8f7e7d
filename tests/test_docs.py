"""The documentation hangs together: links lead somewhere, pictures are shown, both languages have each chapter.

What does not live here: whether it is true. The figures come from `make bench` and `make faults`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from injectors import FAULTS

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = sorted(
    page
    for folder in (ROOT, ROOT / "docs", ROOT / "benchmarks", ROOT / "tests")
    for page in (folder.rglob("*.md") if folder.name == "tests" else folder.glob("*.md"))
)


def _links(page: Path) -> list[str]:
    return [link for link in LINK.findall(page.read_text()) if "://" not in link]


def _anchors(page: Path) -> set[str]:
    """The names that GitHub gives to headings: lower case, signs dropped, blanks as dashes."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_page_leads_somewhere(page: Path) -> None:
    for link in _links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def test_every_picture_is_shown_and_small() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in _links(page)}
    pictures = {path for path in (ROOT / "docs").iterdir() if path.suffix in {".png", ".svg"}}
    assert pictures <= shown
    assert [path.name for path in pictures if path.stat().st_size > 200_000] == []


def test_every_chapter_is_there_in_both_languages_and_found_from_readme() -> None:
    english = {path.name for path in (ROOT / "docs").glob("*.md") if ".zh-CN" not in path.name}
    chinese = {path.name.replace(".zh-CN", "") for path in (ROOT / "docs").glob("*.zh-CN.md")}
    assert english == chinese
    assert {f"docs/{name}" for name in english} <= set(_links(ROOT / "README.md"))
    assert {f"docs/{name.replace('.md', '.zh-CN.md')}" for name in chinese} <= set(_links(ROOT / "README.zh-CN.md"))


def test_every_part_of_the_benchmarks_is_told() -> None:
    parts = re.search(r"^PARTS.*?^}", (ROOT / "benchmarks" / "bench.py").read_text(), re.DOTALL | re.MULTILINE)
    assert parts
    told = re.findall(r"^\| `(\w+)` \|", (ROOT / "benchmarks" / "README.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(re.findall(r'"(\w+)":', parts[0]))


def test_every_path_that_is_named_exists() -> None:
    pattern = re.compile(
        r"`((?:ccengine|tests|web|migrations|dialplan|asterisk-conf|benchmarks|ivr_prompts)/[\w./-]*)`"
    )
    named = {
        (page.name, path) for page in PAGES if page.name != "CHANGELOG.md" for path in pattern.findall(page.read_text())
    }
    assert named
    assert sorted((page, path) for page, path in named if not (ROOT / path).exists()) == []


def test_faults_are_as_many_as_is_told() -> None:
    pages = ("README.md", "README.zh-CN.md", "docs/faults.md", "docs/faults.zh-CN.md")
    told = [re.findall(r"in (\d+) ways|(\d+) 种方式", (ROOT / page).read_text()) for page in pages]
    assert {int(number) for found in told for pair in found for number in pair if number} == {len(FAULTS) + 1}, (
        "the rows of tests/faults/injectors.py, and the permutations"
    )
