"""Request bodies of the user endpoints: JSON, checked against a model before anything happens."""

from typing import TypeVar

from flask import current_app, request
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import RequestEntityTooLarge

from webhook_service.problems import Problem


class Body(BaseModel):
    """A request body; fields that nobody asked for are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


BodyT = TypeVar("BodyT", bound=Body)


def parse_body(model: type[BodyT]) -> BodyT:
    """Return the body of the current request as `model`; answer 415 or 422 if it is none."""
    require_json()
    try:
        return model.model_validate_json(read_body())
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        named = [": ".join(filter(None, [_place(fault), _words(fault)])) for fault in faults]
        raise Problem(
            422,
            "invalid_request",
            "The request body is not as expected.",
            hint=". ".join(named) + ".",
        ) from None


def _place(fault: ErrorDetails) -> str:
    """Return the field that is wrong; empty if it is the body as a whole."""
    return ".".join(map(str, fault["loc"]))


def _words(fault: ErrorDetails) -> str:
    """Return what is wrong, without pydantic's own word for it."""
    return fault["msg"].removeprefix("Value error, ")


def read_body() -> bytes:
    """Return the body of the current request; answer 413 if it is longer than is allowed.

    A body in chunks has no length to be judged by, and werkzeug cuts it at the limit in silence.
    """
    try:
        body = request.get_data(cache=False)
    except ParseException:
        raise Problem(400, "bad_request", "The body is not encoded as its headers say.") from None
    if request.content_length is None and len(body) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
    return body


def require_json() -> None:
    """Answer 415 unless the current request says that its body is JSON."""
    if request.mimetype != "application/json":
        raise Problem(
            415,
            "unsupported_content_type",
            "The body must be JSON.",
            hint="Send the header Content-Type: application/json.",
        )
