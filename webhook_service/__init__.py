"""The Flask service between Stripe and Postgres: it carries messages and decides nothing."""

import re
import time
from uuid import uuid4

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from lplate import logs
from lplate.stripe_client import make_stripe_client
from webhook_service import (
    billing,
    calendars,
    connect,
    cors,
    health,
    messages,
    papers,
    payment_intents,
    problems,
    stripe_webhooks,
)
from webhook_service.auth import Authenticator
from webhook_service.config import Config
from webhook_service.database import Database
from webhook_service.deadline import DeadlineSession

MAX_BODY_BYTES = 512 * 1024
REQUEST_ID = re.compile(r"[\w.-]{1,128}", re.ASCII)


def create_app(config: Config) -> Flask:
    """Make the service. Nothing is read from the environment, and no connection is made yet."""
    logs.configure()
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES, PROVIDE_AUTOMATIC_OPTIONS=False)

    database = Database(
        config.webhook_service_database_url.get_secret_value(),
        login="webhook_service",
        size=config.webhook_service_threads,
        timeout=config.database_pool_timeout_seconds,
    )
    probe = Database(
        config.webhook_service_database_url.get_secret_value(),
        login="webhook_service",
        size=1,
        timeout=config.database_pool_timeout_seconds,
    )
    app.extensions["databases"] = (database, probe)
    session = DeadlineSession(config.stripe_timeout_seconds)
    stripe = make_stripe_client(config, retries=1, session=session)
    auth = Authenticator(config)

    _identify_requests(app)
    health.init_app(app)
    problems.init_app(app)
    app.register_blueprint(health.make_blueprint(probe))
    app.register_blueprint(stripe_webhooks.make_blueprint(config, database))
    app.register_blueprint(messages.make_blueprint(config, database))
    app.register_blueprint(calendars.make_blueprint(database))
    for users in (
        payment_intents.make_blueprint(database, stripe, auth, config.stripe_publishable_key),
        connect.make_blueprint(config, database, stripe, auth),
        billing.make_blueprint(config, database, stripe, auth),
    ):
        cors.init_blueprint(users, config.cors_origins)
        app.register_blueprint(users)
    read = papers.make_blueprint(config, database, auth)
    cors.init_blueprint(read, config.cors_origins, method="GET")
    app.register_blueprint(read)
    return app


def _identify_requests(app: Flask) -> None:
    """Give every request an id, the caller's own if it sends one, for its log lines and answer."""

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        sent = request.headers.get("X-Request-Id", "")
        g.request_id = sent if REQUEST_ID.fullmatch(sent) else str(uuid4())
        clear_contextvars()
        bind_contextvars(request_id=g.request_id)

    @app.after_request
    def label(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
