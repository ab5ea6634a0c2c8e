"""Calls to a chat model: streamed, within one deadline, every failure one `ModelError`, and nothing of keys or prompts in it.

A read timeout counts from byte to byte, so a server that drips one a second would keep us for ever. Each call therefore runs on
an event loop of its own thread and is cancelled when its time is up, which closes its connection.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from coach.errors import ModelError
from coach.model.endpoint import Endpoint
from coach.model.prompts import failure
from coach.model.spoken import AFRESH, spoken, visible
from coach.records import Usage
from coach.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

LONGEST_REPLY = 12_000  # characters that are read of one reply, thoughts included; an answer has a tenth of that
REPLY_TOKENS = 1_200  # that a reply may have; room for an answer of 400 words and the thoughts of a small reasoning model
TRIES = 3  # of one request while the server is busy or at fault
FIRST_WAIT = 0.5  # seconds before the second try, doubled for the third
AFTERWARDS = 2.0  # seconds that are waited for a count of tokens once a reply has ended; some servers leave the connection open
MOST_TOKENS = 10_000_000  # of one reply and its prompt; a server that says more does not count
CHARACTERS_A_TOKEN = 3.0  # of Dutch, on the low side, to estimate what an endpoint does not count
_STATUS = {401: "bad_key", 403: "bad_key", 404: "unknown_model", 402: "busy", 429: "busy"}
_ENDED = ("stop", "end_turn", "stop_sequence", "eos", "eos_token", "end", "complete", "completed")  # how a whole reply ends
_REFUSED = (400, 405, 406, 415, 422, 501)


class Deadline:
    """The time by which everything for one answer must be done."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; below zero when it has passed."""
        return self._end - time.monotonic()


@dataclass(frozen=True)
class Manners:
    """What an endpoint takes: found out once, by being refused, and remembered while the coach runs."""

    usage: bool = True  # `stream_options`
    temperature: bool = True
    stream: bool = True
    system: bool = True


# What is given up when a request is refused, and the words in a refusal that tell which.
_CONCESSIONS = (("usage", "stream_options"), ("temperature", "temperature"), ("system", "system"), ("stream", "stream"))


@dataclass
class Reply:
    """What came of a call beside its text; complete when the text has been read."""

    usage: Usage
    cut: bool = False  # at our own cap, the model's or a filter, so that its last sentence may be half of one
    afresh: int = 0  # how often what had come turned out to be thought, so that the reply begins anew
    estimated: int = 0  # tokens, from the length of what was sent and read; for endpoints that do not count


@dataclass
class _Chunk:
    text: str = ""
    tokens: tuple[int, int] | None = None
    finished: str = ""


_LATE = _Chunk()


@dataclass
class ChatModel:
    """One model at one endpoint; safe to share between threads. The client is made at the first call."""

    settings: Settings
    endpoint: Endpoint
    manners: Manners = field(default_factory=Manners)

    def __post_init__(self) -> None:
        self._guard = threading.Lock()
        self._made: dict[tuple[int, bool], BaseChatModel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: Any = None

    def stream(
        self, messages: Sequence[BaseMessage], deadline: Deadline, reply: Reply, tokens: int = REPLY_TOKENS
    ) -> Iterator[str]:
        """The text of a reply as it comes, without a model's thoughts; what it cost is added to `reply`.

        Where `reply.afresh` grows, what was given before was thought after all, and is to be thrown away. Raises `ModelError` by
        its code when there is no whole reply within the deadline. Leaving early closes the connection.
        """
        started = time.perf_counter()
        got = 0
        try:
            for piece in spoken(self._attempts(messages, deadline, reply, tokens)):
                if piece is AFRESH:
                    reply.afresh, got = reply.afresh + 1, 0
                    continue
                got += len(str(piece))
                yield str(piece)
        finally:
            sent = sum(len(message.text) for message in messages)
            reply.estimated += estimated_tokens(sent + got)
            reply.usage = replace(reply.usage, seconds=round(reply.usage.seconds + time.perf_counter() - started, 3))
        if not got:
            raise failure("empty")

    def close(self) -> None:
        """Stop the thread and close what connections are open."""
        with self._guard:
            loop, self._loop, client, self._client = self._loop, None, self._client, None
            self._made.clear()
        if loop is None:
            return
        if client is not None:
            asyncio.run_coroutine_threadsafe(client.aclose(), loop).result(2)
        loop.call_soon_threadsafe(loop.stop)

    def _attempts(self, messages: Sequence[BaseMessage], deadline: Deadline, reply: Reply, tokens: int) -> Iterator[str]:
        """A reply, asked for again while the server is busy, or in a plainer way when it refuses."""
        tries, silent, manners = 0, False, self.manners
        while True:
            begun = False
            try:
                for piece in self._call(messages, deadline, reply, tokens, manners):
                    if piece and not begun:
                        begun, self.manners = True, manners  # what worked is asked for from now on
                    yield piece
                if begun or not manners.stream:
                    return
                silent, manners = True, replace(manners, stream=False)  # some answer a streamed request in one piece
            except ModelError:
                raise
            except ValueError as error:
                if begun or "No generation chunks" not in str(error) or not manners.stream:
                    raise failure("cut" if begun else "empty" if silent else "garbled") from None
                manners = replace(manners, stream=False)
            except Exception as error:  # noqa: BLE001  every provider has errors of its own; all become one of ours
                status = _status(error)
                if begun:
                    raise failure("cut") from None
                if status in _REFUSED and (poorer := _concede(manners, error)):
                    manners = poorer
                    continue
                tries += 1
                wait = _wait(error, tries)
                if tries < TRIES and _passing(error, status) and wait < deadline.left:
                    time.sleep(wait)
                    continue
                raise failure(_code(error, status), model=self.endpoint.model) from None

    def _call(
        self, messages: Sequence[BaseMessage], deadline: Deadline, reply: Reply, tokens: int, manners: Manners
    ) -> Iterator[str]:
        """One request on the loop; its pieces come through a queue that is never waited on beyond the deadline."""
        if deadline.left <= 0:
            raise failure("slow")
        pieces: queue.Queue[_Chunk | BaseException | None] = queue.Queue()
        spoken = list(messages) if manners.system else _without_system(messages)
        work = asyncio.run_coroutine_threadsafe(self._pump(spoken, tokens, manners, pieces.put), self._running_loop())
        length, finished, counted = 0, "", (0, 0)
        try:
            while True:
                left = deadline.left
                try:  # what waits in the queue is not taken either once the time is up: reading it takes time as well
                    item = pieces.get(timeout=min(left, AFTERWARDS) if finished and left > 0 else left) if left > 0 else _LATE
                except queue.Empty:
                    item = None if finished else _LATE
                if item is _LATE:
                    raise failure("slow")
                if item is None:
                    break
                if isinstance(item, BaseException):
                    raise item
                finished = finished or item.finished
                counted = (max(counted[0], item.tokens[0]), max(counted[1], item.tokens[1])) if item.tokens else counted
                fits = item.text[: LONGEST_REPLY + 1 - length]
                length += len(fits)
                yield fits
                if length > LONGEST_REPLY:
                    finished = "length"
                    break
            if length and not finished:
                raise failure("cut")
            reply.cut = finished.lower() not in _ENDED
        finally:
            work.cancel()
            if any(counted):
                used = reply.usage
                reply.usage = replace(
                    used,
                    input_tokens=(used.input_tokens or 0) + counted[0],
                    output_tokens=(used.output_tokens or 0) + counted[1],
                )

    async def _pump(
        self,
        messages: list[BaseMessage],
        tokens: int,
        manners: Manners,
        put: Callable[[_Chunk | BaseException | None], None],
    ) -> None:
        try:
            model = self._model(tokens, manners)
            if manners.stream:
                more: dict[str, Any] = {"stream_usage": True} if manners.usage and self.endpoint.provider == "openai" else {}
                async with aclosing(model.astream(messages, **more)) as stream:  # type: ignore[type-var]
                    async for chunk in stream:
                        put(_chunk(chunk))
            else:
                put(_chunk(await model.ainvoke(messages)))
            put(None)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001  handed to the caller's thread, which maps it
            put(error)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._guard:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_run, args=(self._loop,), name="coach-model", daemon=True).start()
            return self._loop

    def _model(self, tokens: int, manners: Manners) -> BaseChatModel:
        with self._guard:
            key = (tokens, manners.temperature)
            if key not in self._made:
                self._made[key] = self._build(tokens, manners)
            return self._made[key]

    def _build(self, tokens: int, manners: Manners) -> BaseChatModel:
        """The chat model as LangChain knows it, with nothing between us and its failures: no retries, redirects or tracing."""
        values: dict[str, Any] = {"max_retries": 0, "timeout": self.settings.model_timeout}
        if manners.temperature:
            values["temperature"] = 0
        try:
            from langchain.chat_models import init_chat_model

            if self.endpoint.provider == "openai":
                values |= self._openai(tokens)
            else:
                values["max_tokens"] = tokens
            made: BaseChatModel = init_chat_model(self.endpoint.name, model_provider=self.endpoint.provider, **values)
            return made
        except (ImportError, ValueError) as error:
            code = "no_key" if "key" in str(error).lower() else "no_provider"
            raise failure(code, model=self.endpoint.model) from None

    def _openai(self, tokens: int) -> dict[str, Any]:
        import openai

        key = self.settings.openai_api_key.get_secret_value()
        if not key and not self.endpoint.address:
            raise failure("no_key", model=self.endpoint.model)
        if self._client is None:
            # A redirect would carry the whole prompt to another host; a proxy would carry what is on loopback out of it.
            self._client = openai.DefaultAsyncHttpxClient(follow_redirects=False, trust_env=not self.endpoint.local)
        # Its own limit on the wait for a piece is off: the deadline is ours, and a slow machine may need minutes for the first.
        values: dict[str, Any] = {"api_key": key or "none", "http_async_client": self._client, "stream_chunk_timeout": None}
        if not self.endpoint.address:
            return values | {"max_tokens": tokens}
        # Compatible servers know `max_tokens`, and few its successor; nor do they serve the newer Responses API.
        return values | {
            "base_url": self.endpoint.address,
            "extra_body": {"max_tokens": tokens},
            "use_responses_api": False,
        }


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _concede(manners: Manners, error: Exception) -> Manners | None:
    """Manners with one demand fewer: the one that the refusal names, else the next; nothing when none is left."""
    said = str(error).lower()
    kept = [(name, word) for name, word in _CONCESSIONS if getattr(manners, name)]
    if not kept:
        return None
    named = next((name for name, word in kept if word in said), kept[0][0])
    return replace(manners, **{named: False})


def estimated_tokens(characters: int) -> int:
    """About how many tokens a text of so many characters is."""
    return int(characters / CHARACTERS_A_TOKEN) + 1


def _chunk(message: Any) -> _Chunk:
    """What a piece of a reply says; tool calls and other kinds of content say nothing."""
    used = getattr(message, "usage_metadata", None)
    tokens = (_count(used.get("input_tokens")), _count(used.get("output_tokens"))) if used else None
    ended = (value for name, value in (message.response_metadata or {}).items() if name.endswith("reason") and value)
    finished = str(next(ended, ""))
    return _Chunk(visible(str(message.text)), tokens, finished)


def _count(tokens: Any) -> int:
    """A number of tokens as an endpoint gives it; none where it cannot be one."""
    return tokens if isinstance(tokens, int) and 0 <= tokens <= MOST_TOKENS else 0


def _without_system(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    from langchain_core.messages import HumanMessage

    return [HumanMessage("\n\n".join(message.text for message in messages))]


def _status(error: Exception) -> int | None:
    """The HTTP status of a provider's error, where it has one."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def _names(error: BaseException | None) -> str:
    """The class names of an error and what caused it."""
    names: list[str] = []
    while error is not None and len(names) < 6:
        names.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return " ".join(names)


def _passing(error: Exception, status: int | None) -> bool:
    """Whether a failure may pass by itself."""
    return status in (408, 409, 429) or (status or 0) >= 500 or (status is None and "Connect" in _names(error))


def _wait(error: Exception, tries: int) -> float:
    """Seconds before the next try: what the server asks for, else a little longer each time."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError, TypeError):
            continue
    return FIRST_WAIT * 2.0 ** (tries - 1)


def _code(error: Exception, status: int | None) -> str:
    """The code of a failure, by its HTTP status, else by the names of the errors."""
    if status is not None:
        if status in _STATUS:
            return _STATUS[status]
        if 300 <= status < 400:
            return "redirect"
        return "server" if status >= 500 else "refused"
    names = _names(error)
    if "Timeout" in names:
        return "slow"
    if any(word in names for word in ("Connect", "Protocol", "Network", "ReadError", "WriteError")):
        return "unreachable"
    return "garbled"
