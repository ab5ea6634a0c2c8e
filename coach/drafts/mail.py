"""A draft as a mail that a mail program opens to be looked at, completed and sent (RFC 5322; `X-Unsent` as Outlook reads it)."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from coach.errors import DraftError


def mail(subject: str, body: str, to: str = "") -> bytes:
    """The file (.eml), unsent. Raises `DraftError` for an address that is none."""
    message = EmailMessage(policy=SMTP)
    message["X-Unsent"] = "1"
    message["Subject"] = " ".join(subject.split())
    if to.strip():
        try:
            message["To"] = to.strip()
            whole = bool(message["To"].addresses) and all(one.domain for one in message["To"].addresses)
        except (ValueError, IndexError):
            whole = False
        if not whole:
            raise DraftError(f"'{to.strip()}' is no email address; write it as name@example.org, or leave it empty.")
    message.set_content(body)
    return bytes(message)
