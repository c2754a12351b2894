"""Who may not know any more what they were to be told is not told it."""

from __future__ import annotations

from tests.factories import World
from tests.messages.conftest import Post
from tests.schools.conftest import School


def raise_alert(school: School, code: str, instructor_id: object = None) -> None:
    school.world.connection.execute(
        "select private.raise_alert(%s, %s, %s, 'Somebody must act.', 'bookings',"
        " gen_random_uuid(), gen_random_uuid()::text)",
        [school.id, instructor_id, code],
    )


def remove(school: School, person: object, role: str) -> None:
    school.world.call(
        school.owner,
        "public.remove_member_role",
        p_org_id=school.id,
        p_user_id=person,
        p_role=role,
    )


def outcomes(post: Post, person: object, kind: str) -> set[tuple[str, str | None]]:
    return {
        (message["status"], message["error"])
        for channel in ("app", "email")
        for message in post.of(person, kind, channel)  # type: ignore[arg-type]
    }


def test_who_is_no_admin_any_more_is_told_nothing_of_the_school(
    school: School, world: World
) -> None:
    post = Post(world)
    raise_alert(school, "fraud_warning")
    remove(school, school.admin, "admin")
    addresses = {message["to_address"] for message in post.send()}
    assert world.email(school.owner) in addresses
    assert world.email(school.admin) not in addresses
    assert outcomes(post, school.admin, "attention") == {("dropped", "no_longer_true")}


def test_who_has_left_is_told_of_their_money_and_of_nothing_else(
    school: School, world: World
) -> None:
    post, ann = Post(world), school.instructor
    raise_alert(school, "document_rejected", ann.id)
    raise_alert(school, "payout_held", ann.id)
    remove(school, ann.user_id, "instructor")
    post.send()
    assert outcomes(post, ann.user_id, "attention") == {("dropped", "no_longer_true")}
    assert outcomes(post, ann.user_id, "payout_held") == {("sent", None)}
    raise_alert(school, "document_lapsed", ann.id)
    assert len(post.of(ann.user_id, "attention")) == 1
    raise_alert(school, "payout_reversed", ann.id)
    assert len(post.of(ann.user_id, "payout_changed")) == 1


def test_a_problem_is_told_of_no_admin_who_was_dismissed(school: School, world: World) -> None:
    post = Post(world)
    slot = world.slot(world.service(school.instructor, price_cents=0))
    booked = world.book(school.learner, slot)
    world.travel(
        by=world.row(
            "select end_at - private.clock() as left from public.bookings where id = %s",
            booked["booking_id"],
        )["left"]
    )
    world.call(
        school.learner,
        "public.report_problem",
        p_booking_id=booked["booking_id"],
        p_description="Nobody was there.",
    )
    remove(school, school.admin, "admin")
    post.send()
    assert outcomes(post, school.admin, "problem_reported") == {("dropped", "no_longer_true")}
    assert outcomes(post, school.owner, "problem_reported") == {("sent", None)}
    assert outcomes(post, school.learner, "problem_reported") == {("sent", None)}
