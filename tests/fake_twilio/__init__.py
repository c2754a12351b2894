"""A stand-in for Twilio's API over HTTP: messages are sent, listed and refused as there.

Shapes from the Message resource of Twilio's OpenAPI (github.com/twilio/twilio-oai,
twilio_api_v2010.json) and its error bodies. The faults are those of a network: an answer that is
lost after the message was sent, or before.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

ACCOUNT = f"AC{'0' * 32}"
TOKEN = "12345"

Fault = Literal["lose_after", "lose_before", "time_out_after"] | tuple[int, int | None]


@dataclass
class FakeTwilio:
    """One account. `faults` are for the next calls that send, in their order."""

    now: datetime
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[Fault] = field(default_factory=deque)
    approvals: dict[str, str] = field(default_factory=dict)
    page_size: int = 100

    def __enter__(self) -> Self:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = parse_qs(self.rfile.read(length).decode())
                fake._send(self, {name: values[0] for name, values in form.items()})

            def do_GET(self) -> None:
                fake._show(self)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def environment(self) -> dict[str, str]:
        """The jobs' settings for this account."""
        return {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE": self.url,
            "TWILIO_CONTENT_BASE": self.url,
            "TWILIO_SMS_FROM": "+15005550006",
            "TWILIO_WHATSAPP_FROM": "+15005550007",
            "SERVICE_URL": "https://service.example.com",
        }

    def _send(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        fault = self.faults.popleft() if self.faults else None
        if fault == "lose_before":
            request.close_connection = True
            return
        if isinstance(fault, tuple):
            status, code = fault
            words = "The message cannot be sent."
            _answer(request, status, {"code": code, "message": words, "status": status})
            return
        message: dict[str, Any] = {
            "sid": f"SM{uuid4().hex}",
            "account_sid": ACCOUNT,
            "to": form["To"],
            "from": form["From"],
            "body": form.get("Body", ""),
            "status": "queued",
            "direction": "outbound-api",
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "date_created": format_datetime(self.now),
            "date_sent": None,
            "form": form,
        }
        self.messages.insert(0, message)
        if fault == "lose_after":
            request.close_connection = True
            return
        if fault == "time_out_after":
            _answer(request, 408, {"message": "Request timeout"})
            return
        _answer(request, 201, _public(message))

    def _show(self, request: BaseHTTPRequestHandler) -> None:
        address = urlsplit(request.path)
        if address.path.startswith("/v1/Content/"):
            status = self.approvals.get(address.path.split("/")[3])
            if status is None:
                _answer(request, 404, {"code": 20404, "message": "Not found", "status": 404})
            else:
                _answer(request, 200, {"whatsapp": {"type": "whatsapp", "status": status}})
            return
        wanted = {name: values[0] for name, values in parse_qs(address.query).items()}
        found = [
            _public(message)
            for message in self.messages
            if message["to"] == wanted.get("To", message["to"])
            and message["from"] == wanted.get("From", message["from"])
            and ("DateSent" not in wanted or _day_of(message) == wanted["DateSent"])
        ]
        begin = int(wanted.get("Page", "0")) * self.page_size
        page = found[begin : begin + self.page_size]
        following = None
        if begin + self.page_size < len(found):
            query = wanted | {"Page": str(begin // self.page_size + 1)}
            following = f"{address.path}?{urlencode(query)}"
        content = {"messages": page, "page_size": self.page_size, "next_page_uri": following}
        _answer(request, 200, content)

    def settle(self, message: dict[str, Any], status: str, error_code: int | None = None) -> None:
        """The message has arrived, or has not; whether anybody is told is another matter."""
        message |= {
            "status": status,
            "error_code": error_code,
            "date_sent": format_datetime(self.now),
        }

    def receive(self, sender: str, to: str, body: str) -> dict[str, Any]:
        """Somebody answers."""
        message: dict[str, Any] = {
            "sid": f"SM{uuid4().hex}",
            "account_sid": ACCOUNT,
            "to": to,
            "from": sender,
            "body": body,
            "status": "received",
            "direction": "inbound",
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "date_created": format_datetime(self.now),
            "date_sent": format_datetime(self.now),
        }
        self.messages.insert(0, message)
        return message


def _day_of(message: dict[str, Any]) -> str | None:
    """The day, in UTC, on which it was sent."""
    sent = message["date_sent"]
    return sent and parsedate_to_datetime(sent).astimezone(UTC).date().isoformat()


def _public(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "form"}


def _answer(request: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)
