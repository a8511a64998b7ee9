"""Owns where definition files are found: a user's folders first, the shipped ones last, file by file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fhir_adapter.errors import DefinitionError

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class FoundFile:
    """A definition file: `shown` is how messages name it, `relative` its place under any mappings folder."""

    path: Path
    shown: str
    relative: str


class SearchPath:
    """Folders laid out like `mappings/`; an earlier folder's file replaces a later one of the same path."""

    def __init__(self, extra: Sequence[Path] = ()) -> None:
        self.extra = tuple(Path(folder) for folder in extra)

    def find(self, relative: str) -> FoundFile | None:
        """The first file of that relative path, or None."""
        for root, shown in self._roots():
            path = root / relative
            if path.is_file():
                return FoundFile(path, f"{shown}/{relative}", relative)
        return None

    def files(self, folder: str, suffix: str) -> tuple[FoundFile, ...]:
        """The files of a folder with that suffix, sorted by name, each from the first root that holds it."""
        found: dict[str, FoundFile] = {}
        for root, shown in self._roots():
            for path in (root / folder).iterdir() if (root / folder).is_dir() else ():
                name = path.name
                if path.suffix == suffix and name[0] != "." and name not in found and path.is_file():
                    found[name] = FoundFile(path, f"{shown}/{folder}/{name}", f"{folder}/{name}")
        return tuple(found[name] for name in sorted(found))

    def folders(self, folder: str, holding: str) -> tuple[str, ...]:
        """Names of the subfolders that hold a file of that name in any root, sorted."""
        return tuple(
            sorted(
                {
                    path.parent.name
                    for root, _ in self._roots()
                    for path in (root / folder).glob(f"*/{holding}")
                    if path.is_file()
                }
            )
        )

    def check(self) -> None:
        """Raise if a user's folder does not exist: a typing error would silently leave the shipped files."""
        missing = [folder.as_posix() for folder in self.extra if not folder.is_dir()]
        if missing:
            raise DefinitionError(
                "\n".join(f"{folder}: -: expected a folder of definitions" for folder in missing)
            )

    def _roots(self) -> tuple[tuple[Path, str], ...]:
        # The shipped folder is named without its place on this machine: messages are pasted into tickets.
        return (*((folder, folder.as_posix()) for folder in self.extra), (_shipped(), "mappings"))


def _shipped() -> Path:
    """The mappings inside the wheel, else the repository's."""
    in_wheel = _PACKAGE / "_shipped" / "mappings"
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / "mappings"


def find_file(search: SearchPath, relative: str) -> Path:
    """Where a definition file really lies, for people who ask which one was used."""
    found = search.find(relative)
    if found is None:
        raise DefinitionError(f"{relative}: -: expected a file of this name on the search path")
    return found.path


def list_trials(search: SearchPath) -> tuple[str, ...]:
    """Ids of the trials on the search path, sorted."""
    return search.folders("trials", "trial.toml")


def list_sites(search: SearchPath) -> tuple[str, ...]:
    """Ids of the sites on the search path, sorted."""
    return search.folders("sites", "site.toml")
