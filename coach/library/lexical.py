"""Words to search by: stems, the forms as written, and the parts of compounds; scored with BM25 in SQLite's FTS5.

Texts are analysed here, in their own language, and handed to FTS5 as plain tokens, so that the index needs no tokenizer of
its own. Surface forms are kept beside the stems because stemmers err.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from coach.languages import content_words, fold, language_data, split_compound, stem
from coach.records import Language, Passage

# Weight of a match in each column; a heading says in few words what a passage is about.
COLUMNS: Mapping[str, float] = {"heading": 1.6, "text": 1.0, "asked": 1.2, "forms": 0.4}
# Terms whose passages add up to more than this are dropped, commonest first, while rarer ones are left: it bounds the work
# of a query in an index of any size.
POSTINGS = 20_000
SHORTEST_COMPOUND = 9
# The most that one term can add to a BM25 score per unit of its weight: k1 + 1, with the k1 = 1.2 that FTS5 has built in.
HIGHEST = 2.2

# The lexicon of the passages, and that of the question bank.
TABLES = ("lexicon", "bank_lexicon")
SCHEMA = "".join(
    f"""
CREATE VIRTUAL TABLE IF NOT EXISTS {table} USING fts5({", ".join(COLUMNS)}, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE IF NOT EXISTS {table}_vocabulary USING fts5vocab({table}, 'row');
CREATE TABLE IF NOT EXISTS {table}_terms (term TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;
"""
    for table in TABLES
)


def tokens(text: str, language: Language, vocabulary: Collection[str] = ()) -> list[str]:
    """The stems of a text's content words, and of the two parts of each compound that the vocabulary explains."""
    found = []
    linkers = language_data(language).compound_linkers
    for word in content_words(text, language):
        found.append(_token(stem(word, language)))
        if linkers and len(word) >= SHORTEST_COMPOUND:
            found.extend(_token(stem(part, language)) for part in split_compound(word, vocabulary, linkers))
    return found


def _token(word: str) -> str:
    """A word as FTS5 keeps it whole: letters and digits only."""
    return word.replace("'", "")


def forms(text: str, language: Language) -> list[str]:
    """The content words of a text as written, marked so that they never meet a stem."""
    return [_token(f"{fold(word)}qq") for word in content_words(text, language)]


def row(passage: Passage, questions: Iterable[str], vocabulary: Collection[str] = ()) -> tuple[str, ...]:
    """The tokens of a passage for each of `COLUMNS`, in that order."""
    language = passage.language
    heading = " ".join((passage.title, *passage.heading))
    everything = f"{heading} {passage.context} {passage.text}"
    columns = {
        "heading": tokens(heading, language, vocabulary),
        "text": tokens(f"{passage.context} {passage.text}", language, vocabulary),
        "asked": tokens(" ".join(questions), language, vocabulary),
        "forms": forms(everything, language),
    }
    return tuple(" ".join(columns[name]) for name in COLUMNS)


def add(connection: sqlite3.Connection, number: int, columns: tuple[str, ...], table: str = "lexicon") -> None:
    """Put a row made by `row` into a lexicon under a number."""
    marks = ",".join("?" * (1 + len(COLUMNS)))
    connection.execute(f"INSERT INTO {table} (rowid, {', '.join(COLUMNS)}) VALUES ({marks})", (number, *columns))


def query_terms(text: str, language: Language, vocabulary: Collection[str] = ()) -> list[str]:
    """The distinct terms that a question searches for."""
    return list(dict.fromkeys(tokens(text, language, vocabulary) + forms(text, language)))


def refresh_terms(connection: sqlite3.Connection, table: str = "lexicon") -> None:
    """Count anew in how many rows each term stands, and let go of the words of rows that were removed."""
    connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # else FTS5 keeps them until it happens to merge
    connection.execute(f"DELETE FROM {table}_terms")
    connection.execute(f"INSERT INTO {table}_terms SELECT term, doc FROM {table}_vocabulary")


def frequencies(connection: sqlite3.Connection, terms: Iterable[str], table: str = "lexicon") -> dict[str, int]:
    """In how many rows each term stands; terms that stand nowhere are left out."""
    wanted = list(terms)
    marks = ",".join("?" * len(wanted))
    return dict(connection.execute(f"SELECT term, count FROM {table}_terms WHERE term IN ({marks})", wanted))


def idf(count: int, total: int) -> float:
    """The weight of a term that stands in `count` of `total` rows (Robertson and Sparck Jones, never below zero)."""
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def search(connection: sqlite3.Connection, terms: Collection[str], limit: int, table: str = "lexicon") -> dict[int, float]:
    """BM25 scores, above zero, of the best rows by number; empty where no term stands in the table."""
    counts = frequencies(connection, terms, table)
    chosen: list[str] = []
    total = 0
    for term in sorted(counts, key=lambda term: counts[term]):
        if chosen and total + counts[term] > POSTINGS:
            break
        chosen.append(term)
        total += counts[term]
    if not chosen:
        return {}
    match = " OR ".join(f'"{term}"' for term in chosen)
    weights = ", ".join(map(str, COLUMNS.values()))
    found = connection.execute(
        f"SELECT rowid, -bm25({table}, {weights}) AS score FROM {table} WHERE {table} MATCH ? ORDER BY score DESC LIMIT ?",
        (match, limit),
    )
    return {int(number): float(score) for number, score in found}
