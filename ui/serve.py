"""Serving the page: the options that Streamlit is started with, the same for a checkout and an installed wheel."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from coach import SettingsError

ADDRESS = "127.0.0.1"
PORT = 8501
# Loopback only, no usage statistics, no watching of files, no fonts from elsewhere; colours with a contrast of at least 4.5 to 1.
# `allowedHosts` are the names that a browser may use: a page elsewhere whose name resolves to here is refused.
OPTIONS: dict[str, str | tuple[str, ...]] = {
    "server.address": ADDRESS,
    "server.allowedHosts": (ADDRESS, "localhost"),
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
    "server.maxUploadSize": "50",
    "browser.serverAddress": ADDRESS,
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "logger.hideWelcomeMessage": "true",
    "theme.font": "sans-serif",
    "theme.baseRadius": "medium",
    "theme.light.primaryColor": "#0b5e52",
    "theme.light.linkColor": "#0b5e52",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f1f5f3",
    "theme.light.textColor": "#1c2426",
    "theme.light.borderColor": "#c9d3cf",
    "theme.dark.primaryColor": "#5cc4b0",
    "theme.dark.linkColor": "#7fd6c5",
    "theme.dark.backgroundColor": "#12181a",
    "theme.dark.secondaryBackgroundColor": "#1d2628",
    "theme.dark.textColor": "#edf2f1",
    "theme.dark.borderColor": "#3a4749",
}


def command(port: int) -> list[str]:
    """How the page is started. Raises `SettingsError` when Streamlit is not installed or the port is taken."""
    if importlib.util.find_spec("streamlit") is None:
        raise SettingsError("The page needs Streamlit; run: pip install 'mentoring-coach[page]'.")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((ADDRESS, port))
        except OSError as error:
            raise SettingsError(
                f"Port {port} cannot be used ({error.strerror}); free it, or run 'coach ui --port {port % 65_535 + 1}'."
            ) from None
    wanted = {**OPTIONS, "server.port": str(port)}
    options = [
        f"--{name}={value}" for name, values in wanted.items() for value in (values if isinstance(values, tuple) else (values,))
    ]
    return [sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name("app.py")), *options]


def serve(wanted: list[str]) -> NoReturn:
    """Serve the page until it is stopped. This process becomes Streamlit's, so that whoever stops it stops the page."""
    if sys.platform == "win32":  # where a process cannot become another one
        raise SystemExit(subprocess.call(wanted))
    os.execv(wanted[0], wanted)
