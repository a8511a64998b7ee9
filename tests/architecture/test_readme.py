"""README.md promises only what is there: its commands run, its links lead somewhere, its table is the trial's.

`make readme` (this file, run as a program) writes the table again.
"""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, load_definitions, load_trial
from fhir_adapter.model.criteria import Condition, Line, Verb

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
BEGIN, END = "<!-- lines of tacrolimus-ra: begin -->", "<!-- lines of tacrolimus-ra: end -->"
WIDTH = 72
NO_FILE = {
    Verb.AGE: ("birthDate",),
    Verb.GENDER: ("gender",),
    Verb.LIST_KEPT: ("the medication list",),
    Verb.ON_STUDY: ("ResearchSubject",),
    Verb.ALL: (),
    Verb.ANY: (),
}


def generated_table() -> str:
    """One row per protocol line: what it says, what it reads, whether it is built."""
    trial = load_trial(SearchPath(), "tacrolimus-ra", load_definitions(SearchPath()))
    rows = ["| line | kind | the protocol says | built | reads |", "|---|---|---|---|---|"]
    rows += [
        f"| {line.id} | {line.kind} | {_shortened(line.text)} | {'yes' if line.built else 'not yet'} | {_reads(line)} |"
        for line in trial.lines
    ]
    return "\n".join(rows)


def _shortened(text: str) -> str:
    words = " ".join(text.split()).replace("|", "\\|")
    return words if len(words) <= WIDTH else words[: WIDTH - 1].rsplit(" ", 1)[0] + " …"


def _reads(line: Line) -> str:
    if not line.built:
        return ""
    return ", ".join(dict.fromkeys(name for one in line.conditions() for name in _read_by(one)))


def _read_by(condition: Condition) -> tuple[str, ...]:
    """Inputs as `code`, the rest in plain words; `all` and `any` read what they join, which stands beside them."""
    if condition.verb in NO_FILE:
        return NO_FILE[condition.verb]
    named = (condition.input, condition.score, condition.unless, *condition.after)
    return tuple(f"`{name}`" for name in named if name)


def parts(text: str) -> tuple[str, str, str]:
    """What stands before, between and after the two markers."""
    before, _, rest = text.partition(BEGIN)
    between, _, after = rest.partition(END)
    return before, between.strip("\n"), after


def readme() -> str:
    return README.read_text(encoding="utf-8")


def code_lines(text: str) -> list[str]:
    """Lines of fenced blocks and inline code."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines()] + re.findall(
        r"`([^`\n]+)`", prose
    )


def commands() -> Iterator[list[str]]:
    for line in code_lines(readme()):
        words = shlex.split(line, comments=True)
        if words and Path(words[0]).name == "fhir-adapter" and len(words) > 1:
            yield words[1:]


def help_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command's --help prints."""
    state = random.getstate()  # rich draws from the generator that everybody shares, when imported too
    try:
        from fhir_adapter.cli.main import main

        assert main([*words, "--help"], {"COLUMNS": "200"}) == 0
    finally:
        random.setstate(state)
    return capsys.readouterr().out


def test_table_is_the_trials() -> None:
    assert parts(readme())[1] == generated_table(), "make readme writes it again"


def test_every_make_target_exists() -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = {word for line in code_lines(readme()) for word in re.findall(r"^make ([a-z]+)", line)}
    assert {"demo", "test", "conformance"} <= named <= targets


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_and_option_exists(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(words[:2] if words[0] in ("map", "harness") else words[:1], capsys)
    for option in (word.partition("=")[0] for word in words if word.startswith("--")):
        assert re.search(rf"{option}\b", shown), option


def test_readme_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    there = set(re.findall(r"^│ ([a-z]+) ", help_of([], capsys), re.MULTILINE))
    assert there >= {"screen", "list", "show", "explain"}
    assert {words[0] for words in commands()} >= there


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "GLOSSARY.md", "docs/roadmap.md"])
def test_every_link_leads_to_a_file(name: str) -> None:
    page = REPOSITORY / name
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_glossary_is_short_enough_to_be_read() -> None:
    words = re.findall(
        r"^\*\*(.+?)\*\*", (REPOSITORY / "GLOSSARY.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert 0 < len(words) <= 25
    assert words == sorted(words, key=str.casefold)


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [path.name[:3] for path in sorted((REPOSITORY / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{number:03}" for number in range(1, len(numbers) + 1)]


if __name__ == "__main__":
    before, _, after = parts(readme())
    README.write_text(f"{before}{BEGIN}\n{generated_table()}\n{END}{after}", encoding="utf-8")
