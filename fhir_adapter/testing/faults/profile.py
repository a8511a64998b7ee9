"""Owns fault profiles: what a TOML file may say, checked whole, and the list of those that are shipped.

A profile has a `text` (what it does, and where it was seen), a `[server]` table with fields of `Quirks`, and
`[[fault]]` tables: a `kind` with its own options, a table `when`, and one of `every`, `at`, `first`, `after` and
`probability`. Its name is the file's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from fhir_adapter.testing.faults.errors import FaultError
from fhir_adapter.testing.faults.interaction import WORDS
from fhir_adapter.testing.faults.kinds import KINDS, Choice, Kind
from fhir_adapter.testing.faults.rules import Fault, When, Which
from fhir_adapter.testing.server.quirks import Quirks

SHIPPED = Path(__file__).with_name("profiles")
ANYWHERE = "anywhere"
EMBEDDED = "the embedded server only"

_WHICH = ("every", "at", "first", "after", "probability")
_DEFAULT_QUIRKS: dict[str, Any] = {
    one.name: float(one.default) if one.type == "float" else one.default  # type: ignore[arg-type]
    for one in fields(Quirks)
}

_QUIRK_WORDS = {
    "conditional_create": ("atomic", "racy", "ignored", "refused"),
    "etag": ("weak", "strong", "none"),
    "requires_token": ("auto", "true", "false"),
    "transaction_time": ("start", "end"),
}


@dataclass(frozen=True)
class Profile:
    """A checked profile. `server` holds the quirks it sets: with any, only the embedded server can play it."""

    name: str
    text: str
    server: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def works_on(self) -> str:
        """ "anywhere" (also in front of a real server) or "the embedded server only"."""
        return EMBEDDED if self.server else ANYWHERE

    @property
    def needs_trap(self) -> bool:
        """Whether a kind wants another host's address."""
        return any(KINDS[fault.kind].needs_trap for fault in self.faults)


class Listed(NamedTuple):
    """A shipped profile, for a list."""

    name: str
    text: str
    works_on: str


def list_profiles() -> list[Listed]:
    """The shipped profiles by name."""
    loaded = (load_profile(path) for path in sorted(SHIPPED.glob("*.toml")))
    return [Listed(one.name, one.text, one.works_on) for one in loaded]


def load_profile(name_or_path: str | Path) -> Profile:
    """A shipped profile by name, or any file by its path; FaultError names the file and the key that is wrong."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SHIPPED / f"{name_or_path}.toml"
        if path.name != f"{name_or_path}.toml" or not path.is_file():
            raise FaultError(
                f"there is no fault profile {str(name_or_path)!r}: {_similar(str(name_or_path))}"
            )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FaultError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise FaultError(f"{path}: not TOML: {error}") from None
    return read_profile(path.stem, content, source=str(path))


def read_profile(name: str, content: Mapping[str, Any], source: str = "") -> Profile:
    """A profile from a table, as the file holds it; FaultError names `source` (default: the name) and the key."""
    where = source or name
    _known(content, ("text", "server", "fault"), where)
    text = _typed(content.get("text", ""), "", f"{where}: text")
    server = _quirks(_typed(content.get("server", {}), {}, f"{where}: [server]"), f"{where}: [server]")
    tables = _typed(content.get("fault", []), [], f"{where}: [[fault]]")
    faults = tuple(_fault(table, f"{where}: fault {number}") for number, table in enumerate(tables, 1))
    if not server and not faults:
        raise FaultError(f"{where}: neither a [server] table nor a [[fault]]: it would do nothing")
    return Profile(name, " ".join(text.split()), server, faults)


def _similar(name: str) -> str:
    names = [path.stem for path in sorted(SHIPPED.glob("*.toml"))]
    parts = [part for part in name.split("-") if part]
    near = [one for one in names if any(part in one for part in parts)]
    near = get_close_matches(name, near or names, n=3, cutoff=0.3) or near[:3]
    return f"perhaps {', '.join(near)}; `fhir-adapter harness profiles` lists all"


def _quirks(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    _known(table, [one.name for one in fields(Quirks)], where)
    quirks = {key: _typed(value, _DEFAULT_QUIRKS[key], f"{where} {key}") for key, value in table.items()}
    for key, words in _QUIRK_WORDS.items():
        if quirks.get(key, words[0]) not in words:
            raise FaultError(f"{where} {key}: {quirks[key]!r} is none of {', '.join(words)}")
    return quirks


def _fault(table: Any, where: str) -> Fault:
    if not isinstance(table, dict):
        raise FaultError(f"{where}: not a table")
    name = table.get("kind")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise FaultError(f"{where}: unknown kind {name!r}; known: {', '.join(sorted(KINDS))}")
    _known(table, ("kind", "when", *_WHICH, *kind.options), f"{where} ({kind.name})")
    when = _when(_typed(table.get("when", {}), {}, f"{where} when"), f"{where} when")
    return Fault(kind.name, when, _which(table, where), _options(kind, table, where))


def _options(kind: Kind, table: Mapping[str, Any], where: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, default in kind.options.items():
        at = f"{where} ({kind.name}) {name}"
        if isinstance(default, Choice):
            value = table.get(name, default.words[0])
            if value not in default.words:
                raise FaultError(f"{at}: {value!r} is none of {', '.join(default.words)}")
            options[name] = value
        else:
            options[name] = _typed(table.get(name, default), default, at)
    return options


def _when(table: Mapping[str, Any], where: str) -> When:
    known = [one.name for one in fields(When)]
    _known(table, known, where)
    values: dict[str, Any] = {}
    for key in ("path", "path_regex", "query", "header"):
        values[key] = _typed(table.get(key, ""), "", f"{where}.{key}")
    for key in ("interaction", "method"):
        values[key] = frozenset(_typed(table.get(key, []), [], f"{where}.{key}"))
    unknown = sorted(map(str, values["interaction"].difference(WORDS)))
    if unknown:
        raise FaultError(f"{where}.interaction: unknown {', '.join(unknown)}; known: {', '.join(WORDS)}")
    status = _typed(table.get("status", []), [], f"{where}.status")
    values["status"] = frozenset(_typed(one, 0, f"{where}.status") for one in status)
    return When(**values)


def _which(table: Mapping[str, Any], where: str) -> Which:
    given = [key for key in _WHICH if key in table]
    if not given:
        return Which()
    if len(given) > 1:
        raise FaultError(f"{where}: only one of {', '.join(given)} can say which requests are hit")
    key = given[0]
    value, at = table[key], f"{where} {key}"
    if key == "at":
        numbers = tuple(_positive(one, at) for one in _typed(value, [], at))
        if not numbers:
            raise FaultError(f"{at}: no number")
        return Which(at=numbers)
    if key == "probability":
        chance = _typed(value, 0.0, at)
        if not 0 <= chance <= 1:
            raise FaultError(f"{at}: {value!r} is not between 0 and 1")
        return Which(probability=float(chance))
    number = _positive(value, at)
    if key == "every":
        return Which(every=number)
    return Which(first=number) if key == "first" else Which(after=number)


def _positive(value: Any, where: str) -> int:
    number: int = _typed(value, 0, where)
    if number < 1:
        raise FaultError(f"{where}: {value!r} is not a number from 1")
    return number


def _known(table: Mapping[str, Any], keys: Any, where: str) -> None:
    unknown = [key for key in table if key not in tuple(keys)]
    if unknown:
        raise FaultError(f"{where}: unknown key {', '.join(unknown)}; known: {', '.join(keys)}")


def _typed(value: Any, default: Any, where: str) -> Any:
    """The value, if it is of the default's type; whole numbers may stand for others, a list for a tuple."""
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    wanted = (int, float) if isinstance(default, float) else (type(default),)
    if isinstance(value, bool) is not isinstance(default, bool) or not isinstance(value, wanted):
        raise FaultError(f"{where}: {value!r} is not of type {type(default).__name__}")
    return value
