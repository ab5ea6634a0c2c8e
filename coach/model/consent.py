"""Whether a person agreed that texts are sent to a model elsewhere; asked once for an endpoint and model, kept in COACH_HOME."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from coach.errors import ModelError
from coach.model.endpoint import Endpoint
from coach.model.prompts import model_texts
from coach.records import Disclosure, Language
from coach.settings import Settings

NAME = "consent.json"


def decision(settings: Settings, endpoint: Endpoint) -> bool | None:
    """Yes, no, or nothing where nobody was asked. On loopback nothing leaves the machine, and the answer is yes."""
    if endpoint.local:
        return True
    kept = _read(settings).get(_key(endpoint))
    found = kept.get("allowed") if isinstance(kept, dict) else None
    return found if isinstance(found, bool) else None


def decide(settings: Settings, endpoint: Endpoint, *, allowed: bool) -> None:
    """Keep an answer. Raises `ModelError` when COACH_HOME cannot be written."""
    path = settings.home / NAME
    kept = _read(settings) | {_key(endpoint): {"allowed": allowed, "when": datetime.now(UTC).isoformat(timespec="seconds")}}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be written ({error.strerror}); set COACH_HOME to a folder of yours.") from None


def disclose(settings: Settings, endpoint: Endpoint, language: Language) -> Disclosure | None:
    """What to show before the first call; nothing where there is nothing to ask any more."""
    decided = decision(settings, endpoint)
    if decided:
        return None
    texts = model_texts()
    sent, masked = ([text[language] for text in table.values()] for table in (texts.sent, texts.masked))
    summary = texts.disclosure[language].format(
        where=endpoint.where, model=endpoint.model, sent="; ".join(sent), masked=", ".join(masked)
    )
    question = texts.may_it[language]
    return Disclosure(endpoint.where, endpoint.model, tuple(sent), tuple(masked), summary, question, refused=decided is False)


def _key(endpoint: Endpoint) -> str:
    return f"{endpoint.where} {endpoint.model}"


def _read(settings: Settings) -> dict[str, Any]:
    """What was decided before; a file that is not there or broken decided nothing, so that the question is asked again."""
    try:
        kept = json.loads((settings.home / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
