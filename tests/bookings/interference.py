"""What others do between two steps of a booking, done by a trigger in between."""

from __future__ import annotations

from uuid import UUID

from tests.factories import Instructor, World


def use_up_credit_between_steps(world: World, learner: UUID) -> None:
    """Prepaid hours that suffice when a booking's price is agreed, and not when it is made."""
    found = world.row("select id, user_id, org_id from public.instructors")
    instructor = Instructor(found["id"], found["user_id"], found["org_id"])
    world.hours(learner, instructor, 1)
    world.connection.execute(
        "create function pg_temp.use_up_credit() returns trigger language plpgsql as"
        " $$ begin update public.learner_credits set minutes_refunded = minutes_left;"
        " return null; end; $$"
    )
    world.connection.execute(
        "create trigger use_up_credit after insert on public.bookings"
        " for each statement execute function pg_temp.use_up_credit()"
    )
