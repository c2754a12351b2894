"""Who is calling: verifies the JWT that Supabase Auth gave to a signed-in user."""

from typing import Any
from uuid import UUID

import jwt
import structlog
from flask import request

from webhook_service.config import Config
from webhook_service.database import Caller
from webhook_service.problems import RETRY_AFTER_SECONDS, Problem

log = structlog.get_logger(__name__)


class Authenticator:
    """Verifies tokens by the project's published keys (JWKS) or by its shared secret.

    Each way is pinned to its own algorithms, so that a token cannot choose how it is verified.
    """

    def __init__(self, config: Config) -> None:
        self._secret = config.supabase_jwt_secret
        self._keys = (
            jwt.PyJWKClient(config.supabase_jwks_url, timeout=5)
            if config.supabase_jwks_url
            else None
        )

    def user_id(self) -> UUID:
        """Return the id of the user who makes the current request; answers as `caller` does."""
        return self.caller().user_id

    def caller(self) -> Caller:
        """Return the user who makes the current request.

        Answers 401 without a valid token, 403 to a token that is not a signed-in user's.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _unauthorized("missing_token", "This request needs a signed-in user.")
        try:
            claims = self._claims(token.strip())
            user_id = UUID(claims["sub"])
        except jwt.PyJWKClientConnectionError:
            raise Problem(
                503,
                "sign_in_unavailable",
                "The keys that verify sign-ins cannot be fetched at the moment.",
                hint="Send the same request again in a few seconds.",
                headers={"Retry-After": RETRY_AFTER_SECONDS},
            ) from None
        except jwt.ExpiredSignatureError:
            raise _unauthorized("token_expired", "The sign-in has expired.") from None
        except (jwt.PyJWTError, ValueError) as error:
            log.warning("token_rejected", reason=type(error).__name__)
            raise _unauthorized("invalid_token", "The token is not valid.") from None
        if claims.get("role") != "authenticated" or claims.get("is_anonymous"):
            raise Problem(
                403,
                "user_required",
                "Only a signed-in user may do this.",
                hint="Sign up with an e-mail address or phone number first.",
            )
        return Caller(user_id, has_second_factor=claims.get("aal") == "aal2")

    def _claims(self, token: str) -> dict[str, Any]:
        key: Any
        if self._keys:
            key, algorithms = self._keys.get_signing_key_from_jwt(token), ["ES256", "RS256"]
        elif self._secret:
            key, algorithms = self._secret.get_secret_value(), ["HS256"]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience="authenticated",
            # Auth's clock may be ahead of ours: what counts is when the token ends.
            options={"require": ["exp", "sub", "aud"], "verify_iat": False},
        )
        return claims


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(
        401,
        code,
        detail,
        hint="Send the access token of the current session as Authorization: Bearer …",
        headers={"WWW-Authenticate": "Bearer"},
    )
