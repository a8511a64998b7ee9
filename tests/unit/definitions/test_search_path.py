"""A user's folders come first, the shipped files last, file by file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fhir_adapter.definitions import SearchPath, find_file, list_trials, load_definitions, search_path
from fhir_adapter.errors import DefinitionError
from fhir_adapter.model.inputs import ConditionInput

Write = Callable[[str, str], None]


def test_file_of_the_user_replaces_the_shipped_one(write: Write, folder: Path) -> None:
    write("inputs/rheumatoid-arthritis.toml", 'kind = "condition"\ntitle = "Ours"\nvalue_set = "diabetes"\n')
    search = SearchPath([folder])
    read = load_definitions(search).inputs
    assert read["rheumatoid-arthritis"] == ConditionInput("rheumatoid-arthritis", "Ours", "diabetes")
    assert read.keys() == load_definitions(SearchPath()).inputs.keys()
    assert (
        find_file(search, "inputs/rheumatoid-arthritis.toml") == folder / "inputs/rheumatoid-arthritis.toml"
    )
    assert find_file(search, "inputs/platelets.toml") == find_file(SearchPath(), "inputs/platelets.toml")


def test_first_folder_of_several_wins(write: Write, folder: Path, tmp_path: Path) -> None:
    write("trials/a/trial.toml", "")
    theirs = tmp_path / "theirs"
    (theirs / "trials" / "a").mkdir(parents=True)
    (theirs / "trials" / "a" / "trial.toml").touch()
    (theirs / "trials" / "b").mkdir()
    assert find_file(SearchPath([theirs, folder]), "trials/a/trial.toml").is_relative_to(theirs)
    assert list_trials(SearchPath([theirs, folder])) == ("a", "tacrolimus-ra")


def test_half_a_trial_may_come_from_the_user(write: Write, folder: Path) -> None:
    write("trials/tacrolimus-ra/trial.toml", "")
    search = SearchPath([folder])
    assert find_file(search, "trials/tacrolimus-ra/trial.toml").is_relative_to(folder)
    assert not find_file(search, "trials/tacrolimus-ra/criteria.toml").is_relative_to(folder)


def test_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="nowhere: -: expected a folder of definitions"):
        load_definitions(SearchPath([tmp_path / "nowhere"]))


def test_file_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(DefinitionError, match=r"^inputs/x\.toml: -: expected a file of this name"):
        find_file(SearchPath(), "inputs/x.toml")


def test_hidden_files_are_not_definitions(write: Write, folder: Path) -> None:
    write("inputs/.#glucose.toml", "kind = [")  # an editor's lock file
    assert (
        load_definitions(SearchPath([folder])).inputs.keys() == load_definitions(SearchPath()).inputs.keys()
    )


def test_wheel_carries_its_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "_shipped" / "mappings"
    shipped.mkdir(parents=True)
    (shipped / "words.toml").touch()
    monkeypatch.setattr(search_path, "_PACKAGE", tmp_path)
    assert find_file(SearchPath(), "words.toml") == shipped / "words.toml"


def test_messages_do_not_say_where_the_shipped_files_lie() -> None:
    found = SearchPath().find("words.toml")
    assert found is not None
    assert found.shown == "mappings/words.toml"
