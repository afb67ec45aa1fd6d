"""Alerts: telling people by webhook or e-mail; nobody is told until a deployment says whom.

Belongs here: sending a message. Addresses and passwords come from the environment alone, and no log, error or message
holds them. Does not belong here: what is worth an alert, and its words (``assets.alerts``).
"""

from __future__ import annotations

import http.client
import json
import smtplib
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import urlsplit

import stamina

from pipeline.errors import UserError
from pipeline.settings import Settings
from pipeline.theatres.live import is_loopback

TIMEOUT_S = 15
ATTEMPTS = 3
LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class Alert:
    """A message: a title of one line, the text, and the same facts by name for a program to read."""

    title: str
    text: str
    facts: dict[str, str] = field(default_factory=dict)


class _NotSentError(Exception):
    """A sending failed that may succeed when it is tried again; says why without saying where."""


def is_configured(settings: Settings) -> bool:
    """True where a deployment says whom to tell."""
    return bool(settings.alert_webhook.get_secret_value() or settings.alert_email_to)


def send(settings: Settings, alert: Alert) -> None:
    """Send a message to everyone whom the settings name; one who can't be reached stops no other.

    Raises:
        UserError: someone could not be told; the message names the setting, and never its value.
    """
    problems = []
    for is_wanted, post, name in (
        (bool(settings.alert_webhook.get_secret_value()), _post, "ISW_ALERT_WEBHOOK"),
        (bool(settings.alert_email_to), _mail, "ISW_ALERT_EMAIL_TO"),
    ):
        if is_wanted:
            try:
                stamina.retry(on=_NotSentError, attempts=ATTEMPTS, timeout=None)(post)(settings, alert)
            except (_NotSentError, UserError) as error:
                problems.append(f"{name}: {error}")
    if problems:
        raise UserError(f"an alert was not sent ({'; '.join(problems)}). It said: {alert.title}")


def _post(settings: Settings, alert: Alert) -> None:
    """POST as JSON: ``text``, which chat services show, and the facts."""
    address = settings.alert_webhook.get_secret_value()
    body = json.dumps({"text": f"{alert.title}\n{alert.text}"[:LONGEST_TEXT], **alert.facts}).encode()
    try:
        if urlsplit(address).scheme != "https" and not is_loopback(address):
            raise UserError("the address does not begin with https://")
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310 - as checked
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - as checked
            pass
    except urllib.error.HTTPError as error:
        raise _NotSentError(f"the server answered {error.code}") from None
    except (ValueError, http.client.InvalidURL) as error:
        # Their messages quote the address, in which a token may stand.
        raise UserError(f"the address is malformed ({type(error).__name__})") from None
    except (OSError, http.client.HTTPException) as error:
        raise _NotSentError(f"the server could not be reached ({type(error).__name__})") from None


def _mail(settings: Settings, alert: Alert) -> None:
    """One message to all; over an encrypted line unless the server is on this machine."""
    message = EmailMessage()
    message["Subject"] = " ".join(alert.title.split())
    message["From"] = settings.alert_email_from
    message["To"] = settings.alert_email_to
    message.set_content(alert.text)
    password = settings.smtp_password.get_secret_value()
    try:
        with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_S) as server:
            if not is_loopback(f"smtp://{settings.smtp_host}"):
                server.starttls(context=ssl.create_default_context())
            if password:
                server.login(settings.smtp_user, password)
            server.send_message(message)
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise _NotSentError(f"the mail server did not take it ({type(error).__name__})") from None
