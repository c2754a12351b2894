"""gunicorn's settings. WEB_CONCURRENCY (processes) and PORT are gunicorn's own variables."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from lplate import logs

worker_class = "webhook_service.gunicorn_worker.DeadlineWorker"
threads = int(os.environ.get("WEBHOOK_SERVICE_THREADS", "8"))
timeout = 60
graceful_timeout = 30
keepalive = 75  # longer than load balancers keep idle connections, so that they close them first
limit_request_fields = 64
control_socket_disable = True  # its path would be shared by all services of one user
preload_app = False  # connections to the database must not be shared between processes
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# gunicorn's lines look like the service's own; at level info it tells when workers begin and
# end, and of requests the service itself writes a line.
logconfig_dict = logs.of_libraries() | {
    "loggers": {
        "gunicorn.error": {"level": "INFO", "propagate": True, "handlers": []},
        "gunicorn.access": {"level": "WARNING", "propagate": True, "handlers": []},
    }
}

# Where the workers share their counters. prometheus_client looks for it when it is imported.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="webhook_service_")


def child_exit(server: Any, worker: Any) -> None:
    """Keep what a finished worker counted."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Remove the shared counters."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
