"""`python -m webhook_service`: starts gunicorn; further arguments are gunicorn's own."""

import os
import sys
from pathlib import Path

from lplate.settings import ConfigurationError
from webhook_service.config import Config


def main() -> None:
    """Check the configuration, then become gunicorn."""
    try:
        Config.load()
    except ConfigurationError as error:
        sys.exit(f"webhook_service cannot start.\n{error}")
    settings = Path(__file__).with_name("gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "--config", str(settings), *sys.argv[1:]]
    os.execv(sys.executable, [*command, "webhook_service.wsgi:app"])  # noqa: S606


if __name__ == "__main__":
    main()
