"""The default path opens no connection, asks for no name, and loads nothing that only a language model needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import guidance
from conftest import settings_in

SCRIPT = """
import socket, sys

tried = []


def refuse(*args, **kwargs):
    tried.append(args)
    raise OSError("no network here")


class Blocked(socket.socket):
    connect = connect_ex = sendto = sendmsg = listen = refuse


socket.socket = Blocked
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = socket.gethostbyaddr = socket.getfqdn = refuse

from coach import Coach

coach = Coach()
report = coach.sync()
found = coach.search("herinnering", 2)
answer = coach.ask("Hoe lang wacht ik met een herinnering als mijn mentor stil blijft?", "gesprek")
heavy = sorted({name.partition(".")[0] for name in sys.modules} & {"langchain", "langchain_core", "langsmith", "openai", "torch"})
draft = coach.draft("outreach", {})
review = coach.review("outreach", "Wil je mijn mentor worden?")
print(report.added, len(found.hits), bool(answer.citations), bool(draft.body), bool(review.findings), tried, heavy)
"""


def test_nothing_is_connected_and_no_name_is_asked_for(tmp_path: Path, warm_home: Path) -> None:
    settings = settings_in(tmp_path)
    guidance.put(settings.knowledge[0], guidance.DUTCH)
    shutil.copytree(warm_home, settings.home)
    environment = os.environ | {"COACH_HOME": str(settings.home), "COACH_KNOWLEDGE": str(settings.knowledge[0])}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "3 2 True True True [] []\n", done.stderr
