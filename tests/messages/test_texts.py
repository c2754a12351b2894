"""A text has only placeholders of its kind, and what they stand for is escaped for its channel."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from tests.factories import World
from tests.messages.conftest import Post

NASTY = "<b>Bob</b> & {{organization_name}} \"x\" 'y'"


@pytest.fixture
def school(world: World) -> tuple[UUID, UUID]:
    """A school and its owner."""
    org_id = world.organization()
    return org_id, world.member(org_id, "owner")


def save(world: World, school: tuple[UUID, UUID], **arguments: Any) -> UUID:
    org_id, owner = school
    given = {
        "p_org_id": org_id,
        "p_kind": "booking_confirmed",
        "p_channel": "email",
        "p_locale": "en",
        "p_subject": "Booked",
        "p_body": "{{start_at}}",
    } | arguments
    template_id: UUID = world.call(owner, "public.save_message_template", **given)
    return template_id


def fill(world: World, text: str, way: str, **values: str) -> str:
    filled: str = world.value("select private.fill(%s, %s, %s)", text, Jsonb(values), way)
    return filled


@pytest.mark.parametrize("column", ["p_subject", "p_body", "p_html"])
@pytest.mark.parametrize(
    "text", ["{{password}}", "{{ start_at }}", "{{start_at", "}}", "{{}}", "{{1+1}}", "{{message}}"]
)
def test_an_unknown_placeholder_is_refused_when_a_text_is_saved(
    world: World, school: tuple[UUID, UUID], column: str, text: str
) -> None:
    with world.unchanged(), world.refusing("PT422", "unknown_placeholder"):
        save(world, school, **{column: text})


@pytest.mark.parametrize("body", ["Buy hours with {{instructor_name}}", "UNSTOPPABLE", "stop"])
def test_marketing_by_sms_says_how_to_end_it(
    world: World, school: tuple[UUID, UUID], body: str
) -> None:
    given = {"p_kind": "buy_hours", "p_channel": "sms", "p_subject": None, "p_html": None}
    with world.unchanged(), world.refusing("PT422", "opt_out_missing"):
        save(world, school, **given | {"p_body": body})
    save(world, school, **given | {"p_body": f"{body} Answer STOP for no more."})


def test_a_subject_of_two_lines_is_refused(world: World, school: tuple[UUID, UUID]) -> None:
    with world.unchanged(), world.refusing("PT422", "subject_is_a_line"):
        save(world, school, p_subject="Booked\r\nBcc: all@example.org")


def test_the_platforms_own_texts_have_known_placeholders(world: World) -> None:
    world.connection.execute("update public.message_templates set body = body")
    without_a_mail = world.rows(
        "select key from private.message_kinds known where not exists (select"
        " from public.message_templates text"
        " where text.kind = known.key and text.channel = 'email' and text.locale = 'en')"
    )
    # What proves a phone number comes to the phone alone.
    assert [row["key"] for row in without_a_mail] == ["phone_code"]


def test_values_are_escaped_for_html(world: World) -> None:
    shown = fill(world, "<p>{{name}}</p>", "html", name=NASTY)
    assert shown == (
        "<p>&lt;b&gt;Bob&lt;/b&gt; &amp; {{organization_name}} &quot;x&quot; &#39;y&#39;</p>"
    )


def test_a_value_is_never_a_placeholder_itself(world: World) -> None:
    filled = fill(world, "{{name}} {{other}}", "text", name="{{other}}", other="secret")
    assert filled == "{{other}} secret"


def test_a_value_ends_no_header(world: World) -> None:
    assert fill(world, "Hi {{name}}", "line", name="Bob\r\nBcc: x@y") == "Hi Bob Bcc: x@y"


def test_a_missing_value_leaves_no_placeholder(world: World) -> None:
    assert fill(world, "At {{pickup}}.", "text") == "At ."


def test_a_schools_own_text_comes_first_and_is_its_alone(
    world: World, post: Post, school: tuple[UUID, UUID]
) -> None:
    org_id, owner = school
    template_id = save(world, school, p_subject="Our lesson", p_html="<b>{{learner_name}}</b>")
    ben = world.person("Ben")
    world.learner(org_id, ben)
    instructor = world.instructor(org_id=org_id)

    def subjects(day: int) -> set[str]:
        slot_id = world.slot(world.service(instructor, price_cents=0), world.in_days(day))
        world.book(ben, slot_id)
        return {message["subject"] for message in post.send()}

    assert subjects(5) == {"Our lesson"}
    booking = world.booking()
    booking.pay()
    assert "Our lesson" not in {message["subject"] for message in post.send()}
    world.call(owner, "public.delete_message_template", p_org_id=org_id, p_template_id=template_id)
    assert "Our lesson" not in subjects(6)


def test_admins_see_which_placeholders_a_text_may_have(
    world: World, school: tuple[UUID, UUID]
) -> None:
    org_id, owner = school
    save(world, school)
    texts = world.ask(owner, "public.organization_templates", p_org_id=org_id)
    own = [text for text in texts if text["is_own"]]
    assert [(text["kind"], text["class"]) for text in own] == [("booking_confirmed", "essential")]
    assert "start_at" in own[0]["placeholders"]


@pytest.mark.parametrize("kind", ["booking_confirmed", "lesson_reminder", "payout_sent"])
def test_a_preview_shows_what_would_be_sent(world: World, kind: str) -> None:
    shown = world.serve(
        "jobs", "private.preview_message", p_kind=kind, p_org_id=None, p_locale="de"
    )
    assert "email" in {text["channel"] for text in shown}
    assert all("{{" not in text["body"] for text in shown)


def test_a_preview_of_an_unknown_kind_is_refused(world: World) -> None:
    with world.refusing("PT404", "kind_not_found"):
        world.serve("jobs", "private.preview_message", p_kind="x", p_org_id=None, p_locale="en")
