"""A school keeps one default card a currency, and others whose validity never overlaps.
A price stands on a card for a service of the same school and currency.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import World
from tests.schools.conftest import School

HUGE = "x" * 1_000_000
SUMMER = {"p_valid_from": date(2027, 6, 1), "p_valid_to": date(2027, 8, 31)}


def create(school: School, caller: UUID, **arguments: Any) -> UUID:
    given = {"p_org_id": school.id, "p_name": "Summer"} | arguments
    card_id: UUID = school.world.call(caller, "public.create_rate_card", **given)
    return card_id


def set_validity(world: World, caller: UUID, card_id: UUID, start: Any, end: Any) -> None:
    world.call(
        caller,
        "public.set_rate_card_validity",
        p_rate_card_id=card_id,
        p_valid_from=start,
        p_valid_to=end,
    )


def delete(world: World, caller: UUID, card_id: UUID) -> None:
    world.call(caller, "public.delete_rate_card", p_rate_card_id=card_id)


# create_rate_card


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_who_administers_the_school_makes_a_card(school: School, caller: str) -> None:
    card_id = create(school, school.who(caller), p_name=" <b>Summer</b> ", **SUMMER)
    card = school.world.row("select * from public.rate_cards")
    assert (card["id"], card["org_id"], card["name"]) == (card_id, school.id, "<b>Summer</b>")
    assert (card["currency"], card["is_default"]) == ("gbp", False)
    assert (card["valid_from"], card["valid_to"]) == (date(2027, 6, 1), date(2027, 8, 31))


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_does(school: School, caller: str) -> None:
    person = school.who(caller)
    with school.world.unchanged(), school.world.refusing("PT404", "organization_not_found"):
        create(school, person)


def test_a_visitor_is_asked_to_sign_in(school: School) -> None:
    world, card_id = school.world, create(school, school.owner)
    calls = (
        "select public.create_rate_card(%s, 'Winter')",
        "select public.set_rate_card_validity(%s, null, null)",
        "select public.delete_rate_card(%s)",
        "select public.set_rate(%s, null, 1)",
    )
    with world.unchanged():
        for call in calls:
            with world.refusing("42501", "sign_in_required"), world.acting_as(None):
                world.value(call, card_id)
            with world.refusing("42501"), world.acting_as(None, "anon"):
                world.value(call, card_id)


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        (None, None, True),
        (None, date(2027, 6, 1), True),
        (None, date(2027, 5, 31), False),
        (date(2027, 8, 31), None, True),
        (date(2027, 9, 1), None, False),
        (date(2027, 7, 1), date(2027, 7, 1), True),
        (date(2027, 6, 1), date(2027, 8, 31), True),
    ],
)
def test_cards_never_overlap(
    school: School, start: date | None, end: date | None, overlaps: bool
) -> None:
    create(school, school.owner, **SUMMER)
    given = {"p_name": "Other", "p_valid_from": start, "p_valid_to": end}
    if overlaps:
        with school.world.unchanged(), school.world.refusing("PT409", "rate_card_exists"):
            create(school, school.owner, **given)
    create(school, school.owner, p_currency="eur", **given)
    elsewhere = school.world.organization()
    create(school, school.world.admin(), p_org_id=elsewhere, **given)
    if not overlaps:
        create(school, school.owner, **(given | {"p_name": "Third"}))


def test_there_is_one_default_a_currency(school: School) -> None:
    create(school, school.owner, p_name="Usual", p_is_default=True)
    with school.world.unchanged(), school.world.refusing("PT409", "rate_card_exists"):
        create(school, school.owner, p_name="Other", p_is_default=True)
    create(school, school.owner, p_name="Euros", p_is_default=True, p_currency="EUR")
    # A card of a time lies over the default.
    create(school, school.owner, **SUMMER)


def test_a_name_is_taken_once(school: School) -> None:
    create(school, school.owner, **SUMMER)
    with school.world.unchanged(), school.world.refusing("PT409", "rate_card_exists"):
        create(school, school.owner, p_currency="eur")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_name": None}, "value_missing"),
        ({"p_name": " "}, "name_is_short"),
        ({"p_name": "x" * 201}, "name_is_short"),
        ({"p_name": HUGE}, "name_is_short"),
        ({"p_currency": "xyz"}, "unknown_currency"),
        ({"p_is_default": None}, "value_missing"),
        ({"p_valid_from": "2027-06-02", "p_valid_to": "2027-06-01"}, "end_is_not_before_start"),
        ({"p_is_default": True, "p_valid_from": "2027-06-01"}, "a_default_is_always_valid"),
        ({"p_is_default": True, "p_valid_to": "2027-06-01"}, "a_default_is_always_valid"),
        ({"p_valid_to": "5874897-12-31"}, "dates_are_plausible"),
        ({"p_valid_from": "-infinity"}, "dates_are_plausible"),
    ],
)
def test_a_bad_value_makes_no_card(school: School, arguments: dict[str, Any], code: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", code):
        create(school, school.owner, **arguments)


# set_rate_card_validity and delete_rate_card


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_a_card_is_ended_for_the_next_one(school: School, caller: str) -> None:
    world, person = school.world, school.who(caller)
    card_id = create(school, school.owner, p_valid_from=date(2027, 1, 1))
    set_validity(world, person, card_id, date(2027, 1, 1), date(2027, 12, 31))
    create(school, school.owner, p_name="Next", p_valid_from=date(2028, 1, 1))
    with world.unchanged(), world.refusing("PT409", "rate_card_exists"):
        set_validity(world, person, card_id, date(2027, 1, 1), date(2028, 1, 1))


@pytest.mark.parametrize(
    ("is_default", "start", "end", "code"),
    [
        (False, "2027-06-02", "2027-06-01", "end_is_not_before_start"),
        (True, "2027-06-01", None, "a_default_is_always_valid"),
        (False, None, "5874897-12-31", "dates_are_plausible"),
        (False, None, "infinity", "dates_are_plausible"),
    ],
)
def test_a_bad_validity_changes_nothing(
    school: School, is_default: bool, start: str | None, end: str | None, code: str
) -> None:
    card_id = create(school, school.owner, p_is_default=is_default)
    with school.world.unchanged(), school.world.refusing("PT422", code):
        set_validity(school.world, school.owner, card_id, start, end)


@pytest.mark.parametrize("caller", ["owner", "admin", "platform admin"])
def test_a_card_is_taken_away_with_its_prices(school: School, caller: str) -> None:
    world, service = school.world, school.world.service(school.instructor)
    card_id = create(school, school.owner, p_is_default=True)
    world.call(
        school.owner,
        "public.set_rate",
        p_rate_card_id=card_id,
        p_service_id=service,
        p_price_cents=100,
    )
    delete(world, school.who(caller), card_id)
    assert (world.count("public.rate_cards"), world.count("public.rate_card_items")) == (0, 0)
    create(school, school.owner, p_is_default=True)


@pytest.mark.parametrize("caller", ["instructor", "learner", "stranger", "owner of another"])
def test_nobody_else_changes_or_takes_a_card(school: School, caller: str) -> None:
    world, person = school.world, school.who(caller)
    card_id = create(school, school.owner)
    with world.unchanged():
        with world.refusing("PT404", "rate_card_not_found"):
            set_validity(world, person, card_id, None, None)
        with world.refusing("PT404", "rate_card_not_found"):
            delete(world, person, card_id)
        with world.refusing("PT404", "rate_card_not_found"):
            world.call(
                person,
                "public.set_rate",
                p_rate_card_id=card_id,
                p_service_id=uuid4(),
                p_price_cents=1,
            )


@pytest.mark.parametrize("card_id", [uuid4(), None])
def test_an_unknown_card_is_not_found(school: School, card_id: UUID) -> None:
    with school.world.unchanged():
        with school.world.refusing("PT404", "rate_card_not_found"):
            set_validity(school.world, school.owner, card_id, None, None)
        with school.world.refusing("PT404", "rate_card_not_found"):
            delete(school.world, school.owner, card_id)


# Who sees them


def test_members_see_the_cards_and_others_ask_for_a_quote(school: School) -> None:
    world = school.world
    create(school, school.owner)
    seen = {}
    for name in ("owner", "instructor", "learner", "stranger", "owner of another"):
        with world.acting_as(school.who(name)):
            seen[name] = world.count("public.rate_cards")
    assert seen == {
        "owner": 1,
        "instructor": 1,
        "learner": 1,
        "stranger": 0,
        "owner of another": 0,
    }
    with world.refusing("42501"), world.acting_as(None, "anon"):
        world.count("public.rate_cards")


@pytest.mark.parametrize("statement", ["update public.{} set currency = 'eur'", "delete from {}"])
@pytest.mark.parametrize("table", ["rate_cards", "rate_card_items"])
def test_nobody_writes_them_directly(school: School, statement: str, table: str) -> None:
    with (
        school.world.unchanged(),
        school.world.refusing("42501"),
        school.world.acting_as(school.owner),
    ):
        school.world.connection.execute(statement.format(table))


def card(school: School, currency: str = "gbp") -> UUID:
    card_id: UUID = school.world.call(
        school.owner,
        "public.create_rate_card",
        p_org_id=school.id,
        p_name=f"Usual {currency}",
        p_currency=currency,
        p_is_default=True,
    )
    return card_id


def set_rate(
    school: School, card_id: UUID, service_id: UUID | None, price_cents: int | None
) -> None:
    school.world.call(
        school.owner,
        "public.set_rate",
        p_rate_card_id=card_id,
        p_service_id=service_id,
        p_price_cents=price_cents,
    )


def prices(school: School) -> list[int]:
    rows = school.world.rows("select price_cents from public.rate_card_items order by price_cents")
    return [row["price_cents"] for row in rows]


def test_a_price_is_set_changed_and_taken_off(school: School) -> None:
    card_id, service = card(school), school.world.service(school.instructor)
    set_rate(school, card_id, service, 5000)
    assert prices(school) == [5000]
    set_rate(school, card_id, service, 0)
    assert prices(school) == [0]
    set_rate(school, card_id, service, None)
    set_rate(school, card_id, service, None)
    assert prices(school) == []


def test_a_service_has_a_price_on_each_card(school: School) -> None:
    world, service = school.world, school.world.service(school.instructor)
    set_rate(school, card(school), service, 5000)
    summer = world.call(
        school.owner,
        "public.create_rate_card",
        p_org_id=school.id,
        p_name="Summer",
        p_valid_from="2027-06-01",
    )
    set_rate(school, summer, service, 6000)
    assert prices(school) == [5000, 6000]


def test_only_a_service_of_the_school_in_the_cards_currency(school: School) -> None:
    world, card_id = school.world, card(school)
    elsewhere = world.instructor(org_id=world.organization())
    for service in (
        uuid4(),
        None,
        world.service(elsewhere),
        world.service(world.instructor()),
        world.service(school.instructor, currency="eur"),
    ):
        with world.unchanged(), world.refusing("PT404", "service_not_found"):
            set_rate(school, card_id, service, 5000)
        with world.unchanged(), world.refusing("PT404", "service_not_found"):
            set_rate(school, card_id, service, None)


@pytest.mark.parametrize("price_cents", [-1, 50_000_001, 2**62])
def test_a_price_that_cannot_be_charged_is_refused(school: School, price_cents: int) -> None:
    card_id, service = card(school), school.world.service(school.instructor)
    set_rate(school, card_id, service, 5000)
    with school.world.unchanged(), school.world.refusing("PT422", "price_can_be_charged"):
        set_rate(school, card_id, service, price_cents)


def test_a_price_is_audited(school: School) -> None:
    set_rate(school, card(school), school.world.service(school.instructor), 5000)
    entry = school.world.row(
        "select * from public.audit_logs where entity_type = 'rate_card_items'"
    )
    assert (entry["org_id"], entry["user_id"]) == (school.id, school.owner)
    assert entry["new_values"]["price_cents"] == 5000
