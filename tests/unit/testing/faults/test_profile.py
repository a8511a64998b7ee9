"""A profile is checked whole when it is read: what is wrong is named with its file and its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fhir_adapter.testing.faults.errors import FaultError
from fhir_adapter.testing.faults.kinds import KINDS
from fhir_adapter.testing.faults.profile import SHIPPED, list_profiles, load_profile, read_profile

WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("nothing", {"text": "x"}, "it would do nothing"),
    ("unknown top", {"servers": {}}, "this: unknown key servers"),
    ("unknown quirk", {"server": {"etags": "none"}}, r"this: \[server\]: unknown key etags"),
    ("quirk type", {"server": {"update_create": "no"}}, r"\[server\] update_create: 'no' is not of type bool"),
    ("quirk word", {"server": {"etag": "non"}}, r"\[server\] etag: 'non' is none of weak, strong, none"),
    ("quirk number", {"server": {"max_count": 1.5}}, "max_count: 1.5 is not of type int"),
    ("no kind", {"fault": [{}]}, "fault 1: unknown kind None"),
    ("unknown kind", {"fault": [{"kind": "drop"}, {"kind": "dorp"}]}, "fault 2: unknown kind 'dorp'"),
    ("unknown option", {"fault": [{"kind": "drop", "comit": "x"}]}, r"fault 1 \(drop\): unknown key comit"),
    ("choice", {"fault": [{"kind": "drop", "commit": "x"}]}, r"commit: 'x' is none of before, after"),
    ("option type", {"fault": [{"kind": "error", "status": "500"}]}, "status: '500' is not of type int"),
    ("bool for number", {"fault": [{"kind": "error", "status": True}]}, "status: True is not of type int"),
    ("two whiches", {"fault": [{"kind": "drop", "every": 2, "first": 1}]}, "only one of every, first"),
    ("zero", {"fault": [{"kind": "drop", "every": 0}]}, "every: 0 is not a number from 1"),
    ("no index", {"fault": [{"kind": "drop", "at": []}]}, "at: no number"),
    ("chance", {"fault": [{"kind": "drop", "probability": 2.0}]}, "2.0 is not between 0 and 1"),
    ("unknown when", {"fault": [{"kind": "drop", "when": {"verb": 1}}]}, "fault 1 when: unknown key verb"),
    ("unknown word", {"fault": [{"kind": "drop", "when": {"interaction": ["wirte"]}}]}, "unknown wirte"),
    ("word not a list", {"fault": [{"kind": "drop", "when": {"interaction": "write"}}]}, "not of type list"),
    ("status not a number", {"fault": [{"kind": "status", "when": {"status": ["4xx"]}}]}, "when.status: '4xx'"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "message"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_what_is_wrong_is_named(content: dict[str, Any], message: str) -> None:
    with pytest.raises(FaultError, match=message):
        read_profile("this", content)


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[fault]]\nkind = "drop"\nwhne = {}\n', encoding="utf-8")
    with pytest.raises(FaultError, match=r"mine\.toml: fault 1 \(drop\): unknown key whne"):
        load_profile(path)
    path.write_text("[[fault", encoding="utf-8")
    with pytest.raises(FaultError, match=r"mine\.toml: not TOML"):
        load_profile(path)
    with pytest.raises(FaultError, match="cannot be read"):
        load_profile(tmp_path / "absent.toml")


def test_an_unknown_name_suggests_others() -> None:
    with pytest.raises(FaultError, match="throttle-seconds"):
        load_profile("throttle-second")
    with pytest.raises(FaultError, match="no fault profile"):
        load_profile("../profiles/throttle-seconds")


def test_a_file_of_ones_own_is_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "our-gateway.toml"
    path.write_text('text = "a b"\n[[fault]]\nkind = "drop"\nat = [3]\n', encoding="utf-8")
    profile = load_profile(path)
    assert (profile.name, profile.text, profile.works_on) == ("our-gateway", "a b", "anywhere")
    assert profile.faults[0].which.at == (3,)


def test_shipped_profiles_are_told_apart_by_where_they_work() -> None:
    listed = {one.name: one for one in list_profiles()}
    assert len(listed) >= 45
    assert all(one.text.endswith((".", ").")) for one in listed.values())
    assert listed["http-504-after-commit"].works_on == "anywhere"
    assert listed["conditional-create-racy"].works_on == "the embedded server only"
    assert set(listed) == {path.stem for path in SHIPPED.iterdir()}


def test_every_kind_is_used_by_a_shipped_profile_and_says_what_it_does() -> None:
    used = {fault.kind for one in list_profiles() for fault in load_profile(one.name).faults}
    assert used == set(KINDS)
    assert all(kind.text.endswith(".") for kind in KINDS.values())
