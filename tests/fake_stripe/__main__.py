"""Runs the stand-in until SIGTERM: `python -m tests.fake_stripe --port 12111`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from .server import Running


def main() -> None:
    parser = argparse.ArgumentParser(prog="fake_stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="for ids, duplicates and shuffles")
    parser.add_argument("--now", type=float, help="freeze the clock at this second since 1970")
    parser.add_argument(
        "--state", type=Path, help="keep everything in this file, and go on from it"
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON when ready")
    parser.add_argument("--watch-parent", action="store_true", help="end when stdin is closed")
    arguments = parser.parse_args()

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    running = Running(arguments.port, arguments.seed, arguments.now, arguments.state)
    running.start()
    if arguments.json:
        print(json.dumps({"url": running.url}), flush=True)
    else:
        print(f"Stripe's stand-in listens on {running.url}", flush=True)
    if arguments.watch_parent:
        threading.Thread(target=watch, args=(ended,), daemon=True).start()
    ended.wait()
    running.stop()


def watch(ended: threading.Event) -> None:
    """The parent holds the other end of stdin: at its end, however it came about, so do we."""
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    main()
