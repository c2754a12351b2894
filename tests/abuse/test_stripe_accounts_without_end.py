"""Eve asks for onboarding links, and for new accounts at Stripe, for which the platform answers."""

from __future__ import annotations

from datetime import timedelta

from tests.factories import Instructor, World, account_object

AN_HOUR = 10


def test_a_payee_gets_so_many_links_an_hour(world: World) -> None:
    eve = world.instructor(name="Eve")
    for _ in range(AN_HOUR):
        world.open_account(eve.user_id)
    with world.unchanged(), world.refusing("PT429", "too_many_links"):
        world.open_account(eve.user_id)
    assert world.open_account(world.instructor(name="Ann").user_id)
    world.travel(by=timedelta(hours=1))
    assert world.open_account(eve.user_id)


def test_retiring_accounts_gains_no_more(world: World) -> None:
    eve = world.instructor(name="Eve")
    for _ in range(AN_HOUR):
        retire(world, eve)
    with world.unchanged(), world.refusing("PT429", "too_many_links"):
        world.open_account(eve.user_id)
    assert world.count("public.stripe_connect_accounts") == AN_HOUR


def retire(world: World, instructor: Instructor) -> None:
    """Opens an account at Stripe, and gives it up."""
    opened = world.open_account(instructor.user_id)
    account = account_object(opened["metadata"], ready=True)
    world.deliver("account.updated", account, endpoint="connect", account=account["id"])
    world.call(
        instructor.user_id,
        "public.retire_connect_account",
        p_connect_account_id=opened["connect_account_id"],
    )
