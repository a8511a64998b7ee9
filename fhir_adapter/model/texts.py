"""Owns how texts are compared: folding, whole words, the longest of overlapping phrases, and the words of doubt.

Source: docs/semantics.md §3 and §4; CLINICAL.md §2.5 (substrings of drug names), §4.3 rule 18.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_WHITESPACE: Final = re.compile(r"\s+")
_CLAUSE_END: Final = re.compile(r"[,;。.!?、\n\r|]")
"""Applied after NFKC, which makes the full-width comma, semicolon and question mark these. The list sign
counts: in 父亲糖尿病、高血压 nobody can say whose the second is."""

_SENTENCE_END: Final = re.compile(r"[,;。.!?\n\r|]")

NOT_NEGATION: Final = (
    *("无菌", "无症状", "无痛", "无力", "无脉", "无精子", "无排卵", "无月经", "无尿", "无汗", "无牙", "无脾"),
    *("无脑畸形", "无虹膜", "无晶状体", "无晶体", "无色素", "无功能", "无丙种球蛋白", "无β脂蛋白", "无肌病"),
    *("无粒细胞", "无乳链球菌", "无乳糖", "无名", "无先兆", "无机", "无氧", "无创", "无骨折脱位"),
)
"""Words in which 无 is part of a name and denies nothing: 无菌性坏死, 重症肌无力, 无脉症, 无乳链球菌感染. The
words key `not_negation` adds to it."""

_BEGINNING: Final = 4

Span = tuple[int, int]


@dataclass(frozen=True)
class Phrase:
    """A wording, folded, and whom it speaks for; inside a wording of `exclude` it does not."""

    owner: str
    text: str
    whole_word: bool = False
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Occurrence:
    """Where a phrase stands in a text."""

    start: int
    end: int
    owner: str


class PhraseBook:
    """Many phrases, found in a text without trying each: they are looked up by their first characters."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        given = [phrase for phrase in dict.fromkeys(phrases) if phrase.text]
        self._starts = _starts(given)
        self._books: dict[int, dict[str, list[Phrase]]] = {}
        for phrase in given:
            beginning = phrase.text[:_BEGINNING]
            self._books.setdefault(len(beginning), {}).setdefault(beginning, []).append(phrase)

    def find(self, text: str) -> list[Occurrence]:
        """Every phrase in the folded text, those inside one of their excluded wordings apart."""
        return [
            Occurrence(start, start + len(phrase.text), phrase.owner)
            for start in (match.start() for match in self._starts.finditer(text))
            for length, book in self._books.items()
            for phrase in book.get(text[start : start + length], ())
            if text.startswith(phrase.text, start) and _stands(phrase, text, start)
        ]


class Wording:
    """The words of words.toml that cast doubt on a text: hedge, negation, family, history, juvenile."""

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        self._words = {key: folded(listed) for key, listed in words.items()}
        self._any = {key: any_of(listed) for key, listed in self._words.items()}
        self._not_negation = folded((*NOT_NEGATION, *words.get("not_negation", ())))

    def has(self, key: str, text: str) -> bool:
        """Whether a word of the list stands in the folded text."""
        return key in self._any and self._any[key].search(text) is not None

    def denies(self, text: str, names: Iterable[Occurrence] = ()) -> bool:
        """A negation that is not part of a longer name: of a NOT_NEGATION word or of a name found in the text."""
        if not self.has("negation", text):
            return False
        denials = [
            span for word in self._words.get("negation", ()) for span in spans(word, text, whole_words=True)
        ]
        longer = [span for word in self._not_negation for span in spans(word, text)]
        longer.extend((name.start, name.end) for name in names)
        return any(not inside(start, end, longer) for start, end in denials)

    def undoubted(
        self, says: Iterable[str], find: Callable[[str], Iterable[Occurrence]], family: bool = True
    ) -> list[str]:
        """The parts of the texts, folded, that are neither denied nor (`family`) said of a relative.

        A denial goes on through a list: 否认青霉素、甲氨蝶呤过敏 denies both, 甲氨蝶呤过敏，无皮疹 only the rash.
        """
        free = []
        for text in says:
            for sentence in _SENTENCE_END.split(unicodedata.normalize("NFKC", text)):
                for part in clauses(sentence):
                    if self.denies(part, find(part)) or (family and self.has("family", part)):
                        break
                    free.append(part)
        return free


def fold(text: str) -> str:
    """Text as it is compared: NFKC (full-width to half-width), case-folded, runs of whitespace one space."""
    whole = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _WHITESPACE.sub(" ", whole).strip()


def folded(words: Iterable[str]) -> tuple[str, ...]:
    """The words as they are compared."""
    # An empty word would be in every text.
    return tuple(word for word in map(fold, words) if word)


def joined(says: Iterable[str | None]) -> str:
    """All that is said as one folded text; the line break keeps a phrase from running over two of them."""
    return "\n".join(dict.fromkeys(folded(part for part in says if part)))


def clauses(text: str) -> list[str]:
    """The clauses of a text, each folded."""
    # Split before folding: folding makes a line break a space.
    return list(folded(_CLAUSE_END.split(unicodedata.normalize("NFKC", text))))


def outermost(found: Sequence[Occurrence]) -> list[Occurrence]:
    """Those that are not merely part of a longer one: 原位癌 is not 癌, 泼尼松龙 not 泼尼松."""
    whole = [(one.start, one.end) for one in found]
    return [one for one in found if not inside(one.start, one.end, whole)]


def inside(start: int, end: int, others: Iterable[Span]) -> bool:
    """Whether the span lies in a longer one of the others."""
    return any(low <= start and end <= high and high - low > end - start for low, high in others)


def spans(word: str, text: str, whole_words: bool = False) -> list[Span]:
    """Where the word stands in the text, overlaps included.

    With `whole_words` a Latin letter or digit at its edge must not run on: `no` is not in `nodule`, `mother`
    not in `chemotherapy`. Chinese writes no word boundaries.
    """
    found = []
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not whole_words or not (_runs_on_before(word, text, start) or _runs_on_after(word, text, end)):
            found.append((start, end))
        start = text.find(word, start + 1)
    return found


def any_of(words: Iterable[str], stems: Iterable[str] = ()) -> re.Pattern[str]:
    """Finds any of the folded words, whole as in `spans`, or any that begins with one of the stems."""
    wholes = [f"{_edge_before(word)}{re.escape(word)}{_edge_after(word)}" for word in words]
    begun = [f"{_edge_before(stem)}{re.escape(stem)}" for stem in stems]
    return re.compile("|".join((*wholes, *begun)) or r"(?!)")


def _starts(phrases: Iterable[Phrase]) -> re.Pattern[str]:
    """Where a phrase may begin: whole Latin words where a word does, all others where their beginning stands."""
    free = {
        phrase.text[: _BEGINNING if _is_latin(phrase.text[0]) else 1]
        for phrase in phrases
        if not (phrase.whole_word and _is_latin(phrase.text[0]))
    }
    places = ["(?<![a-z0-9])(?=[a-z0-9])"]
    signs = "".join(re.escape(start) for start in sorted(free) if not _is_latin(start[0]))
    places += [f"(?=[{signs}])"] if signs else []
    begun = "|".join(re.escape(start) for start in sorted(free) if _is_latin(start[0]))
    return re.compile("|".join((*places, *([f"(?={begun})"] if begun else []))))


def _edge_before(word: str) -> str:
    return "(?<![a-zA-Z0-9])" if _is_latin(word[0]) else ""


def _edge_after(word: str) -> str:
    return "(?![a-zA-Z0-9])" if _is_latin(word[-1]) else ""


def _runs_on_before(word: str, text: str, start: int) -> bool:
    return start > 0 and _is_latin(word[0]) and _is_latin(text[start - 1])


def _runs_on_after(word: str, text: str, end: int) -> bool:
    return end < len(text) and _is_latin(word[-1]) and _is_latin(text[end])


def _stands(phrase: Phrase, text: str, start: int) -> bool:
    end = start + len(phrase.text)
    if phrase.whole_word and (
        _runs_on_before(phrase.text, text, start) or _runs_on_after(phrase.text, text, end)
    ):
        return False
    return not any(inside(start, end, spans(word, text)) for word in phrase.exclude)


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
