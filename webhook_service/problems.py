"""Errors as problem details (RFC 9457): a stable `code`, and a `hint` where one helps."""

from http import HTTPStatus

import stripe
import structlog
from flask import Flask, Response, g, jsonify
from werkzeug.exceptions import HTTPException

from lplate.postgres import DatabaseUnavailable, Refused

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = "5"
# How long a rule makes who asks too often wait.
WAIT_SECONDS = {
    "too_soon": "60",
    "too_many_links": "3600",
    "too_many_cards": "3600",
    "too_many_checkouts": "3600",
    "too_many_portal_pages": "3600",
}
CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.NOT_FOUND: "no_such_route",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "unsupported_content_type",
}


class Problem(Exception):
    """An error that the caller is told about, with what to do next."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        hint: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.headers = headers or {}


def _respond(problem: Problem) -> Response:
    body = {
        "type": f"urn:lplate:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": g.request_id,
    }
    response = jsonify(body | ({"hint": problem.hint} if problem.hint else {}))
    response.status_code = problem.status
    response.content_type = "application/problem+json"
    response.headers.update(problem.headers)
    g.problem_code = problem.code
    return response


def _of_http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    code = CODES.get(HTTPStatus(status), "http_error")
    detail = error.description or HTTPStatus(status).phrase
    headers = {name: value for name, value in error.get_headers() if name == "Allow"}
    return _respond(Problem(status, code, detail, headers=headers))


def _of_refusal(error: Refused) -> Response:
    headers = {"Retry-After": WAIT_SECONDS[error.code]} if error.code in WAIT_SECONDS else None
    return _respond(
        Problem(error.status, error.code, error.message, hint=error.hint, headers=headers)
    )


def _of_unavailable_database(error: DatabaseUnavailable) -> Response:
    log.error("database_unavailable", reason=str(error))
    return _respond(
        Problem(
            503,
            "database_unavailable",
            "The service cannot reach its database at the moment.",
            hint="Send the same request again in a few seconds.",
            headers={"Retry-After": RETRY_AFTER_SECONDS},
        )
    )


def _of_stripe_error(error: stripe.StripeError) -> Response:
    # The SDK gives some classes of errors their code only inside.
    code = error.code or (error.error.code if error.error else None)
    log.error(
        "stripe_call_failed",
        error=type(error).__name__,
        stripe_status=error.http_status,
        stripe_code=code,
        stripe_request_id=error.request_id,
    )
    if code == "account_invalid":
        return _respond(
            Problem(
                409,
                "account_disconnected",
                "This Stripe account is no longer connected to the platform.",
                hint="Call retire_connect_account, then begin with POST /connect/onboarding-links.",
            )
        )
    if isinstance(error, stripe.InvalidRequestError | stripe.CardError):
        return _respond(Problem(502, "stripe_refused", "Stripe refused this request."))
    return _respond(
        Problem(
            503,
            "stripe_unavailable",
            "Stripe cannot be used at the moment.",
            hint="Send the same request again in a few seconds; nothing is done twice.",
            headers={"Retry-After": RETRY_AFTER_SECONDS},
        )
    )


def _of_unknown_error(error: Exception) -> Response:
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    return _respond(
        Problem(
            500,
            "internal_error",
            "Something went wrong on our side.",
            hint="Try again later. If it stays so, report the request_id.",
        )
    )


def init_app(app: Flask) -> None:
    """Answer every error of the service as a problem."""
    app.register_error_handler(Problem, _respond)
    app.register_error_handler(HTTPException, _of_http_exception)
    app.register_error_handler(Refused, _of_refusal)
    app.register_error_handler(DatabaseUnavailable, _of_unavailable_database)
    app.register_error_handler(stripe.StripeError, _of_stripe_error)
    app.register_error_handler(Exception, _of_unknown_error)
