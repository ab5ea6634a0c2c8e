"""What the coach knows of Dutch and English: which one a text is in, where its sentences end, what its words stand for.

The knowledge itself is data, one strictly validated file a language in `prompts/languages/`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from coach.errors import PromptError
from coach.records import Language
from coach.settings import data_folder

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "nl"

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SPLIT = re.compile(r"([.!?…]+[\"'”’»)\]]*)(\s+)")
_LINE = re.compile(r"[^\n]+")
_LAST_WORD = re.compile(r"[\w.’'-]+\Z")
_OPENS_BLOCK = re.compile(r"(?:[-–—•*·▪‣#>|]|\d{1,3}[.)]\s|```|~~~)")
# Lines shorter than this are headings or list items rather than wrapped prose.
WRAP_WIDTH = 60
# Nobody wraps wider than this; beyond it, a line is a whole paragraph.
WIDEST_WRAP = 120
SHORTEST_CLAUSE = 3  # words
LONGEST_WHOLE = 80  # characters; below it, clauses changed nothing for 558 questions, and each takes as long as the question
MOST_CLAUSES = 8


def _words_of(value: object) -> object:
    """A block of words separated by white space, as the files write long lists."""
    return frozenset(value.split()) if isinstance(value, str) else value


Words = Annotated[frozenset[str], BeforeValidator(_words_of)]


class Texts(BaseModel):
    """Sentences that the coach itself says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    related: str
    several: str
    not_covered: str
    other_language: str
    follow_up: str
    stale_embedder: str
    exact_meanwhile: str
    exact_unwell: str
    crisis: str
    concern: str
    beyond: str
    judging: str
    judging_question: str
    sources: str


class LanguageData(BaseModel):
    """One file of `prompts/languages/`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Language
    name: str
    stemmer: str
    function_words: Words
    question_words: Words
    abbreviations: Words
    compound_linkers: tuple[str, ...]
    conjunctions: Words
    yes_no_openers: Words
    follow_up_openers: Words
    follow_up_words: Words
    evidence_marker: str
    evidence_words: Words
    own_phrases: tuple[str, ...]
    crisis_phrases: tuple[str, ...]
    example_markers: tuple[str, ...]
    texts: Texts
    probes: tuple[str, ...]

    @property
    def stop_words(self) -> frozenset[str]:
        """Words that weigh nothing in a search."""
        return self.function_words | self.question_words


def read_yaml(path: Path) -> Any:
    """A YAML file as plain values. Raises `PromptError` with file and line for broken syntax or a doubled key.

    libyaml reads it where it is installed, twelve times as fast; what it refuses is read once more by the parser that knows all
    of YAML 1.2, whose word counts.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    text = path.read_text(encoding="utf-8")
    try:
        with suppress(YAMLError):
            return YAML(typ="safe").load(text)
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        raise PromptError(f"{path.name}:{mark.line + 1 if mark else 1}: {problem}; mend the file and try again.") from None


@cache
def language_data(language: Language) -> LanguageData:
    """The data of a language. Raises `PromptError` naming the file and the field that is wrong."""
    path = data_folder("prompts") / "languages" / f"{language}.yaml"
    try:
        return LanguageData.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PromptError(f"{path.name}: {where}: {first['msg'].lower()}.") from None


def words(text: str) -> list[str]:
    """The words of a text in lower case, apostrophes made straight."""
    return [word.replace("’", "'") for word in _WORD.findall(unicodedata.normalize("NFC", text).lower())]


def fold(word: str) -> str:
    """A word without its diacritics: *één* and *een*, *carrière* and *carriere* meet."""
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


def vote(text: str) -> dict[Language, int]:
    """How many words of the text only one of the languages uses as a function word."""
    counts: dict[Language, int] = dict.fromkeys(LANGUAGES, 0)
    data = {language: language_data(language).function_words for language in LANGUAGES}
    for word in words(text):
        owners = [language for language in LANGUAGES if word in data[language]]
        if len(owners) == 1:
            counts[owners[0]] += 1
    return counts


def detect(text: str, default: Language = DEFAULT_LANGUAGE) -> Language:
    """The language of a text: a vote of function words, then of known words, then the default.

    Only Dutch and English are told apart; a text without any telling word, such as a name, takes the default.
    """
    counts = vote(text[:20_000])
    best = max(LANGUAGES, key=lambda language: counts[language])
    if all(counts[best] > counts[other] for other in LANGUAGES if other != best):
        return best
    return _detect_by_dictionary(text, default)


def _detect_by_dictionary(text: str, default: Language) -> Language:
    """For a text of a few words without a function word: which dictionary knows more of its words."""
    from simplemma import is_known

    sample = words(text)[:40]
    known = {language: sum(is_known(word, lang=language) for word in sample) for language in LANGUAGES}
    best = max(LANGUAGES, key=lambda language: known[language])
    return default if list(known.values()).count(known[best]) > 1 else best


def sentences(text: str, language: Language) -> Iterator[tuple[int, int]]:
    """The spans (start, end) of the sentences of a text, in order, without the white space around them.

    A line break ends a sentence, since a line is a paragraph, a list item or a heading in most files; it does not where the
    line is merely wrapped (see `is_wrapped`). A full stop does not end a sentence after an abbreviation or an initial, before
    a lower-case letter, or inside quotation marks that close on the same line, so that a quoted message stays whole.
    """
    start = 0
    for line_start, line_end in _paragraphs(text):
        start = line_start
        for match in _SPLIT.finditer(text, line_start, line_end):
            if _ends_sentence(text, match, line_start, language) and not _inside_quotes(text, start, match.end(1), line_end):
                yield from _trimmed(text, start, match.end(1))
                start = match.end()
        yield from _trimmed(text, start, line_end)


def clauses(text: str, language: Language, longest_whole: int = LONGEST_WHOLE) -> list[str]:
    """The clauses of a text, at most `MOST_CLAUSES`: its sentences, cut at commas, colons and conjunctions.

    A piece of fewer than three words is no clause; nothing is returned for a text that is a single one, or of at most
    `longest_whole` characters, which is found as well whole.
    """
    if len(text) <= longest_whole:
        return []
    joints = "|".join(sorted(map(re.escape, language_data(language).conjunctions)))
    cut = re.compile(rf"[,;:]\s|\s(?:{joints})\s", re.IGNORECASE)
    pieces = [piece.strip() for start, end in sentences(text, language) for piece in cut.split(text[start:end])]
    found = [piece for piece in pieces if len(piece.split()) >= SHORTEST_CLAUSE]
    return sorted(sorted(found, key=len)[-MOST_CLAUSES:], key=found.index) if len(found) > 1 else []


def is_wrapped(line: str, following: str) -> bool:
    """Whether a line break between two lines merely wraps a paragraph instead of ending one."""
    line, following = line.rstrip(), following.strip()
    if not line or not following or _OPENS_BLOCK.match(following):
        return False
    if following[0].islower():
        return True
    if max(len(line), len(following)) > WIDEST_WRAP:
        return False
    return len(line) >= WRAP_WIDTH and line[-1] not in ".!?:;…”\"'»)"


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """The spans of the lines of a text, wrapped lines joined."""
    lines = [(match.start(), match.end()) for match in _LINE.finditer(text)]
    start = None
    for (line_start, line_end), following in zip(lines, [*lines, None][1:], strict=True):
        start = line_start if start is None else start
        adjacent = following is not None and following[0] == line_end + 1
        if following and adjacent and is_wrapped(text[line_start:line_end], text[following[0] : following[1]]):
            continue
        yield start, line_end
        start = None


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _inside_quotes(text: str, start: int, end: int, line_end: int) -> bool:
    piece = text[start:end]
    if piece.count("“") > piece.count("”"):
        return "”" in text[end:line_end]
    return piece.count('"') % 2 == 1 and '"' in text[end:line_end]


def _ends_sentence(text: str, match: re.Match[str], line_start: int, language: Language) -> bool:
    following = text[match.end()] if match.end() < len(text) else ""
    if following.islower():
        return False
    if not match[1].startswith(".") or match[1].startswith(".."):
        return True
    before = _LAST_WORD.search(text, max(line_start, match.start() - 30), match.start())
    if not before:
        return True
    word = before[0].lower()
    if len(word) == 1 and word.isalpha():  # an initial, as in "J. Jansen"
        return False
    if word.isdigit():  # "1. Kies een doel" counts an item; elsewhere a number may well end a sentence
        return before.start() > line_start
    return word not in language_data(language).abbreviations


@cache
def _stemmer(language: Language) -> Any:
    import Stemmer

    # Snowball 3 maps *begeleiding* and *beleid* to one stem under `dutch`; `dutch_porter` is the one it had before.
    return Stemmer.Stemmer(language_data(language).stemmer)


@lru_cache(maxsize=65_536)
def stem(word: str, language: Language) -> str:
    """The stem of a lower-case word, without diacritics."""
    return str(_stemmer(language).stemWord(fold(word)))


def in_crisis(text: str) -> bool:
    """Whether a text speaks of suicide or self-harm, in either language: then help comes before any guidance."""
    return any(_says(text, language_data(each).crisis_phrases) for each in LANGUAGES)


def asks_for_own(text: str, language: Language) -> bool:
    """Whether a question asks how something is done in the asker's own programme (*bij ons*)."""
    return _says(text, language_data(language).own_phrases)


def _says(text: str, phrases: Iterable[str]) -> bool:
    said = f" {' '.join(words(text))} "
    return any(f" {' '.join(words(phrase))} " in said for phrase in phrases)


def content_words(text: str, language: Language) -> list[str]:
    """The words of a text that say what it is about, in order; repeated where the text repeats them."""
    stop = language_data(language).stop_words
    return [word for word in words(text) if word not in stop and (len(word) > 1 or word.isdigit())]


def stems(text: str, language: Language) -> list[str]:
    """The stems of the content words of a text, in order."""
    return [stem(word, language) for word in content_words(text, language)]


def split_compound(word: str, vocabulary: Collection[str], linkers: Iterable[str], shortest: int = 4) -> list[str]:
    """The two parts of a compound, if both stand in the vocabulary, a linker between them allowed; else nothing.

    `split_compound("mentorgesprek", {"mentor", "gesprek"}, ["s"])` gives `["mentor", "gesprek"]`. The split with the longest
    shorter part wins, so that *voortgangsgesprek* is *voortgang* + *gesprek* and not *voort* + *gangsgesprek*.
    """
    best: list[str] = []
    for cut in range(shortest, len(word) - shortest + 1):
        head, tail = word[:cut], word[cut:]
        if tail not in vocabulary:
            continue
        heads = [head, *(head.removesuffix(linker) for linker in linkers if head.endswith(linker))]
        for candidate in heads:
            if len(candidate) >= shortest and candidate in vocabulary:
                if not best or min(len(candidate), len(tail)) > min(map(len, best)):
                    best = [candidate, tail]
                break
    return best
