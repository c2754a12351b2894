"""Log lines: one JSON object each, an event with fields, without secrets or personal data."""

import logging.config
from typing import Any

import structlog

SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
RENDERER = structlog.processors.JSONRenderer(default=str)


def configure() -> None:
    """Send every log line to standard output as JSON, those of libraries too."""
    structlog.configure(processors=[*SHARED, RENDERER], cache_logger_on_first_use=True)
    logging.config.dictConfig(of_libraries())


def of_libraries() -> dict[str, Any]:
    """Return the configuration of Python's own logging: the pool's and gunicorn's lines.

    The message is the line's event, and the field `logger` says whose it is.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.add_logger_name, *SHARED],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    RENDERER,
                ],
            }
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "json",
            }
        },
        "root": {"level": "WARNING", "handlers": ["stdout"]},
    }
