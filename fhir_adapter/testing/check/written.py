"""Owns what the check itself writes: harmless, marked, known by path, and removed at the end.

A Basic has no clinical meaning and stands in no chart. Where a server takes none, an Observation stands in for it, with
no subject, a code of nobody's vocabulary and the status entered-in-error, which every reader must leave out.
Nothing is deleted that does not carry the mark of this run: a server may answer a conditional create with somebody
else's resource, and a search by tag with everything.
"""

from __future__ import annotations

import json
import re
import uuid
from enum import IntEnum

from fhir_adapter.testing.check.asking import Answer, Pairs, Question
from fhir_adapter.testing.check.pages import Page
from fhir_adapter.testing.check.running import HERE, Run
from fhir_adapter.testing.check.shapes import Json, inside, objects, text

KINDS = ("Basic", "Observation")
_JSON = ("Content-Type", "application/fhir+json")
_PASSES = 5
_PAUSE_S = 1.0


class Owner(IntEnum):
    """Why a path is held to be ours: an answer named it, a 201 did, or the id is one that was drawn here."""

    TOLD = 0
    CREATED = 1
    OWN_ID = 2


class Written:
    """The resources of one check on one server."""

    def __init__(self, run: Run, kind: str) -> None:
        self.run = run
        self.kind = kind
        self.mark = run.nonce
        # Whether searches show late what was written.
        self.late = False
        # Whether a search by the tag was seen to show at once what was written.
        self.tag_finds = False
        # What a condition is made on: `_tag` where a search by identifier is refused.
        self.by = "identifier"
        # A resource and a version of it that is gone, once a stale If-Match was seen to be refused.
        self.guarded: tuple[str, str] | None = None
        self._paths: dict[str, Owner] = {}
        self._lost = 0
        self._location = re.compile(rf"(?:^|/)({kind}/[A-Za-z0-9\-.]{{1,64}})(?:/_history/[^/]+)?$")

    def resource(self, identifier: str = "", subject: str = "", note: str = "") -> Json:
        """A resource of the kind, marked; `note` makes one content differ from another."""
        coding = {"system": HERE, "code": "check", "display": "a technical check, no record of a patient"}
        name = f"{self.mark}-{identifier or uuid.uuid4().hex[:8]}"
        made: Json = {
            "resourceType": self.kind,
            "meta": {"tag": [{"system": HERE, "code": code} for code in (self.mark, name)]},
            "identifier": [{"system": HERE, "value": name}],
            "code": {"coding": [coding], "text": note or "check"},
        }
        if self.kind == "Observation":
            made["status"] = "entered-in-error"
        if subject:
            made["subject"] = {"reference": subject}
        return made

    def condition(self, name: str) -> tuple[str, str]:
        """A parameter and the value that finds what `resource` made with this identifier."""
        return self.by, f"{HERE}|{self.mark}-{name}"

    def is_ours(self, resource: Json) -> bool:
        """Whether a resource carries this run's mark, as a tag or in its identifier."""
        return resource.get("resourceType") == self.kind and self._carries(resource, self.mark)

    def _carries(self, resource: Json, name: str) -> bool:
        tags = objects(inside(resource, "meta", "tag"))
        named = objects(resource.get("identifier"))
        whole = name != self.mark
        return any(tag.get("system") == HERE and tag.get("code") == name for tag in tags) or any(
            one.get("system") == HERE
            and (text(one.get("value")) == name if whole else text(one.get("value")).startswith(name))
            for one in named
        )

    def create(self, resource: Json, *headers: tuple[str, str]) -> Answer:
        """POST; what was created is known by its Location."""
        answer = self.run.ask.ask(Question("POST", self.kind, (), (_JSON, *headers), _bytes(resource)))
        self._learn(answer)
        return answer

    def put(self, name: str, resource: Json, *headers: tuple[str, str], params: Pairs = ()) -> Answer:
        """PUT with our own id, known before it is sent, so that a lost answer leaves nothing behind."""
        if name:
            self.remember(f"{self.kind}/{name}", Owner.OWN_ID)
            resource = {**resource, "id": name}
        path = f"{self.kind}/{name}" if name else self.kind
        answer = self.run.ask.ask(Question("PUT", path, params, (_JSON, *headers), _bytes(resource)))
        if not name or self.path_of(answer) not in ("", f"{self.kind}/{name}"):
            self._learn(answer)
        return answer

    def bundle(self, kind: str, entries: list[Json]) -> Answer:
        """A batch or transaction; the paths of its answer are kept."""
        content: Json = {"resourceType": "Bundle", "type": kind, "entry": entries}
        answer = self.run.ask.ask(Question("POST", "", (), (_JSON,), _bytes(content)))
        answered = objects(answer.content.get("entry"))
        for entry in answered:
            response = inside(entry, "response")
            made = text(inside(response, "status")).startswith("201")
            self.remember(
                self._path(text(inside(response, "location"))), Owner.CREATED if made else Owner.TOLD
            )
        self._lost += _may_have_written(answer) and not answered
        return answer

    @property
    def newest(self) -> str:
        """The path that was kept last; the empty string where none was."""
        return next(reversed(self._paths), "")

    def read(self, path: str) -> Answer:
        """GET of one of ours."""
        return self.run.ask.get(path)

    def delete(self, path: str) -> Answer:
        """DELETE of one of ours."""
        return self.run.ask.ask(Question("DELETE", path))

    def search(self, *pairs: tuple[str, str]) -> Page:
        """A search of the kind."""
        return self.run.search(self.kind, pairs)

    def found(self, name: str, by: str = "") -> int:
        """How many resources of this identifier a search shows; of what came besides, nothing counts."""
        parameter, value = self.condition(name)
        return sum(
            self._carries(one, value.partition("|")[2])
            for one in self.search((by or parameter, value)).matches
        )

    def path_of(self, answer: Answer) -> str:
        """`Type/id` of what an answer is about; the empty string where it does not say."""
        path = self._path(answer.header("Location") or "")
        if not path and answer.ok and self.is_ours(answer.content):
            path = self._path(f"{self.kind}/{text(answer.content.get('id'))}")
        return path

    def remember(self, path: str, owner: Owner) -> None:
        """Keep a path to be cleaned up."""
        if path:
            self._paths[path] = max(owner, self._paths.get(path, owner))

    def _learn(self, answer: Answer) -> None:
        """Keep what a create made; an answer that does not say is one to look for."""
        path = self.path_of(answer)
        self.remember(path, Owner.CREATED if answer.status == 201 else Owner.TOLD)
        self._lost += not path and _may_have_written(answer)

    def clean(self) -> list[str]:
        """Delete everything that is ours, newest first, and again while something refers to something; what is left."""
        lost = [f"perhaps more of {self.kind}?_tag={HERE}|{self.mark}"] if not self._found_lost() else []
        left = list(reversed(self._paths))
        for turn in range(_PASSES):
            left = [path for path in left if not self._gone(path)]
            if not left or turn == _PASSES - 1:
                break
            self.run.ask.limits.sleep(_PAUSE_S)
        return left + lost

    def _found_lost(self) -> bool:
        """Whether all is found, by its tag, that was created by requests whose answers were lost."""
        page = self.search(("_tag", f"{HERE}|{self.mark}"), ("_count", "100"))
        known = len(self._paths)
        for resource in page.matches:
            if self.is_ours(resource):
                self.remember(self._path(f"{self.kind}/{text(resource.get('id'))}"), Owner.TOLD)
        return not self._lost or (not page.refusal and (self.tag_finds or len(self._paths) > known))

    def _gone(self, path: str) -> bool:
        """Whether nothing of ours stands there any more; what is somebody else's is let be."""
        owner, before = self._paths[path], self.read(path)
        if before.status in (404, 410):
            return True
        theirs = before.content.get("resourceType") == self.kind and not self.is_ours(before.content)
        if owner is not Owner.OWN_ID and (theirs or (owner is Owner.TOLD and not before.ok)):
            return theirs and owner is Owner.TOLD
        deleted = self.delete(path)
        after = self.read(path)
        return after.status in (404, 410) or (deleted.ok and not after.ok)

    def _path(self, address: str) -> str:
        found = self._location.search(address)
        return found[1] if found else ""


def _bytes(resource: Json) -> bytes:
    return json.dumps(resource).encode("utf-8")


def _may_have_written(answer: Answer) -> bool:
    return not 400 <= answer.status < 500
