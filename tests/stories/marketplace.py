"""Who takes part in the stories, and what they can buy: made once, for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from tests.factories import MARKETPLACE, Instructor, World

# A Monday, two weeks before the clocks change in London.
BEGINNING = datetime(2027, 3, 15, 8, tzinfo=UTC)

# Ids are counted, so that a story told again goes the same way wherever SQL goes by ids.
COUNTED_IDS = """
    create sequence private.made_ids;

    create function private.next_id()
        returns uuid
        language sql
        volatile
        security definer
        set search_path = '', pg_temp
    as $$
        select lpad(to_hex(nextval('private.made_ids')), 32, '0')::uuid;
    $$;

    grant execute on function private.next_id() to public;

    do $$
    declare
        counted record;
        definition text;
    begin
        for definition in
            select replace(pg_get_functiondef(made.oid), 'gen_random_uuid()', 'private.next_id()')
            from pg_proc made
            where made.pronamespace = 'private'::regnamespace
                and made.prosrc like '%gen_random_uuid()%'
        loop
            execute definition;
        end loop;
        for counted in
            select kept.adrelid::regclass as name, attribute.attname
            from pg_attrdef kept
            join pg_attribute attribute
                on attribute.attrelid = kept.adrelid and attribute.attnum = kept.adnum
            join pg_class class on class.oid = kept.adrelid
            where class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
                and pg_get_expr(kept.adbin, kept.adrelid) = 'gen_random_uuid()'
        loop
            execute format(
                'alter table %s alter column %I set default private.next_id()',
                counted.name, counted.attname
            );
        end loop;
    end
    $$
"""

CODES = ("TENTH", "FIVER", "GIFT", "ONCE")


@dataclass(frozen=True)
class Offer:
    """A service of an instructor, and who asks for it at what door."""

    name: str
    instructor: Instructor
    service_id: UUID


@dataclass(frozen=True)
class Customer:
    """Who books, for which learner: oneself, or a child whose guardian one is."""

    name: str
    user_id: UUID
    org_id: UUID
    learner_id: UUID

    @property
    def named_learner(self) -> dict[str, Any]:
        return {"p_learner_id": self.learner_id}


@dataclass(frozen=True)
class Marketplace:
    customers: list[Customer]
    offers: list[Offer]
    admin: UUID
    referral_codes: list[str]
    accounts: dict[str, Instructor]

    def offers_to(self, customer: Customer) -> list[Offer]:
        return [offer for offer in self.offers if offer.instructor.org_id == customer.org_id]

    def customer_of(self, learner_id: UUID) -> Customer:
        return next(one for one in self.customers if one.learner_id == learner_id)

    def instructor(self, instructor_id: UUID) -> Instructor:
        found = (offer.instructor for offer in self.offers if offer.instructor.id == instructor_id)
        return next(found)


def build_marketplace(world: World) -> Marketplace:
    """The marketplace, where fees go back and disputes are the platform's; and a strict school.

    The marketplace sells in pounds with the fee on top, the school in yen with the fee included.
    """
    world.travel(to=BEGINNING)
    world.connection.execute(COUNTED_IDS)
    world.connection.execute(
        "update public.organizations set referral_discount_bps = 1000,"
        " referral_reward_cents = 1500, withdrawal_mode = 'full'"
    )
    school = world.organization(
        fee_refundable=False,
        dispute_liability="instructor",
        credit_validity_months=1,
        fee_mode="included",
    )
    ann = world.instructor(name="Ann")
    bob = world.instructor(name="Bob", hourly_rate_cents=3999)
    sue = world.instructor(name="Sue", org_id=school, hourly_rate_cents=5001, currency="jpy")
    accounts = {}
    for instructor in (ann, bob, sue):
        accounts[world.onboard(instructor)] = instructor
        world.window(instructor, "07:00", "21:00")
    world.connection.execute(
        "update public.instructor_details set payout_schedule = 'daily' where instructor_id = %s",
        [bob.id],
    )

    offers = [
        Offer("lesson", ann, world.service(ann)),
        Offer("held card", ann, world.service(ann, capture_mode="manual", price_cents=6001)),
        Offer("by request", bob, world.service(bob, requires_approval=True)),
        Offer("group", bob, world.service(bob, price_cents=1501, max_participants=3)),
        Offer("long lesson", bob, world.service(bob, duration_minutes=90)),
        Offer("school lesson", sue, world.service(sue, currency="jpy")),
        Offer(
            "school, held card",
            sue,
            world.service(
                sue,
                currency="jpy",
                capture_mode="manual",
                requires_approval=True,
                approval_hours=100,
            ),
        ),
    ]
    price_days(world, offers[:4], "Weekend", date(2027, 3, 20), date(2027, 3, 21), 2501)
    price_days(world, offers[:4], "Quiet days", date(2027, 3, 23), date(2027, 3, 24), -777)
    price_days(world, offers[5:], "Weekend", date(2027, 3, 20), date(2027, 3, 21), 1999, "jpy")
    price_days(world, offers[5:], "Quiet days", date(2027, 3, 23), date(2027, 3, 24), -1500, "jpy")

    ben, cleo, gil, eve = (world.person(name) for name in ("Ben", "Cleo", "Gil", "Eve"))
    kit = world.child(MARKETPLACE)
    link_guardian(world, kit, gil)
    customers = [
        Customer("Ben", ben, MARKETPLACE, world.learner(MARKETPLACE, ben, "Ben")),
        Customer("Cleo", cleo, MARKETPLACE, world.learner(MARKETPLACE, cleo, "Cleo")),
        Customer("Kit", gil, MARKETPLACE, kit),
        Customer("Eve", eve, school, world.learner(school, eve, "Eve")),
    ]

    world.discount_code(code="TENTH", discount_bps=1000, max_uses_per_learner=20)
    world.discount_code(
        code="FIVER", amount_cents=500, may_exceed_fee=True, max_uses_per_learner=20
    )
    world.discount_code(
        code="GIFT", discount_bps=10000, may_exceed_fee=True, max_uses_per_learner=20
    )
    world.discount_code(code="ONCE", amount_cents=999, may_exceed_fee=True, max_uses=1)
    referral_codes = [
        world.ask(customer.user_id, "public.create_referral_code", p_org_id=customer.org_id)[0]
        for customer in customers[:2]
    ]
    codes = [made["code"] for made in referral_codes]
    return Marketplace(customers, offers, world.admin(), codes, accounts)


def price_days(
    world: World,
    offers: list[Offer],
    name: str,
    first: date,
    last: date,
    more_cents: int,
    currency: str = "gbp",
) -> None:
    """Days on which lessons cost more or less, so that a lesson that moves changes its price."""
    card_id = world.insert(
        "public.rate_cards",
        {
            "org_id": offers[0].instructor.org_id,
            "name": name,
            "currency": currency,
            "valid_from": first,
            "valid_to": last,
        },
    )
    world.connection.execute(
        "insert into public.rate_card_items"
        " (org_id, rate_card_id, service_id, currency, price_cents)"
        " select service.org_id, %s, service.id, service.currency, (price.value).list_cents + %s"
        " from public.services service"
        " cross join lateral"
        " (select private.price_service(service.id, service.instructor_id, %s) as value) price"
        " where service.id = any (%s)",
        [card_id, more_cents, BEGINNING, [offer.service_id for offer in offers]],
    )


def link_guardian(world: World, learner_id: UUID, user_id: UUID) -> None:
    link_id = world.call(
        world.admin(),
        "public.link_guardian",
        p_learner_id=learner_id,
        p_guardian_email=world.email(user_id),
        p_can_view=True,
        p_can_book=True,
        p_can_pay=True,
    )
    world.call(user_id, "public.give_guardian_consent", p_learner_guardian_id=link_id)
