"""Where the index stands, and who owns it: one process at a time, named to the others."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from coach.errors import LockedError, StoreError
from coach.settings import Settings


def folder(settings: Settings) -> Path:
    """Where the index stands."""
    return settings.home / "index"


def catalogue_path(settings: Settings) -> Path:
    """The catalogue of the index."""
    return folder(settings) / "catalogue.sqlite3"


@contextmanager
def lock(settings: Settings, doing: str, wait: float, waiting: Callable[[str], None] = lambda _holder: None) -> Iterator[None]:
    """Own the index until left. Raises `LockedError` naming the holder when `wait` seconds were not enough."""
    from filelock import FileLock, Timeout

    base = folder(settings)
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(settings, error) from None
    owner = base / "holder.json"
    guard = FileLock(base / "lock")
    try:
        guard.acquire(timeout=0)
    except PermissionError as error:  # the folder is somebody else's, or on a disk that may only be read
        raise _unwritable(settings, error) from None
    except Timeout:
        waiting(holder(settings))
        try:
            guard.acquire(timeout=wait)
        except Timeout:
            raise LockedError(f"The index is in use by {holder(settings)}; wait until it is done, then try again.") from None
    try:
        owner.write_text(
            json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "doing": doing, "since": time.strftime("%H:%M:%S")})
        )
        yield
    finally:
        owner.unlink(missing_ok=True)
        guard.release()


def _unwritable(settings: Settings, error: OSError) -> StoreError:
    return StoreError(f"COACH_HOME: {settings.home} cannot be written ({error.strerror}); choose another folder.")


def holder(settings: Settings) -> str:
    """Who owns the index now, in words."""
    try:
        values = json.loads((folder(settings) / "holder.json").read_text())
    except (OSError, ValueError):
        return "another process"
    return f"process {values['pid']} on {values['host']} ({values['doing']}, since {values['since']})"
