"""Codes in a line each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, Booking, Instructor, World


def booked_with(
    world: World, code: str, learner: UUID | None = None, **service_columns: Any
) -> Booking:
    """A held booking whose learner has checked and used a code."""
    instructor, service_id = world.hourly(**service_columns)
    learner = learner or world.person("Ben")
    world.check_code(learner, code, service_id)
    slot_id = world.slot(service_id, world.in_days(2 + world.count("public.bookings")))
    booked = world.book(learner, slot_id, p_discount_code=code)
    return Booking(world, booked["booking_id"], learner, instructor, slot_id)


def rewarding(world: World, discount_bps: int = 1000, reward_cents: int = 700) -> None:
    """Lets learners of the marketplace recommend it."""
    world.connection.execute(
        "update public.organizations set referral_discount_bps = %s, referral_reward_cents = %s"
        " where id = %s",
        [discount_bps, reward_cents, MARKETPLACE],
    )


def referral_code(world: World, referrer: UUID) -> str:
    code: str = world.ask(referrer, "public.create_referral_code")[0]["code"]
    return code


def referrer_of_the_marketplace(world: World) -> UUID:
    """Somebody who is a learner there already."""
    user_id = world.person("Amy")
    world.learner(MARKETPLACE, user_id, "Amy")
    return user_id


def redemption(world: World) -> DictRow:
    return world.row("select * from public.code_redemptions")


def uses(world: World) -> int:
    number: int = world.value("select sum(uses_count)::integer from public.discount_codes")
    return number


def reprice(world: World, instructor: Instructor, **columns: Any) -> None:
    """Gives an instructor's lessons another fee, from now on."""
    for name, value in columns.items():
        world.connection.execute(
            f"update public.instructor_details set {name} = %s where instructor_id = %s",
            [value, instructor.id],
        )
