"""The documentation names files, modules and commands that exist."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

import dualad

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = [path.parent.name for path in Path(dualad.__file__).parent.glob("*/__init__.py")]


def text(page):
    return page.read_text(encoding="utf-8")


def anchors(page):
    """The anchors that GitHub gives to headings."""
    for heading in re.findall(r"^#+ (.*)$", text(page), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def quoted(page):
    """What is written in backticks, outside of code blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if not target.startswith("https://"):
            name, _, anchor = target.partition("#")
            found = page.parent / name if name else page
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_and_commands_exist(page):
    targets = re.findall(r"^([\w-]+)%?:", text(ROOT / "Makefile"), re.MULTILINE)
    for words in quoted(page):
        path = re.match(r"(dualad|tests|docs|examples|benchmarks)/[\w/.-]*", words)
        if path:
            assert (ROOT / path[0]).exists(), words
        for command in re.findall(r"\bmake ([\w-]+)", words):
            assert any(command == one or (one[-1] == "-" and command.startswith(one)) for one in targets), (
                words
            )


def test_modules_of_the_design_exist():
    page = ROOT / "docs" / "design.md"
    names = re.findall(rf"\b(?:{'|'.join(PACKAGES)})(?:\.\w+)+", text(page))
    assert len(names) > 40
    for name in names:
        assert resolve_name(f"dualad.{name}")


def test_the_design_describes_every_package():
    described = text(ROOT / "docs" / "design.md")
    missing = [name for name in PACKAGES if f"`{name}`" not in described]
    assert missing == ["nist"]  # a demonstration
