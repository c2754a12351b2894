"""The HTTP server: authentication, faults, idempotency, then the endpoint itself.

A call goes through the same layers as at Stripe, in this order: the key, the rate limiter,
idempotency, validation of parameters, execution. A script of faults can break each of them.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from flask import Flask, Response, redirect, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from . import (  # noqa: F401  (register endpoints)
    account_sessions,
    accounts_v2,
    balance,
    bank_payouts,
    catalogue,
    charges,
    checkout,
    connect,
    customers,
    disputes,
    endpoints,
    fraud,
    holds,
    invoices,
    payments,
    refunds,
    setup_intents,
    subscriptions,
)
from .control import Control, control_blueprint
from .errors import (
    StripeError,
    balance_insufficient,
    destination_restricted,
    invalid,
    key_in_use,
    rate_limit,
    server_error,
)
from .faults import Fault, Faults
from .idempotency import Answer, Idempotency, Record
from .keeping import Keeper
from .params import as_texts, decode, validate
from .permissions import refuse_without
from .routes import ENDPOINTS, Endpoint, expand
from .webhooks import deliver
from .world import API_VERSION, Json, Request, World

GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
EXECUTED_ERRORS: dict[str, Callable[[], StripeError]] = {
    "balance_insufficient": balance_insufficient,
    "destination_restricted": destination_restricted,
}
FORBIDDEN = "This API call cannot be made with a publishable API key."


class Dropped(ConnectionError):
    """The connection ends here, without (the rest of) an answer."""


class Gate:
    """Where requests stand still in the middle until a test lets them go."""

    def __init__(self) -> None:
        self.held = 0
        self._is_lost = False
        self._released = threading.Event()

    def hold(self) -> None:
        self.held += 1
        self._released.wait()
        if self._is_lost:
            raise Dropped("hold")

    def release(self, *, is_lost: bool) -> None:
        self._is_lost = is_lost
        self._released.set()


@dataclass
class Call:
    """One request on its way through the layers; a line of the request log."""

    id: str
    endpoint: Endpoint
    path: str
    ids: dict[str, str]
    fault: Fault | None
    line: Json

    def has_fault(self, kind: str, when: str | None = None) -> bool:
        return (
            self.fault is not None and self.fault.kind == kind and when in (None, self.fault.when)
        )


class Server:
    """The stand-in's whole state, and the WSGI application in front of it."""

    def __init__(self, seed: int = 0, now: float | None = None) -> None:
        self.url = ""
        self.publishable_key = "pk_test_fake"
        self.stopping = threading.Event()
        self.http = httpx.Client(timeout=60, trust_env=False)
        self.reset(seed, now)

    def reset(
        self, seed: int = 0, now: float | None = None, starts_at: float | None = None
    ) -> None:
        self.world = World(self.url, self.http, seed, now, starts_at)
        self.faults = Faults()
        self.idempotency = Idempotency(self.world.clock.now)
        self.api_keys = {"sk_test_fake"}
        self.restricted_keys: dict[str, dict[str, str]] = {}
        self.requests: list[Json] = []
        self.gate = Gate()

    def take_over(self, world: World, answers: dict[str, Record], api_keys: set[str]) -> None:
        """Goes on with the state that another process has kept."""
        self.world, self.api_keys = world, api_keys
        self.idempotency = Idempotency(world.clock.now)
        self.idempotency.restore(answers)

    # Layers

    def answer(self, endpoint: Endpoint, ids: dict[str, str]) -> Response:
        with self.world.lock:
            call = self.admit(endpoint, ids)
        try:
            self.authenticate(call)
            answer, replayed = self.break_before(call) or self.execute_once(call)
        except StripeError as error:
            body = json.dumps(error.body(call.id), indent=2)
            answer, replayed = Answer(error.status, body, call.id), False
        call.line |= {"status": answer.status, "replayed": replayed}
        return self.respond(call, answer, replayed)

    def admit(self, endpoint: Endpoint, ids: dict[str, str]) -> Call:
        """Counts the request, whatever becomes of it, and finds the fault that strikes it."""
        fault = self.faults.next(request.method, request.path)
        line: Json = {
            "id": self.world.new_id("req_"),
            "at": self.world.clock.now(),
            "method": request.method,
            "path": request.path,
            "endpoint": endpoint.path,
            "params": request.get_data(as_text=True) or request.query_string.decode(),
            "idempotency_key": request.headers.get("Idempotency-Key"),
            "account": request.headers.get("Stripe-Account"),
            "fault": fault.kind if fault else None,
            "status": None,
            "replayed": False,
        }
        self.requests.append(line)
        return Call(line["id"], endpoint, request.path, ids, fault, line)

    def authenticate(self, call: Call) -> None:
        """The secret key opens everything; the publishable one, with an intent's client secret,
        what the customer's browser may do."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic" and request.authorization:
            key = request.authorization.username or ""
        if not key:
            raise StripeError(
                401,
                "invalid_request_error",
                "You did not provide an API key. You need to provide your API key in the"
                " Authorization header, using Bearer auth (e.g. 'Authorization: Bearer"
                " YOUR_SECRET_KEY').",
            )
        if key == self.publishable_key:
            secret = request.values.get("client_secret", "")
            intent = self.world.find(call.ids.get("id", ""))
            if not intent or not secret or intent.get("client_secret") != secret:
                raise invalid(FORBIDDEN, "secret_key_required", status=403)
            if call.endpoint.path.rsplit("/", 1)[-1] not in ("<id>", "confirm"):
                raise invalid(FORBIDDEN, "secret_key_required", status=403)
        elif key in self.restricted_keys:
            endpoint = call.endpoint
            refuse_without(self.restricted_keys[key], endpoint.method, endpoint.path)
        elif key not in self.api_keys:
            hidden = key[:8] + "*" * 8 + key[-4:]
            raise StripeError(401, "invalid_request_error", f"Invalid API Key provided: {hidden}")

    def break_before(self, call: Call) -> tuple[Answer, bool] | None:
        """Faults that keep the request from having any effect."""
        fault = call.fault
        if fault is None:
            return None
        if fault.kind == "rate_limit":
            raise rate_limit()
        if fault.kind == "conflict":
            raise key_in_use(call.line["idempotency_key"] or "")
        if fault.when == "before" and fault.kind == "error":
            raise server_error(fault.status)
        if fault.when == "before" and fault.kind in ("timeout", "reset"):
            self.drop(fault)
        if fault.when == "before" and fault.kind == "hold":
            self.gate.hold()
        if fault.when == "before" and fault.kind == "html":
            return Answer(200, "", call.id), False
        return None

    def execute_once(self, call: Call) -> tuple[Answer, bool]:
        """Executes a request, or replays what was kept under its key."""
        key = call.line["idempotency_key"]
        if request.method == "GET" or not key:
            return self.execute(call, self.parameters(call)), False
        kept = self.idempotency.begin(key, call.path, call.line["params"])
        if kept:
            return kept, True
        try:
            params = self.parameters(call)
            answer = self.execute(call, params)
        except BaseException:
            self.idempotency.abandon(key)
            raise
        self.idempotency.finish(key, answer)
        return answer, False

    def parameters(self, call: Call) -> Json:
        if call.path.startswith("/v2/") and request.method != "GET":
            raw = as_texts(json.loads(call.line["params"] or "{}"))
        else:
            raw = decode(call.line["params"])
        return validate(call.endpoint.spec, raw, call.endpoint.params_class)

    def execute(self, call: Call, params: Json) -> Answer:
        if call.has_fault("delay", "before"):
            self.wait(call.fault)
        try:
            if call.fault and call.fault.when == "kept":
                raise EXECUTED_ERRORS.get(call.fault.kind, server_error)()
            with self.world.lock:
                body = self.run_handler(call, params)
            if call.has_fault("error", "after"):
                raise server_error()
            status = 200
        except StripeError as error:
            status, body = error.status, error.body(call.id)
        if call.has_fault("delay", "after"):
            self.wait(call.fault)
        if call.has_fault("hold", "after"):
            self.gate.hold()
        return Answer(status, json.dumps(body, indent=2), call.id)

    def run_handler(self, call: Call, params: Json) -> Json:
        account = call.line["account"]
        if account:
            self.world.account(account)
        if account and request.method != "GET":
            raise StripeError(501, "api_error", "The stand-in only reads for connected accounts.")
        self.world.tick()
        self.world.request = Request(call.id, call.line["idempotency_key"], account)
        try:
            paths = params.pop("expand", [])
            body = call.endpoint.handler(self.world, params, *call.ids.values())
            return expand(self.world, body, paths)
        finally:
            self.world.request = Request()

    def respond(self, call: Call, answer: Answer, replayed: bool) -> Response:
        """Turns an answer into a response, unless a fault has it lost on the way."""
        fault = call.fault
        if fault and fault.when == "after" and fault.kind in ("timeout", "reset"):
            self.drop(fault)
        body, kind = answer.body, "application/json"
        if call.has_fault("html"):
            body, kind = GATEWAY_PAGE.format("Welcome to the network"), "text/html"
        elif call.has_fault("error", "before") and answer.status in (502, 503, 504):
            body, kind = GATEWAY_PAGE.format(f"{answer.status} upstream"), "text/html"
        response = Response(body, answer.status, content_type=kind)
        response.headers["Request-Id"] = call.id
        response.headers["Stripe-Version"] = API_VERSION
        if call.line["idempotency_key"]:
            response.headers["Idempotency-Key"] = call.line["idempotency_key"]
            response.headers["Original-Request"] = answer.request_id
        if replayed:
            response.headers["Idempotent-Replayed"] = "true"
        if answer.status == 500 and not call.has_fault("error", "before"):
            response.headers["Stripe-Should-Retry"] = "false"
        if call.has_fault("truncated"):
            response.headers["Content-Length"] = str(len(body) + 1000)
            response.automatically_set_content_length = False
            response.headers["Connection"] = "close"
        return response

    def drop(self, fault: Fault) -> None:
        self.wait(fault)
        if fault.kind == "reset":
            linger = struct.pack("ii", 1, 0)
            request.environ["werkzeug.socket"].setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
        raise Dropped(fault.kind)

    def wait(self, fault: Fault | None) -> None:
        self.stopping.wait(fault.seconds if fault else 0)

    # Application

    def create_app(self) -> Flask:
        app = Flask("fake_stripe")
        app.config["PROPAGATE_EXCEPTIONS"] = True
        for endpoint in ENDPOINTS:
            app.add_url_rule(
                endpoint.path,
                f"{endpoint.method} {endpoint.path}",
                self.view(endpoint),
                methods=[endpoint.method],
            )
        app.add_url_rule("/setup/e/<account>/<token>", "onboard", self.onboard)
        app.register_blueprint(control_blueprint(Control(self.url, self), self))
        app.before_request(answer_preflight)
        app.after_request(let_pages_read)
        app.register_error_handler(404, self.unknown_url)
        app.register_error_handler(405, self.unknown_url)
        return app

    def view(self, endpoint: Endpoint) -> Callable[..., Response]:
        def view(**ids: str) -> Response:
            return self.answer(endpoint, ids)

        return view

    def unknown_url(self, _: Exception) -> Response:
        error = invalid(
            f"Unrecognized request URL ({request.method}: {request.path}). If you are trying to"
            " list objects, remove the trailing slash. If you are trying to retrieve an object,"
            " make sure you passed a valid (non-empty) identifier in your code.",
            status=404,
        )
        return Response(json.dumps(error.body("req_none")), 404, mimetype="application/json")

    def onboard(self, account: str, token: str) -> Any:
        """The hosted onboarding page, with everything filled in: works once, as Stripe's does."""
        with self.world.lock:
            params = self.world.secrets.pop(token, None)
            if params is None:
                return Response("This link has expired.", 410, mimetype="text/plain")
            connect.set_account(self.world, account, status="active")
        return redirect(params["return_url"])


def answer_preflight() -> Response | None:
    """A browser's question before a page's call; no request of its own."""
    if request.method != "OPTIONS" or not request.path.startswith("/v1/"):
        return None
    asked = request.headers.get("Access-Control-Request-Headers", "")
    return Response(
        headers={
            "Access-Control-Allow-Methods": "GET, HEAD, PUT, PATCH, POST, DELETE",
            "Access-Control-Allow-Headers": asked,
            "Access-Control-Max-Age": "300",
        }
    )


def let_pages_read(response: Response) -> Response:
    """As Stripe's API does, and only there: the controls are for tests."""
    if request.path.startswith("/v1/"):
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Request-Id, Stripe-Should-Retry"
    return response


class Handler(WSGIRequestHandler):
    """Quiet; a connection that is to be reset is closed without the goodbye of a FIN."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        self.close_connection = True

    def finish(self) -> None:
        super().finish()
        lingers = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER)
        if lingers:
            self.connection.close()


class Running:
    """A server on 127.0.0.1, in threads of this process."""

    def __init__(
        self, port: int = 0, seed: int = 0, now: float | None = None, state: Path | None = None
    ) -> None:
        self.server = Server(seed, now)
        self._http: BaseWSGIServer = make_server(
            "127.0.0.1", port, self.server.create_app(), threaded=True, request_handler=Handler
        )
        self.url = self.server.url = self.server.world.url = (
            f"http://127.0.0.1:{self._http.server_port}"
        )
        self._threads: Iterable[threading.Thread] = ()
        self._keeper = Keeper(self.server, state) if state else None
        if self._keeper:
            self._keeper.read()

    def start(self) -> None:
        self._threads = [
            threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True),
            threading.Thread(target=self._deliver_in_background, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.server.stopping.set()
        self.server.gate.release(is_lost=True)
        self._http.shutdown()
        self._http.server_close()
        for thread in self._threads:
            thread.join(timeout=5)
        if self._keeper:
            self._keeper.write()
        self.server.http.close()

    def _deliver_in_background(self) -> None:
        while not self.server.stopping.wait(0.05):
            world = self.server.world
            if world.webhooks.options.background:
                with world.lock:
                    world.tick()
                deliver(world.webhooks, world.lock, world.clock.now)
            if self._keeper:
                self._keeper.write()
