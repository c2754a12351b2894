"""`python -m demo.up` (or `make up`): everything that a frontend needs, running on this machine.

Exit status: 0 after Ctrl-C, 2 if it could not begin.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from rich.console import Console

from demo.example import Example
from demo.people import PASSWORD
from demo.small_world import Login, SmallWorld
from demo.stage import Place, Stage, StageError
from demo.stopping import Stopped, stop_on_signals, wait_for_the_end
from demo.story import Story
from demo.stripe_stand_in import PortTaken, StripeStandIn
from demo.upkeep import Upkeep
from tools.cluster import ROOT

API_PORT, DATABASE_PORT = 54321, 54322
SERVICE_PORT, STRIPE_PORT, CLOCK_PORT, EXAMPLE_PORT = 54331, 54332, 54333, 54334
HELP = """\
Starts Postgres, Auth, the Data API, the webhook service and a stand-in for Stripe, delivers
Stripe's events, carries out the outbox and maintains, until interrupted. The first start makes
people of every role, who can sign in. `make demo keep=1` (or `make up demo=1`) starts from the
played week instead."""
ENVIRONMENT = """\
ports, 0 takes a free one:
  LPLATE_API_PORT      Auth and the Data API      54321
  LPLATE_DB_PORT       Postgres                   54322
  LPLATE_SERVICE_PORT  the webhook service        54331
  LPLATE_STRIPE_PORT   the stand-in for Stripe    54332
  LPLATE_CLOCK_PORT    the clock                  54333
  LPLATE_EXAMPLE_PORT  the example frontend       54334
data:
  LPLATE_DATA_DIR      where it stays             supabase/local/.data"""


def port(name: str, usual: int) -> int:
    """Return a port from the environment."""
    text = os.environ.get(name) or str(usual)
    if not text.isdecimal() or int(text) > 65535:
        raise StageError(f"{name} is {text!r}: a port is a number from 0 to 65535.")
    return int(text)


def place(data_dir: str | None) -> Place:
    """Return where a stack for frontends lives."""
    return Place(
        port("LPLATE_API_PORT", API_PORT),
        port("LPLATE_DB_PORT", DATABASE_PORT),
        port("LPLATE_SERVICE_PORT", SERVICE_PORT),
        data_dir,
    )


def stand_in() -> StripeStandIn:
    """Return a stand-in for Stripe on its usual port."""
    return StripeStandIn(port("LPLATE_STRIPE_PORT", STRIPE_PORT))


def clock_port() -> int:
    """Return where the clock is served."""
    return port("LPLATE_CLOCK_PORT", CLOCK_PORT)


def people_of(stage: Stage) -> list[Login]:
    """Return who can sign in; at the first start of this data, make them."""
    world = SmallWorld(stage)
    mark = stage.home / "people"
    if not mark.exists():
        row = stage.operator.execute(
            "select exists (select from auth.users where email = %s)", [world.grace.email]
        ).fetchone()
        if row and row[0]:
            raise StageError(
                "The people of this stack are there in part only."
                f" Remove {stage.home} to start afresh."
            )
        world.move_in()
        mark.touch()
    return world.logins


def summary(stage: Stage, upkeep: Upkeep, logins: list[Login]) -> dict[str, Any]:
    """Return what a frontend, and whoever writes one, has to know."""
    return {
        "api_url": stage.api_url,
        "publishable_key": stage.anon_key,
        "service_url": stage.service_url,
        "stripe_url": stage.stripe.api_base,
        "stripe_publishable_key": StripeStandIn.publishable_key,
        "clock_url": upkeep.clock_url,
        "database_url": stage.summary["db_url"],
        "secret_key": stage.summary["service_role_key"],
        "jwt_secret": stage.summary["jwt_secret"],
        "home": str(stage.home),
        "password": PASSWORD,
        "logins": [vars(login) for login in logins],
    }


# What a browser may know.
FOR_BROWSERS = {
    "api_url",
    "publishable_key",
    "service_url",
    "stripe_url",
    "stripe_publishable_key",
    "clock_url",
}
LABELS = {
    "example_url": ("Example", "a frontend to click through: examples/web"),
    "api_url": ("API URL", "Supabase: Auth and the Data API"),
    "publishable_key": ("Publishable key", "for the browser (anon)"),
    "service_url": ("Service URL", "the webhook service: paying, onboarding"),
    "stripe_url": ("Stripe URL", "a stand-in for api.stripe.com"),
    "stripe_publishable_key": ("Stripe's key", "publishable"),
    "clock_url": ("Clock URL", "what time it is in here; see below"),
    "database_url": ("Database URL", "Postgres, as Studio's SQL editor"),
    "secret_key": ("Secret key", "never for a browser (service_role)"),
    "jwt_secret": ("JWT secret", "signs the access tokens"),
}


@contextmanager
def example(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Serve the example frontend, if it was built, and add where it is."""
    if not Example.is_built():
        yield facts
        return
    wanted = port("LPLATE_EXAMPLE_PORT", EXAMPLE_PORT)
    try:
        pages = Example(wanted)
    except OSError as error:
        raise StageError(
            f"Port {wanted}, wanted for the example frontend, is not available ({error.strerror})."
            " Stop what uses it, or choose another: LPLATE_EXAMPLE_PORT."
        ) from None
    pages.addresses = {name: facts[name] for name in FOR_BROWSERS}
    with pages:
        yield facts | {"example_url": pages.url}


def show(facts: dict[str, Any], console: Console) -> None:
    """Print it as `supabase status` does, and how to go on."""
    console.print()
    for name, (label, meaning) in LABELS.items():
        if name not in facts:
            continue
        console.print(f"{label:>16}: {facts[name]}  [dim]{meaning}[/]", soft_wrap=True)
    console.print(f"\nEverybody's password is [bold]{facts['password']}[/]:")
    for login in facts["logins"]:
        console.print(f"  {login['email']:<18} {login['name']:<11} {login['role']}")
    console.print(
        "\nA card that works is pm_card_visa; one that is declined is pm_card_chargeDeclined."
        "\nMove the clock, and what is due happens (holds expire, Friday pays):"
        "\n  curl -H 'Content-Type: application/json' -d '{\"by\": {\"days\": 1}}'"
        f" {facts['clock_url']}"
        f"\nLogs and data: {facts['home']}; what was mailed: mail/new in it",
        soft_wrap=True,
    )


def main() -> int:
    """Start everything, say where it is, and wait."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.up",
        description=HELP,
        epilog=ENVIRONMENT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON when ready")
    arguments = parser.parse_args()
    console = Console(highlight=False)
    quiet = Story(Console(file=StringIO()))
    stop_on_signals()
    try:
        if not arguments.json:
            console.print("Starting everything; the first time takes half a minute …")
        data_dir = os.environ.get("LPLATE_DATA_DIR", "")
        with Stage(quiet, stand_in(), place(data_dir)) as stage:
            stage.install_clock()
            stage.stripe.travel(stage.present())
            logins = people_of(stage)
            with (
                Upkeep(stage, clock_port()) as upkeep,
                example(summary(stage, upkeep, logins)) as facts,
            ):
                if arguments.json:
                    print(json.dumps(facts), flush=True)
                else:
                    show(facts, console)
                    console.print(f"\nRunning from {ROOT}. Ctrl-C stops it; the data stays.")
                wait_for_the_end()
    except Stopped:
        return 0
    except (StageError, PortTaken) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
