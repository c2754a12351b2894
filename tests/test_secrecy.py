"""The search for cards and billing details finds what is planted, wherever the suite looks."""

from __future__ import annotations

import psycopg
import pytest

from tests.factories import World
from tests.factories.stripe_objects import filled
from tests.fake_stripe.cards import BILLING
from tests.secrecy import (
    DETAILS,
    NUMBERS,
    Sweep,
    assert_unkept,
    assert_unlogged,
    fail_if_logged,
    secrets_in,
)
from tools.cluster import Cluster


@pytest.mark.parametrize("secret", [*NUMBERS, *DETAILS, '"cvc": "123"'])
def test_each_secret_is_found(secret: str) -> None:
    assert secrets_in(f"before {secret} after")
    with pytest.raises(AssertionError, match="logged"):
        assert_unlogged(f"before {secret} after")


def test_the_last_four_figures_are_no_secret() -> None:
    assert secrets_in('{"last4": "4242", "cvc_check": "pass"}') == []


@pytest.mark.parametrize("stream", ["Captured stdout call", "Captured stderr call"])
def test_a_test_that_logs_a_secret_fails(stream: str) -> None:
    def report(text: str) -> pytest.TestReport:
        ended = pytest.TestReport(
            "a test", ("", 0, ""), {}, "passed", None, "call", sections=[(stream, text)]
        )
        fail_if_logged(ended)
        return ended

    assert report("paid with card 4242").outcome == "passed"
    failed = report(f"paid by {BILLING['name']}")
    assert (failed.outcome, "a test has logged" in str(failed.longrepr)) == ("failed", True)


def test_a_database_that_keeps_a_secret_is_found(
    cluster: Cluster, fresh_database: str, committed_world: World
) -> None:
    person = committed_world.person("Ben")
    committed_world.saved_card(person)
    sweep = Sweep(cluster)
    card = filled("payment_method", {"id": "pm_1", "billing_details": BILLING})
    committed_world.deliver("payment_method.attached", card)
    assert sweep.search(fresh_database) == []
    change = "update public.profiles set full_name = %s where id = %s"
    committed_world.connection.execute(change, [BILLING["name"], person])
    assert sweep.search(fresh_database) == ["public.profiles"]
    committed_world.connection.execute(change, ["Ben", person])


def test_what_is_about_to_be_rolled_back_is_searched(db: psycopg.Connection, world: World) -> None:
    person = world.person("Ben")
    change = "update public.profiles set full_name = %s where id = %s"
    assert_unkept(db)
    card = filled("payment_method", {"id": "pm_1", "billing_details": BILLING})
    world.deliver("payment_method.attached", card)
    assert_unkept(db)
    db.execute(change, [BILLING["name"], person])
    with pytest.raises(AssertionError, match=r"kept: public\.profiles"):
        assert_unkept(db)
    db.execute(change, ["Ben", person])
