"""Measures a cold screening beside its floor: DuckDB merely parsing the same columns of the same files.

    python -m tests.bench [--patients 10000 50000] [--out bench-out] [--rounds 3] [--reference] [--memory-test]

Every measurement is a process of its own; floor and screening alternate, so that both meet the same machine.
Prints a table and writes bench-out/benchmarks.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TRIAL = "tacrolimus-ra"


def floor(folder: Path) -> dict[str, Any]:
    """Parse every column that the trial's views read, and keep nothing."""
    import duckdb

    from fhir_adapter.definitions import SearchPath, load_definitions
    from fhir_adapter.views import compile_view

    views = load_definitions(SearchPath(), None).views
    con = duckdb.connect()
    con.execute("SET threads = 2")
    started = time.perf_counter()
    rows = 0
    for name in sorted(views):  # every shipped view is one that the whole trial reads
        if not any(folder.glob(f"{name}.*.ndjson")):
            continue
        columns = compile_view(views[name]).scan_columns()
        files = str(folder / f"{name}.*.ndjson")
        found = con.execute(
            f"SELECT count(*), count(COLUMNS(*)) FROM read_json('{files}', format='newline_delimited', "
            f"columns={columns})"
        ).fetchall()
        rows += found[0][0]
    return {"seconds": time.perf_counter() - started, "resources": rows}


def screen(folder: Path, out: Path, engine: str, memory: str) -> dict[str, Any]:
    """The whole job: definitions, input, facts, scores, verdicts with evidence, files written."""
    from fhir_adapter.testing.hospital import AS_OF
    from fhir_adapter.workflows import ScreenRequest, screen

    started = time.perf_counter()
    request = ScreenRequest(
        input=folder, trial=TRIAL, out=out, site="example-hospital", as_of=AS_OF, engine=engine, memory=memory
    )
    summary = screen(request)
    return {"seconds": time.perf_counter() - started, "subjects": summary.subjects}


def child(arguments: list[str]) -> dict[str, Any]:
    """One measurement in a fresh process: wall from its start to its end, CPU and peak memory."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *arguments], check=True, capture_output=True, text=True
    )
    return {**json.loads(done.stdout.splitlines()[-1]), "wall": time.perf_counter() - started}


def measured(work: Any) -> None:
    """Run `work` and print what it took."""
    result = work()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    result |= {"cpu": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024}
    print(json.dumps(result))


def population(patients: int, out: Path) -> Path:
    """The generated hospital, made once."""
    from fhir_adapter.testing.hospital import write_bulk

    folder = out / f"hospital-{patients}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_bulk(folder / "ndjson", patients, seed=1)
        (folder / "done").touch()
    return folder / "ndjson"


def compare(patients: int, out: Path, rounds: int, memory: str) -> dict[str, Any]:
    """Floor and screening, in turns."""
    folder = population(patients, out)
    megabytes = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    floors, screens = [], []
    for _ in range(rounds):
        floors.append(child(["--child", "floor", str(folder)]))
        screens.append(child(["--child", "screen", str(folder), str(out / "screened"), "duckdb", memory]))
    middle = statistics.median
    seconds, least = middle(s["seconds"] for s in screens), middle(f["seconds"] for f in floors)
    return {
        "patients": patients,
        "resources": floors[0]["resources"],
        "megabytes": round(megabytes),
        "memory": memory,
        "floor_s": round(least, 2),
        "screen_s": round(seconds, 2),
        "ratio": round(seconds / least, 2),
        "patients_per_s": round(patients / seconds),
        "floor_cpu_s": round(middle(f["cpu"] for f in floors), 2),
        "screen_cpu_s": round(middle(s["cpu"] for s in screens), 2),
        "process_wall_s": round(middle(s["wall"] for s in screens), 2),
        "peak_mb": round(max(s["peak_mb"] for s in screens)),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, nargs="*", default=[10_000, 50_000])
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--low-memory", default="300MB")
    parser.add_argument(
        "--reference", action="store_true", help="also the reference engine, on the smallest population"
    )
    parser.add_argument("--child", nargs="*")
    given = parser.parse_args()
    if given.child:
        kind, folder, *rest = given.child
        if kind == "floor":
            measured(lambda: floor(Path(folder)))
        else:
            measured(lambda: screen(Path(folder), Path(rest[0]), rest[1], rest[2]))
        return
    rows = [compare(n, given.out, given.rounds, given.memory) for n in given.patients]
    rows.append(compare(max(given.patients), given.out, 1, given.low_memory))
    print(f"{platform.python_version()} {platform.machine()}, {len(rows)} rows")
    for row in rows:
        print("  ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    if given.reference:
        n = min(given.patients)
        took = child(
            [
                "--child",
                "screen",
                str(population(n, given.out)),
                str(given.out / "screened"),
                "reference",
                "1GB",
            ]
        )
        rows.append({"patients": n, "engine": "reference", **{k: round(v, 2) for k, v in took.items()}})
        print(rows[-1])
    (given.out / "benchmarks.json").write_text(json.dumps(rows, indent=2))


main()
