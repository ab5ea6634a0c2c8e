"""Where the chat model stands: its name, its address, and whether that is this machine itself."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from coach.errors import ModelError
from coach.model.prompts import failure
from coach.settings import Settings


@dataclass(frozen=True)
class Endpoint:
    """A model as `COACH_MODEL` names it, and the address it is reached at; empty where that is the provider's own."""

    provider: str
    name: str
    address: str

    @property
    def model(self) -> str:
        """The model as the setting has it."""
        return f"{self.provider}:{self.name}"

    @property
    def where(self) -> str:
        """The address as people are shown it: without user, password or query."""
        parts = urlsplit(self.address)
        if not parts.hostname:
            return self.provider
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"

    @property
    def local(self) -> bool:
        """Whether the address is on loopback, so that nothing leaves this machine.

        Only an address that says so itself counts; a provider with an address of its own is taken to be elsewhere.
        """
        host = urlsplit(self.address).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def endpoint(settings: Settings) -> Endpoint | None:
    """The endpoint of the settings; none where no model is set. Raises `ModelError` for a name or address that cannot be one."""
    setting = settings.model.strip()
    if not setting:
        return None
    provider, _, name = setting.partition(":")
    if not provider or not name:
        raise failure("bad_setting", model=setting)
    address = settings.openai_base_url if provider == "openai" else ""
    try:
        parts = urlsplit(address)
        usable = not address or (parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0)
    except ValueError:
        usable = False
    if not usable:
        raise failure("bad_address", model=setting)
    return Endpoint(provider, name, address)


__all__ = ["Endpoint", "ModelError", "endpoint"]
