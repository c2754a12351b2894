"""Lets the configured frontends, and no other site, call the user endpoints from a browser."""

import re

from flask import Blueprint, Response, request


def init_blueprint(blueprint: Blueprint, origins: tuple[str, ...], *, method: str = "POST") -> None:
    """Allow `origins` to call the routes of `blueprint`.

    An origin that ends with `:*` stands for every port of a developer's own machine.
    """
    patterns = [re.escape(origin).replace(r"\*", r"\d+") for origin in origins]
    allowed = re.compile("|".join(patterns) or "(?!)", re.ASCII)

    @blueprint.after_request
    def allow_origin(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin", "")
        if not allowed.fullmatch(origin):
            return response
        response.access_control_allow_origin = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = method
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response.access_control_max_age = 3600
        return response
