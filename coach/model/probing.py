"""What an endpoint can do, found out by asking it a little: is it there, is the key good, does it stream?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from coach.errors import ModelError
from coach.model.client import ChatModel, Deadline, Reply
from coach.model.consent import decision
from coach.model.endpoint import Endpoint, endpoint
from coach.records import Check, Usage
from coach.settings import Settings

REACH = 5.0  # seconds for the list of models
ANSWER = 20.0  # seconds for a word from the model, at most those of the settings
FEWEST_CONTEXT = 4_000  # tokens; the prompt with four passages has about 2,500 at most, the reply up to 1,200
_LENGTHS = ("context_length", "context_window", "max_model_len", "max_context_length", "n_ctx_train")


@dataclass(frozen=True)
class _Listed:
    """What the endpoint says of its models."""

    names: tuple[str, ...]
    context: int | None


def probe(settings: Settings) -> Iterator[Check]:
    """Checks of the model of the settings. Nothing is sent to a model elsewhere before somebody agreed to that."""
    try:
        where = endpoint(settings)
    except ModelError as error:
        yield Check("model", "problem", str(error), "mend the setting")
        return
    if where is None:
        yield Check("model", "ok", "none is set; answers are quoted from the guidance")
        return
    if not decision(settings, where):
        yield Check(
            "model",
            "warning",
            f"{where.model} at {where.where}: nothing is sent there until you agree, so nothing was tried",
            "run 'coach consent' to see what would be sent, then 'coach consent --yes' or '--no'",
        )
        return
    yield from _listed_checks(settings, where)
    yield from _spoken_checks(settings, where)


def _listed_checks(settings: Settings, where: Endpoint) -> Iterator[Check]:
    """What the list of models tells; an endpoint without one is not at fault."""
    listed = _listed(settings, where)
    if listed is None:
        return
    if listed.names and where.name not in listed.names:
        some = ", ".join(listed.names[:5])
        yield Check("model", "warning", f"{where.where} does not list {where.name}", f"it lists: {some}; see COACH_MODEL")
    if listed.context is None:
        yield Check("model", "ok", "the endpoint does not say how much text the model can read")
    elif listed.context < FEWEST_CONTEXT:
        yield Check(
            "model",
            "warning",
            f"the model reads {listed.context:,} tokens; a question with its passages can take {FEWEST_CONTEXT:,}",
            "choose a model with a longer context, else long questions are answered by quoting",
        )
    else:
        yield Check("model", "ok", f"the model reads {listed.context:,} tokens, enough for a question with its passages")


def _spoken_checks(settings: Settings, where: Endpoint) -> Iterator[Check]:
    """What comes of asking for one word, streamed and with a system message."""
    from langchain_core.messages import HumanMessage, SystemMessage

    model, reply = ChatModel(settings, where), Reply(Usage(where.model))
    deadline = Deadline(min(ANSWER, settings.model_timeout))
    try:
        pieces = list(model.stream([SystemMessage("Reply with one word."), HumanMessage("Say: ok")], deadline, reply, 64))
    except ModelError as error:
        yield Check("model", "problem", f"{where.model} at {where.where}: {error}")
        return
    finally:
        model.close()
    yield Check("model", "ok", f"{where.model} at {where.where} answers, {reply.usage.seconds:.1f} s for a word")
    if not model.manners.stream:
        yield Check("model", "warning", "it does not stream", "answers appear at once when they are done; nothing to mend")
    elif len(pieces) == 1 and len(pieces[0]) > 20:
        yield Check("model", "warning", "it sends its reply in one piece", "answers appear at once when they are done")
    if not model.manners.system:
        yield Check("model", "warning", "it takes no system message", "its instructions go with the question, to less effect")
    if reply.usage.input_tokens is None:
        yield Check("model", "warning", "it does not count tokens", "COACH_MODEL_BUDGET then goes by an estimate from the length")


def _listed(settings: Settings, where: Endpoint) -> _Listed | None:
    """The endpoint's list of models; none where there is no address or the endpoint gives no such list."""
    if not where.address:
        return None
    key = settings.openai_api_key.get_secret_value()
    request = Request(f"{where.address.rstrip('/')}/models", headers={"Authorization": f"Bearer {key}"} if key else {})
    opener = build_opener(_NoRedirect, *([ProxyHandler({})] if where.local else []))
    try:
        with opener.open(request, timeout=REACH) as answer:
            data = json.loads(answer.read(1_000_000))
    except (HTTPError, URLError, OSError, ValueError):
        return None  # asking for a word, next, tells what is wrong
    entries = data.get("data") if isinstance(data, dict) else None
    models = [entry for entry in entries or () if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
    own: dict[str, Any] = next((entry for entry in models if entry["id"] == where.name), models[0] if len(models) == 1 else {})
    meta = own.get("meta")
    own = own | (meta if isinstance(meta, dict) else {})
    context = next((own[name] for name in _LENGTHS if isinstance(own.get(name), int)), None)
    return _Listed(tuple(entry["id"] for entry in models), context)


class _NoRedirect(HTTPRedirectHandler):
    """A key goes to the address that was set, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""
