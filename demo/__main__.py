"""`python -m demo` (or `make demo`): plays the week and prints what happened.

Exit status: 0 if everything was as it must be, 1 if not, 2 if it could not begin.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

import stripe

from demo import report
from demo.play import Play
from demo.scenes import SCENES
from demo.stage import Stage, StageError
from demo.story import Story, open_console
from demo.stripe_side import StripeSide
from demo.stripe_stand_in import StripeStandIn
from demo.stripe_test_mode import StripeTestMode

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
OPENING = """\
[bold]LPlate plays a week of a marketplace[/] for driving lessons, on this machine, with real parts:
PostgreSQL 17, Supabase Auth and Data API, the webhook service under gunicorn, the jobs' command
line. Stripe is {stripe}."""


def perform(
    story: Story,
    stripe_side: StripeSide,
    open_stage: Callable[[Story, StripeSide], Stage] = Stage,
) -> bool:
    """Play every scene and print the report; return whether every promise was kept."""
    story.console.print(OPENING.format(stripe=stripe_side.description))
    for limit in stripe_side.limits:
        story.tell(f"! {limit}")
    story.show("Starting everything …")
    with open_stage(story, stripe_side) as stage:
        play = Play(stage, story)
        for scene in SCENES:
            scene(play)
        report.show(play)
    return not story.broken


def choose_stripe() -> StripeSide:
    """Return Stripe's test mode if there is a key for it, else the stand-in."""
    key = os.environ.get("STRIPE_SECRET_KEY", "")
    if not key:
        return StripeStandIn()
    if "_test_" not in key:
        raise StageError(
            "STRIPE_SECRET_KEY is not a test key, and the demo moves money."
            " Set a key that begins with sk_test_, or unset it to use the stand-in."
        )
    return StripeTestMode(key, os.environ.get("STRIPE_API_BASE"))


class Stopped(BaseException):
    """Somebody has had enough."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number


def stop(number: int, _frame: FrameType | None) -> None:
    """End the play; whoever is impatient does not keep it from tidying up."""
    for order in STOP_SIGNALS:
        signal.signal(order, signal.SIG_IGN)
    raise Stopped(number)


def main() -> int:
    """Play, and say how it ended."""
    for order in STOP_SIGNALS:
        signal.signal(order, stop)
    story = Story(open_console())
    try:
        return 0 if perform(story, choose_stripe()) else 1
    except Stopped as stopped:
        story.console.print("\nStopped. Nothing is left running.")
        return stopped.status
    except (StageError, stripe.StripeError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
