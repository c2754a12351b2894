"""Everybody lists the invoices that were sent to them, page by page, and nobody else's."""

from __future__ import annotations

from uuid import UUID

from psycopg.rows import DictRow

from tests.factories import MARKETPLACE, World
from tests.tax.steps import lesson_at_school, register, terms


def listed(world: World, user_id: UUID, **page: object) -> list[DictRow]:
    return world.ask(user_id, "public.list_fee_invoices", **page)


def test_a_payer_pages_through_their_invoices(world: World) -> None:
    register(world)
    booking = world.booking()
    booking.pay()
    for cents in (531, 531):
        world.maintain()
        booking.refund(cents)
    world.maintain()
    documents = listed(world, booking.learner)
    assert [document["kind"] for document in documents].count("credit_note") == 2
    for document in documents:
        assert document["total_cents"] == document["net_cents"] + document["vat_cents"]
        assert document["organization"] == "Marketplace"
    (invoice,) = [document for document in documents if document["kind"] == "invoice"]
    assert {document["credits_number"] for document in documents} == {None, invoice["number"]}

    seen: list[DictRow] = []
    while page := listed(
        world, booking.learner, p_limit=1, p_before=seen[-1]["id"] if seen else None
    ):
        seen += page
    assert seen == documents


def test_whose_invoice_it_is(world: World) -> None:
    on_top = world.booking()
    on_top.pay()
    terms(world, MARKETPLACE, p_fee_mode="included")
    included = world.booking(world.instructor(), start_at=world.in_days(4))
    included.pay()
    world.maintain()
    readers = {
        "payer": on_top.learner,
        "instructor of it": on_top.instructor.user_id,
        "payer of the price": included.learner,
        "payee": included.instructor.user_id,
        "stranger": world.person(),
    }
    counts = {who: len(listed(world, user_id)) for who, user_id in readers.items()}
    assert counts == dict.fromkeys(readers, 0) | {"payer": 1, "payee": 1}
    for who, user_id in readers.items():
        with world.acting_as(user_id):
            assert world.count("public.fee_invoices") == counts[who]
    with world.acting_as(world.admin()):
        assert world.count("public.fee_invoices") == 2


def test_a_school_reads_those_that_it_owes(world: World) -> None:
    school = world.organization(fee_mode="included")
    owner = world.member(school, "owner")
    instructor = world.instructor(org_id=school)
    world.connection.execute("update public.instructor_details set payee = 'organization'")
    lesson_at_school(world, instructor).pay()
    world.maintain()
    assert len(listed(world, owner)) == 1
    assert listed(world, instructor.user_id) == []


def test_somebody_elses_id_is_no_page(world: World) -> None:
    first, second = world.booking(), world.booking(world.instructor())
    first.pay()
    world.maintain()
    second.pay()
    world.maintain()
    (document,) = listed(world, first.learner)
    assert len(listed(world, second.learner)) == 1
    assert listed(world, second.learner, p_before=document["id"]) == []
