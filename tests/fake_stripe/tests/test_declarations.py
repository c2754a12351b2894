"""Every answer and event of the stand-in is what Stripe's own TypeScript declarations say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
import stripe

from tests.docs.test_reference import compile_ts
from tools.cluster import LOCAL

from .. import FakeStripe
from .test_contract import everything

__all__ = ["everything"]

Json = dict[str, Any]

# What may be one of a few words that Stripe declares; ids have digits.
WORD = re.compile(r"[a-z_.]+")
HEADER = (
    'import Stripe from "stripe";',
    "declare const decimal: ReturnType<typeof Stripe.Decimal.from>;",
)
LINE = re.compile(r"objects\.ts\((\d+),")
DECIMAL = re.compile(r'("\w+_decimal"): "[\d.]+"')


def declared_type(thing: Json) -> str:
    """The type by which Stripe's package declares an object: Stripe.Checkout.Session."""
    names = [
        "".join(word.title() for word in part.split("_")) for part in thing["object"].split(".")
    ]
    if thing.get("deleted"):
        names[-1] = f"Deleted{names[-1]}"
    return ".".join(["Stripe", *names])


def shape(value: Any) -> Any:
    """An object without its ids, times and amounts: those of one shape are declared alike."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return value if WORD.fullmatch(str(value)) else type(value).__name__


def declare(typed: Iterable[tuple[str, Json]]) -> str:
    """A constant a line, of the type that it claims to have."""
    lines = [*HEADER]
    for number, (type, thing) in enumerate(typed):
        lines.append(f"export const object{number}: {type} = {json.dumps(thing)};")
    # The package makes numbers of its own of these, which are strings in Stripe's answers.
    return DECIMAL.sub(r"\1: decimal", "\n".join(lines))


@pytest.fixture
def of_v2(fake: FakeStripe, client: stripe.StripeClient, account: stripe.Account) -> list[Json]:
    """What API v2 answers and delivers, in as many states as there are."""
    fake.add_webhook("https://example.com/thin", "whsec_thin", thin=True)
    parts: Any = ["configuration.recipient", "defaults", "identity", "requirements"]
    answers: list[Any] = []
    for country in ("GB", "IE"):
        made = client.v2.core.accounts.create(
            {
                "identity": {"country": country},
                "dashboard": "express",
                "contact_email": "ann@example.com",
                "defaults": {
                    "responsibilities": {
                        "fees_collector": "application",
                        "losses_collector": "application",
                    }
                },
                "configuration": {
                    "recipient": {
                        "capabilities": {
                            "stripe_balance": {"stripe_transfers": {"requested": True}}
                        }
                    }
                },
                "metadata": {"a": "b"},
                "include": parts,
            }
        )
        answers += [made, client.v2.core.accounts.retrieve(made.id)]

    def look() -> None:
        answers.append(client.v2.core.accounts.retrieve(made.id, {"include": parts}))

    for reason in ("requirements.past_due", "requirements.pending_verification", "under_review"):
        fake.restrict(made.id, disabled_reason=reason)
        look()
    fake.complete_onboarding(made.id)
    look()
    fake.reject(made.id)
    look()
    fake.close_account(made.id)
    look()
    urls: Any = {"refresh_url": "https://example.com/a", "return_url": "https://example.com/b"}
    for kind in ("account_onboarding", "account_update"):
        use_case: Any = {"type": kind, kind: urls}
        answers.append(
            client.v2.core.account_links.create({"account": made.id, "use_case": use_case})
        )
    answers += client.v2.core.events.list({"limit": 3}).auto_paging_iter()
    answers += client.v2.core.event_destinations.list({"include": ["webhook_endpoint.url"]}).data
    components: Any = {"account_onboarding": {"enabled": True}}
    answers.append(
        client.v1.account_sessions.create({"account": account.id, "components": components})
    )
    plain: list[Json] = [
        json.loads(json.dumps(answer.to_dict(for_json=True))) for answer in answers
    ]
    return plain


def said(thing: Any) -> Any:
    """An object of v2 without its nulls: Stripe declares as missing what it sends as null."""
    if isinstance(thing, dict):
        return {name: said(value) for name, value in thing.items() if value is not None}
    return [said(item) for item in thing] if isinstance(thing, list) else thing


def type_of_v2(thing: Json) -> str:
    """The type by which an object is declared; that of an event is found by its `type`."""
    if thing["object"] != "v2.core.event":
        return declared_type(thing)
    events = f'Extract<Stripe.V2.Core.Event, {{type: "{thing["type"]}"}}>'
    return f'Omit<{events}, "fetchRelatedObject">'


@pytest.mark.slow
def test_every_answer_and_event_of_v2_is_as_stripe_declares_it(of_v2: list[Json]) -> None:
    assert {thing["object"] for thing in of_v2} == {
        "account_session",
        "v2.core.account",
        "v2.core.account_link",
        "v2.core.event",
        "v2.core.event_destination",
    }
    distinct = {json.dumps(shape(thing), sort_keys=True): thing for thing in of_v2}
    typed = [(type_of_v2(thing), said(thing)) for thing in distinct.values()]
    assert compile_ts({"objects.ts": declare(typed)}) == ""


@pytest.mark.slow
def test_an_object_that_is_not_of_v2_is_noticed(of_v2: list[Json]) -> None:
    made, event = of_v2[0], next(thing for thing in of_v2 if thing["object"] == "v2.core.event")
    link = next(thing for thing in of_v2 if thing["object"] == "v2.core.account_link")
    damaged = [
        made | {"dashboard": "some"},
        made | {"invented": 1},
        link | {"expires_at": 3},
        event | {"related_object": {"id": "acct_1"}},
    ]
    typed = [(type_of_v2(thing), said(thing)) for thing in [made, *damaged]]
    wrong = {int(line) for line in LINE.findall(compile_ts({"objects.ts": declare(typed)}))}
    assert wrong == {len(HEADER) + 1 + number for number in range(1, len(damaged) + 1)}


def test_the_declarations_are_those_of_the_version_that_is_spoken() -> None:
    version = (LOCAL / "node_modules" / "stripe" / "esm" / "apiVersion.js").read_text()
    assert f"'{stripe.api_version}'" in version


@pytest.mark.slow
def test_every_answer_and_event_is_as_stripe_declares_it(everything: list[Json]) -> None:
    distinct = {json.dumps(shape(thing), sort_keys=True): thing for thing in everything}
    text = declare((declared_type(thing), thing) for thing in distinct.values())
    assert compile_ts({"objects.ts": text}) == ""


@pytest.mark.slow
def test_an_object_that_is_not_stripes_is_noticed(everything: list[Json]) -> None:
    """The compiler names the line of each damaged object, and not that of the sound one."""
    refund = next(thing for thing in everything if thing["object"] == "refund")
    without_charge = {name: value for name, value in refund.items() if name != "charge"}
    damages: list[Json] = [{"status": 3}, {"object": "refunds"}, {"amount": None}, {"invented": 1}]
    damaged = [refund | damage for damage in damages] + [without_charge]
    types = ["Stripe.Refund"] * (1 + len(damaged))
    text = declare(zip(types, [refund, *damaged], strict=True))
    sound = len(HEADER) + 1
    wrong = {int(line) for line in LINE.findall(compile_ts({"objects.ts": text}))}
    assert wrong == set(range(sound + 1, sound + 1 + len(damaged)))
