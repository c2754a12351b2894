"""Texts go to a number only after a code that was sent there has come back."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.factories import Refusal, World
from tests.messages.conftest import Post
from tests.races import Racers
from tools.cluster import Cluster

NUMBER = "+447700900123"
DAY = timedelta(days=1)


def with_number(world: World, number: str = "+44 7700 900123") -> UUID:
    """Somebody who wants to be texted at a number."""
    person, post = world.person("Ben"), Post(world)
    post.profile(person, phone=number)
    post.prefer(person, "sms")
    return person


def ask_for_code(world: World, person: UUID) -> datetime | None:
    until: datetime | None = world.call(person, "public.send_phone_code")
    return until


def texts(post: Post) -> list[tuple[str, str]]:
    """What is texted now: to which number, and what."""
    return [(m["to_address"], m["body"]) for m in post.send() if m["channel"] == "sms"]


def code_of(post: Post) -> str:
    """The code that is texted now."""
    ((_, body),) = texts(post)
    return body.split()[0]


def enter(world: World, person: UUID, code: str) -> bool:
    is_right: bool = world.call(person, "public.confirm_phone", p_code=code)
    return is_right


def other_than(code: str) -> str:
    return ("1" if code[0] == "0" else "0") + code[1:]


def prove(world: World, person: UUID) -> None:
    ask_for_code(world, person)
    assert enter(world, person, code_of(Post(world)))


def book_and_cancel(world: World, person: UUID) -> None:
    """The person books a lesson, and cancels it so that the time is theirs again."""
    slot_id = world.slot(world.service(world.instructor(), price_cents=0))
    booked = world.book(person, slot_id)
    world.cancel(person, booked["booking_id"])


def test_nothing_is_texted_to_a_number_before_it_is_proven(world: World, post: Post) -> None:
    person = with_number(world)
    book_and_cancel(world, person)
    assert texts(post) == []
    (text,) = post.of(person, "booking_cancelled", "sms")
    assert (text["status"], text["error"]) == ("dropped", "no_address")
    prove(world, person)
    book_and_cancel(world, person)
    assert [number for number, _ in texts(post)] == [NUMBER]


def test_the_code_comes_to_the_number_alone(world: World, post: Post) -> None:
    person = with_number(world)
    assert ask_for_code(world, person) == world.now() + timedelta(minutes=10)
    ((number, body),) = texts(post)
    assert number == NUMBER
    assert len(body.split()[0]) == 8
    for reader in (person, world.admin()):
        with world.acting_as(reader):
            assert world.rows("select from public.message_contents") == []
            assert body not in str(world.rows("select * from public.message_log"))


def test_another_number_is_to_be_proven_anew(world: World, post: Post) -> None:
    person = with_number(world)
    prove(world, person)
    assert ask_for_code(world, person) is None
    post.profile(person, phone="+44 7700 900999")
    book_and_cancel(world, person)
    assert texts(post) == []
    post.profile(person, phone="+44 (0)7700 900123".replace("(0)", ""))
    book_and_cancel(world, person)
    assert [number for number, _ in texts(post)] == [NUMBER]


def test_a_code_is_for_who_asked_for_it(world: World, post: Post) -> None:
    person, thief = with_number(world), with_number(world)
    ask_for_code(world, person)
    code = code_of(post)
    with world.unchanged(), world.refusing("PT409", "no_phone_code"):
        enter(world, thief, code)
    assert enter(world, person, code)
    with world.unchanged(), world.refusing("PT409", "no_phone_code"):
        enter(world, person, code)


def test_a_code_ends_after_ten_minutes_and_with_the_next(world: World, post: Post) -> None:
    person = with_number(world)
    ask_for_code(world, person)
    first = code_of(post)
    world.travel(by=timedelta(minutes=10))
    with world.unchanged(), world.refusing("PT409", "no_phone_code"):
        enter(world, person, first)
    ask_for_code(world, person)
    second = code_of(post)
    ask_for_code(world, person)
    third = code_of(post)
    assert enter(world, person, second) is (second == third)
    assert enter(world, person, f" {third} ")


def test_a_code_that_was_not_sent_in_time_is_not_sent(world: World, post: Post) -> None:
    ask_for_code(world, with_number(world))
    world.travel(by=timedelta(minutes=10))
    assert texts(post) == []


def test_five_wrong_codes_end_it(world: World, post: Post) -> None:
    person = with_number(world)
    ask_for_code(world, person)
    code = code_of(post)
    for _ in range(5):
        assert enter(world, person, other_than(code)) is False
    with world.unchanged(), world.refusing("PT409", "no_phone_code"):
        enter(world, person, code)


@pytest.mark.slow
def test_of_many_codes_at_once_five_are_tried(cluster: Cluster, committed_world: World) -> None:
    person = with_number(committed_world)
    ask_for_code(committed_world, person)
    code = code_of(Post(committed_world))
    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 16) as racers:
        outcomes = racers.race(lambda one, _: enter(World(one), person, other_than(code)))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert outcomes.count(False) == 5
    assert {refusal.code for refusal in refused} == {"no_phone_code"}
    with committed_world.refusing("PT409", "no_phone_code"):
        enter(committed_world, person, code)


@pytest.mark.slow
def test_the_right_code_at_once_proves_the_number_once(
    cluster: Cluster, committed_world: World
) -> None:
    person = with_number(committed_world)
    ask_for_code(committed_world, person)
    code = code_of(Post(committed_world))
    with Racers(cluster.admin_url(committed_world.connection.info.dbname), 4) as racers:
        outcomes = racers.race(lambda connection, _: enter(World(connection), person, code))
    assert Counter(outcomes) == {True: 1, Refusal("PT409", "no_phone_code"): 3}


def test_no_code_at_all_is_a_wrong_one(world: World) -> None:
    person = with_number(world)
    ask_for_code(world, person)
    for guess in (None, "", " - ", "x" * 100_000):
        assert world.call(person, "public.confirm_phone", p_code=guess) is False
    assert world.value("select tries_left from private.phone_codes") == 1


def test_a_code_is_too_long_to_be_found_by_trying(world: World) -> None:
    """A request that fails after its try takes back that it was counted."""
    codes = [world.value("select private.new_phone_code()") for _ in range(200)]
    assert len(set(codes)) == 200
    assert {len(code) for code in codes} == {8}
    assert len({character for code in codes for character in code}) == 32


def test_a_code_is_taken_however_it_is_typed(world: World, post: Post) -> None:
    person = with_number(world)
    ask_for_code(world, person)
    code = code_of(post)
    typed = code.lower().replace("0", "o").replace("1", "l")
    assert enter(world, person, f" {typed[:4]}-{typed[4:]}\n")


def test_a_person_gets_three_codes_a_day(world: World) -> None:
    person = with_number(world)
    for last in "123":
        Post(world).profile(person, phone=f"+4477009001{last}0")
        ask_for_code(world, person)
    world.travel(by=DAY - timedelta(seconds=1))
    world.maintain()
    with world.unchanged(), world.refusing("PT429", "too_many_phone_codes"):
        ask_for_code(world, person)
    world.travel(by=timedelta(seconds=1))
    ask_for_code(world, person)


def test_a_number_gets_three_codes_a_day_whoever_asks(world: World) -> None:
    for _ in range(3):
        ask_for_code(world, with_number(world))
    person = with_number(world, "+44 (7700) 900-123")
    with world.unchanged(), world.refusing("PT429", "too_many_phone_codes"):
        ask_for_code(world, person)


@pytest.mark.slow
def test_also_when_they_ask_at_once(cluster: Cluster, committed_world: World) -> None:
    people = [with_number(committed_world) for _ in range(6)]
    with Racers(cluster.admin_url(committed_world.connection.info.dbname), len(people)) as racers:
        outcomes = racers.race(lambda connection, nth: ask_for_code(World(connection), people[nth]))
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert (len(refused), {refusal.code for refusal in refused}) == (3, {"too_many_phone_codes"})


def test_nobody_is_asked_without_a_number_that_says_its_country(world: World) -> None:
    for number in ("07700 900123", "none"):
        person = with_number(world, number)
        with world.unchanged(), world.refusing("PT422", "phone_missing"):
            ask_for_code(world, person)


def test_who_has_said_stop_gets_no_code(world: World, post: Post) -> None:
    person = with_number(world)
    assert post.answer(NUMBER, "STOP") == "stop"
    ask_for_code(world, person)
    assert texts(post) == []
    assert post.answer(NUMBER, "START") == "start"
    prove(world, person)
    assert post.answer(NUMBER, "STOP") == "stop"
    book_and_cancel(world, person)
    assert texts(post) == []


def test_what_never_came_back_is_removed_after_a_day(world: World) -> None:
    person = with_number(world)
    prove(world, person)
    ask_for_code(world, with_number(world, "+44 7700 900999"))
    world.travel(by=DAY)
    world.maintain()
    (left,) = world.rows("select user_id, code from private.phone_codes")
    assert left == {"user_id": person, "code": None}


def test_erasure_forgets_the_number(world: World, post: Post) -> None:
    person = with_number(world)
    prove(world, person)
    tables = world.call(person, "public.export_person", p_user_id=person)["tables"]
    assert [row["phone"] for row in tables["private.phone_codes"]] == [NUMBER]
    world.call(person, "public.erase_person", p_user_id=person, p_reason="Please.")
    assert world.count("private.phone_codes") == 0
    assert world.rows("select from public.message_contents where to_address = %s", NUMBER) == []
