"""For operators: liveness, readiness and metrics."""

import os
import time

import structlog
from flask import Blueprint, Flask, Response, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from webhook_service.database import Database

log = structlog.get_logger(__name__)

REQUESTS = Counter(
    "lplate_http_requests_total", "Requests by route and answer", ["route", "method", "status"]
)
DURATION = Histogram("lplate_http_request_seconds", "Time to answer a request", ["route"])


def make_blueprint(database: Database) -> Blueprint:
    """Make /healthz, /readyz and /metrics. Keep /metrics away from the public.

    `database` is a connection that only they use: a probe waits for no request.
    """
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/healthz")
    def healthz() -> dict[str, str]:
        """Answer as long as the process can answer at all."""
        return {"status": "ok"}

    @blueprint.get("/readyz")
    def readyz() -> dict[str, str]:
        """Answer 503 while the database is away."""
        database.ping()
        return {"status": "ok"}

    @blueprint.get("/metrics")
    def metrics() -> Response:
        """Return the counters of every worker process in Prometheus' format."""
        registry = REGISTRY
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    return blueprint


def init_app(app: Flask) -> None:
    """Count every request, and log each but the probes' by its route, never by its URL."""

    @app.after_request
    def record(response: Response) -> Response:
        route = str(request.url_rule or "unknown")
        seconds = time.perf_counter() - g.started
        REQUESTS.labels(route, request.method, response.status_code).inc()
        DURATION.labels(route).observe(seconds)
        if request.blueprint != "health":
            log.info(
                "request_answered",
                route=route,
                method=request.method,
                status=response.status_code,
                code=g.get("problem_code"),
                milliseconds=round(seconds * 1000, 1),
            )
        return response
