"""Eve wants a stranger's phone to ring all day, and mails of the platform's to go to thousands."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories import MARKETPLACE, World
from tests.messages.conftest import Post, post
from tests.schools.conftest import School, school

__all__ = ["post", "school"]

VICTIM = "+447700900999"
ENOUGH, CODES = 40, 3
OFFERS_A_DAY = 50


def alert(world: World, person: UUID, number: int) -> None:
    """Something happens of which a person is told, as often as they like."""
    learner_id = world.value(
        "select id from public.learners where user_id = %s and org_id = %s", person, MARKETPLACE
    )
    world.value(
        "select private.raise_alert(%s, null, 'no_show_claimed', 'Look.', 'learners', %s, %s, %s)",
        MARKETPLACE,
        learner_id,
        f"flood:{learner_id}:{number}",
        learner_id,
    )


def sent_to(world: World, address: str) -> int:
    number: int = world.value(
        "select count(*) from public.messages message"
        " join public.message_contents content on content.message_id = message.id"
        " where content.to_address = %s and message.status = 'sent'",
        address,
    )
    return number


def puppet(world: World, post: Post) -> UUID:
    """An account of Eve's with the stranger's number in its profile, which asks for SMS."""
    person = world.person("Puppet")
    world.learner(MARKETPLACE, person)
    post.profile(person, phone=VICTIM)
    post.prefer(person, "sms")
    return person


def test_a_strangers_number_gets_no_text_but_three_codes_a_day_from_all_accounts_together(
    world: World, post: Post
) -> None:
    instructor = world.instructor()
    for number in range(4):
        person = puppet(world, post)
        world.book(
            person, world.slot(world.service(instructor, price_cents=0), world.in_days(3 + number))
        )
        if number < CODES:
            world.call(person, "public.send_phone_code")
        else:
            with world.unchanged(), world.refusing("PT429", "too_many_phone_codes"):
                world.call(person, "public.send_phone_code")
    while post.send():
        pass
    assert sent_to(world, VICTIM) == CODES
    told = world.rows(
        "select distinct kind from public.messages where channel = 'sms' and status = 'sent'"
    )
    assert [row["kind"] for row in told] == ["phone_code"]


def test_who_has_been_flooded_ends_it_with_one_word(world: World, post: Post) -> None:
    first, second = puppet(world, post), puppet(world, post)
    world.call(first, "public.send_phone_code")
    post.send()
    assert sent_to(world, VICTIM) == 1
    post.answer(VICTIM, "STOP")
    for person in (first, second):
        world.call(person, "public.send_phone_code")
    post.send()
    assert sent_to(world, VICTIM) == 1


def test_a_mail_to_who_has_an_account_is_never_held_back(world: World, post: Post) -> None:
    """The address of a login is proven: whoever has it gets what concerns them."""
    person = world.person("Ben")
    world.learner(MARKETPLACE, person)
    for number in range(ENOUGH + 5):
        alert(world, person, number)
    while post.send():
        pass
    assert sent_to(world, world.email(person)) == ENOUGH + 5


@pytest.mark.slow
def test_a_school_floods_no_address_by_learners_without_a_login(school: School, post: Post) -> None:
    """Eve's school adds the stranger as many learners, and something happens to each."""
    world = school.world
    for number in range(ENOUGH + 5):
        learner_id = world.call(
            school.owner,
            "public.add_learner",
            p_org_id=school.id,
            p_full_name=f"Learner {number}",
            p_email="stranger@example.org",
        )
        world.value(
            "select private.raise_alert("
            " %s, null, 'no_show_claimed', 'Look.', 'learners', %s, %s, %s)",
            school.id,
            learner_id,
            f"flood:{learner_id}",
            learner_id,
        )
    while post.send():
        pass
    assert sent_to(world, "stranger@example.org") == ENOUGH


def test_a_person_offers_fifty_guardianships_a_day_however_many_learners_they_add(
    school: School,
) -> None:
    """Each is a mail to a stranger; ten for every learner, and learners cost nothing."""
    world = school.world
    learners = [world.learner(school.id, None, f"Learner {number}") for number in range(6)]

    def offer(number: int, by: UUID) -> None:
        world.call(
            by,
            "public.link_guardian",
            p_learner_id=learners[number // 10],
            p_guardian_email=f"stranger{number}@example.org",
        )

    for number in range(OFFERS_A_DAY):
        offer(number, school.owner)
    with world.unchanged(), world.refusing("PT429", "too_many_guardians"):
        offer(OFFERS_A_DAY, school.owner)
    offer(OFFERS_A_DAY, school.admin)
    world.travel(by=timedelta(hours=24))
    offer(OFFERS_A_DAY + 1, school.owner)


@pytest.mark.parametrize("column", ["email", "id"])
def test_nobody_writes_anothers_address_into_their_profile(world: World, column: str) -> None:
    """Mails go to the address that Auth has verified."""
    eve, victim = world.person("Eve"), world.person("Victim")
    value = world.email(victim) if column == "email" else str(victim)
    with world.unchanged(), world.refusing("42501"), world.acting_as(eve):
        world.connection.execute(
            f"update public.profiles set {column} = %s where id = %s".encode(), [value, eve]
        )
