"""Ten people at the page against one: `python -m benchmarks.users`.

Each simulated user is a session over Streamlit's own websocket, as a browser opens it, with its own conversation; a question is
asked, and the time counts until the script has drawn the whole answer. One user asks alone; then ten users, each thinking between
two questions as people do; and then ten at the very same moment, which is the worst that can happen. Prints medians and 95th
percentiles in milliseconds. Drawing in the browser is not in the figures; it happens on each user's own machine.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from coach import Coach, load_settings
from ui.serve import ADDRESS, command

USERS, ROUNDS = 10, 6
THINKING = (4.0, 12.0)  # seconds between two questions of a person
QUESTIONS = (
    "Mijn mentor reageert al weken niet. Wat nu?",
    "Hoe bedank ik na een eerste gesprek?",
    "Hoe vertel ik mijn mentee dat ze steeds te laat komt?",
    "How do I match mentors and mentees?",
    "Which questions do I ask instead of giving advice?",
    "Mag ik meteen vragen of iemand mijn mentor wil worden?",
)


async def answered(port: int, conversation: str) -> float:
    """Seconds until a page that is opened on a conversation with a waiting question has drawn the answer."""
    import websockets
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    address, origin = f"ws://{ADDRESS}:{port}/_stcore/stream", f"http://{ADDRESS}:{port}"
    async with websockets.connect(address, origin=origin, subprotocols=["streamlit"], max_size=None) as connection:  # type: ignore[arg-type, list-item]
        asked = BackMsg()
        asked.rerun_script.query_string = f"lang=nl&c={conversation}"
        started = time.perf_counter()
        await connection.send(asked.SerializeToString())
        async for raw in connection:
            if not isinstance(raw, bytes):
                continue
            told = ForwardMsg()
            told.ParseFromString(raw)
            done = told.WhichOneof("type") == "script_finished"
            if done and told.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                return time.perf_counter() - started
    raise RuntimeError("the page closed the connection before it had answered")


async def person(port: int, coach: Coach, number: int, rounds: int, *, thinks: bool) -> list[float]:
    """The times of one user's questions."""
    dice = random.Random(number)
    times = []
    for step in range(rounds):
        if thinks:
            await asyncio.sleep(dice.uniform(*THINKING))
        conversation = coach.history.new()
        coach.history.wait(conversation, QUESTIONS[(number + step) % len(QUESTIONS)])
        times.append(await answered(port, conversation))
    return times


async def together(port: int, coach: Coach, users: int, rounds: int, *, thinks: bool) -> list[float]:
    """The times of several users at once."""
    found = await asyncio.gather(*(person(port, coach, number, rounds, thinks=thinks) for number in range(users)))
    return [one for times in found for one in times]


def told(name: str, times: Sequence[float]) -> float:
    """Print one line; give the median in seconds."""
    ordered = sorted(times)
    middle, late = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
    print(f"{name:36s} n={len(ordered):3d}  p50 {1000 * middle:6.0f} ms  p95 {1000 * late:6.0f} ms")
    return middle


async def measure(port: int, coach: Coach) -> None:
    """All three situations."""
    await together(port, coach, 1, 3, thinks=False)
    alone = told("one user", await together(port, coach, 1, ROUNDS * 2, thinks=False))
    ten = told("ten users, thinking in between", await together(port, coach, USERS, ROUNDS, thinks=True))
    burst = told("ten users at the very same moment", await together(port, coach, USERS, 1, thinks=False))
    print(f"ten against one: {ten / alone:.2f} times the time; at the same moment {burst / alone:.2f} times")


def main() -> None:
    """Serve a page of its own, and measure it."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        coach = Coach(load_settings(home=Path(folder)))
        coach.sync()
        free.bind((ADDRESS, 0))
        port = free.getsockname()[1]
        free.close()
        environment = {**os.environ, "COACH_HOME": folder}
        with subprocess.Popen(command(port), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                for _ in range(200):
                    try:
                        urllib.request.urlopen(f"http://{ADDRESS}:{port}/_stcore/health", timeout=1).close()
                        break
                    except OSError:
                        time.sleep(0.1)
                asyncio.run(measure(port, coach))
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
