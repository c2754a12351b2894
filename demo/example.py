"""Serves the example frontend, as it was built, with the addresses of a running stack."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tools.cluster import ROOT

BUILT = ROOT / "examples" / "web" / "dist"


class Example:
    """The pages on a port of their own: to the rest of the stack they are another origin."""

    def __init__(self, port: int) -> None:
        self.addresses: Mapping[str, Any] = {}
        self._server = ExampleServer(self, port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @staticmethod
    def is_built() -> bool:
        """Whether `make` has built the pages."""
        return (BUILT / "index.html").exists()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class ExampleServer(ThreadingHTTPServer):
    """Listens on this machine only."""

    daemon_threads = True

    def __init__(self, example: Example, port: int) -> None:
        self.example = example
        super().__init__(("127.0.0.1", port), ExampleHandler)


class ExampleHandler(SimpleHTTPRequestHandler):
    """The files of the build, and config.json as this stack has it."""

    server: ExampleServer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments, directory=str(BUILT))

    def do_GET(self) -> None:
        """Answer with a file."""
        if self.path != "/config.json":
            return super().do_GET()
        body = json.dumps(dict(self.server.example.addresses)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def end_headers(self) -> None:
        """A page that was built anew is not shown from a cache."""
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
