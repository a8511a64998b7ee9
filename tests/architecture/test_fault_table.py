"""docs/harness.md lists the fault profiles that there are.

`make readme` (this file, run as a program) writes the table again.
"""

from __future__ import annotations

from pathlib import Path

from fhir_adapter.testing.faults.profile import list_profiles

PAGE = Path(__file__).resolve().parents[2] / "docs" / "harness.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"


def table() -> str:
    """A row per profile."""
    rows = ["| profile | works | what it does |", "|---|---|---|"]
    rows += [
        f"| `{one.name}` | {'anywhere' if one.works_on == 'anywhere' else 'embedded'} | {' '.join(one.text.split())} |"
        for one in list_profiles()
    ]
    return "\n".join(rows)


def parts() -> tuple[str, str, str]:
    """Before, between and after the markers."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    between, _, after = rest.partition(END)
    return before, between.strip("\n"), after


def test_the_page_lists_the_profiles() -> None:
    assert parts()[1] == table(), "make readme writes it again"


if __name__ == "__main__":
    before, _, after = parts()
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")
