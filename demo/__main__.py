"""`python -m demo` (or `make demo`): plays the week and prints what happened.

Exit status: 0 if everything was as it must be, 1 if not, 2 if it could not begin.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

import stripe
from rich.console import Console

from demo import page, report, up
from demo.play import Play
from demo.scenes import SCENES
from demo.small_world import logins_of
from demo.stage import Place, Stage, StageError
from demo.stopping import Stopped, stop_on_signals, wait_for_the_end
from demo.story import Story, open_console
from demo.stripe_side import StripeSide
from demo.stripe_stand_in import PortTaken, StripeStandIn
from demo.stripe_test_mode import StripeTestMode
from demo.upkeep import Upkeep

OPENING = """\
[bold]LPlate plays a week of a marketplace[/] for driving lessons, on this machine, with real parts:
PostgreSQL 17, Supabase Auth and Data API, the webhook service under gunicorn, the jobs' command
line. Stripe is {stripe}."""
HELP = """\
Plays Sunday to Friday of a marketplace for driving lessons on this machine, through the public
doors only, and writes what happened as one page. It takes about a minute and needs no account.
With STRIPE_SECRET_KEY=sk_test_… it uses Stripe's test mode instead of a stand-in."""


def perform(
    story: Story,
    stripe_side: StripeSide,
    open_stage: Callable[[Story, StripeSide], Stage] = Stage,
    at_end: Callable[[Play], None] = lambda _: None,
) -> bool:
    """Play every scene and print the report; return whether every promise was kept."""
    story.audience.print(OPENING.format(stripe=stripe_side.description))
    for limit in stripe_side.limits:
        story.tell(f"! {limit}")
    story.show("Starting everything …")
    with open_stage(story, stripe_side) as stage:
        play = Play(stage, story)
        for scene in SCENES:
            scene(play)
        report.show(play)
        at_end(play)
    return not story.broken


def choose_stripe(*, is_kept: bool) -> StripeSide:
    """Return Stripe's test mode if there is a key for it, else the stand-in."""
    key = os.environ.get("STRIPE_SECRET_KEY", "")
    if not key:
        return up.stand_in() if is_kept else StripeStandIn()
    if "_test_" not in key:
        raise StageError(
            "STRIPE_SECRET_KEY is not a test key, and the demo moves money."
            " Set a key that begins with sk_test_, or unset it to use the stand-in."
        )
    return StripeTestMode(key, os.environ.get("STRIPE_API_BASE"))


def stay(play: Play, console: Console) -> None:
    """Leave everything running for a frontend, until somebody has had enough."""
    with (
        Upkeep(play.stage, up.clock_port()) as upkeep,
        up.example(up.summary(play.stage, upkeep, logins_of(play))) as facts,
    ):
        up.show(facts, console)
        console.print("\nCtrl-C ends it, and its data with it.")
        console.print(f"The week, with every step and every pound: {page.PATH}", soft_wrap=True)
        wait_for_the_end()


def main() -> int:
    """Play, and say how it ended."""
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--verbose", action="store_true", help="print every step and every table")
    parser.add_argument("--keep", action="store_true", help="leave it running for a frontend")
    arguments = parser.parse_args()
    stop_on_signals()
    story = Story(open_console(), is_brief=not arguments.verbose)
    is_over = False

    def open_stage(story: Story, stripe_side: StripeSide) -> Stage:
        return Stage(story, stripe_side, up.place(None) if arguments.keep else Place())

    def at_end(play: Play) -> None:
        nonlocal is_over
        page.write(play)
        is_over = True
        if arguments.keep:
            stay(play, story.audience)

    try:
        is_good = perform(story, choose_stripe(is_kept=arguments.keep), open_stage, at_end)
    except Stopped as stopped:
        story.audience.print("\nStopped. Nothing is left running.")
        return stopped.status if not is_over else int(bool(story.broken))
    except (StageError, PortTaken, stripe.StripeError) as error:
        print(error, file=sys.stderr)
        return 2
    story.audience.print(f"The week, with every step and every pound: {page.PATH}", soft_wrap=True)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
