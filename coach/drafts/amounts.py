"""How much a sentence names: minutes ("een half uur" is 30) and pages."""

from __future__ import annotations

import re

from coach.drafts.wording import Message, Sentence, Token

# A clock time such as 15.00 or 14:30 is no amount.
_PLAIN_NUMBER = re.compile(r"\d{1,4}(?:[.,]\d)?\Z")
# Words between an amount and its unit: "half an hour", "twenty long pages".
_REACH_UNIT, _REACH_BULK = 3, 2


def minutes(message: Message, sentence: Sentence) -> list[float]:
    """The lengths of time named in a sentence, in minutes."""
    tokens = message.tokens[sentence.first : sentence.last]
    lengths = []
    for place, token in enumerate(tokens):
        unit = message.data.units.get(token.surface)
        amount = _amount(message, tokens[max(0, place - _REACH_UNIT) : place]) if unit is not None else None
        if unit is not None and amount is not None:
            lengths.append(amount * unit)
    return lengths


def bulk(message: Message, sentence: Sentence) -> float:
    """The largest number of pages, slides or questions named in a sentence; 0 without any."""
    tokens = message.tokens[sentence.first : sentence.last]
    amounts = [
        _amount(message, tokens[max(0, place - _REACH_BULK) : place])
        for place, token in enumerate(tokens)
        if token.surface in message.data.bulky
    ]
    return max((amount for amount in amounts if amount), default=0.0)


def _amount(message: Message, before: list[Token]) -> float | None:
    """The number that the words before a unit stand for."""
    found: float | None = None
    for token in reversed(before):
        value = message.data.numbers.get(token.surface)
        if value is None and _PLAIN_NUMBER.match(token.surface):
            value = float(token.surface.replace(",", "."))
        if value is not None and (found is None or value < 1):  # "half an hour": the fraction is the amount
            found = value
    return found
