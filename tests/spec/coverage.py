"""Owns which clause of the decision table has a row: `python -m tests.spec.coverage` prints those without one.

The clauses stand in cells.toml; a row names the ones it tests.
"""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections import Counter
from pathlib import Path

from tests.spec.cases import Case

_HERE = Path(__file__).parent


def cells() -> dict[str, str]:
    """`E1.true.hbv-dna` or, of a rule, `14.tuberculosis`, each with its wording; those of `later` are left out."""
    tree = tomllib.loads((_HERE / "cells.toml").read_text(encoding="utf-8"))
    rules = tree.pop("rules")
    tree.pop("later", None)
    of_lines = {
        f"{line}.{answer}.{name}": wording
        for line, answers in tree.items()
        for answer, named in answers.items()
        for name, wording in named.items()
    }
    return of_lines | {
        f"{rule}.{name}": wording for rule, named in rules.items() for name, wording in named.items()
    }


def later() -> dict[str, str]:
    """Clauses that no engine answers yet."""
    tree = tomllib.loads((_HERE / "cells.toml").read_text(encoding="utf-8"))
    return {
        f"{line}.{name}": wording
        for line, named in tree.get("later", {}).items()
        for name, wording in named.items()
    }


def rows() -> list[Case]:
    """Every row of every table, and those that a test of their own screens."""
    names = sorted(path.stem for path in _HERE.glob("test_*.py") if path.stem != "test_coverage")
    modules = [importlib.import_module(f"tests.spec.{name}") for name in names]
    tables = [one for module in modules for one in getattr(module, "CASES", ())]
    alone = [value for module in modules for value in vars(module).values() if isinstance(value, Case)]
    return list({one.id: one for one in (*tables, *alone)}.values())


def tested() -> Counter[str]:
    """How many rows test each cell."""
    return Counter(cell for one in rows() for cell in one.cells)


def report() -> list[str]:
    """The cells without a row, then the sums."""
    known, found = cells(), tested()
    left = [f"no row: {cell}: {wording}" for cell, wording in known.items() if not found[cell]]
    unbuilt = [f"not answered yet: {cell}: {wording}" for cell, wording in later().items()]
    return [*left, *unbuilt, f"{len(known) - len(left)} of {len(known)} cells have a row; {len(rows())} rows"]


if __name__ == "__main__":
    sys.stdout.write("\n".join(report()) + "\n")
    sys.exit(1 if set(cells()) - set(tested()) else 0)
