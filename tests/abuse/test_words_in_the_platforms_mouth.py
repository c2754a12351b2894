"""Eve founds a school, and wants the platform's mails to strangers to say what she likes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import World
from tests.messages.conftest import Post, post
from tests.schools.conftest import School, school

__all__ = ["post", "school"]

BAIT = "You have won 1000 pounds, see https://evil.example"


def save(school: School, kind: str, body: str, **more: Any) -> None:
    school.world.call(
        school.owner,
        "public.save_message_template",
        p_org_id=school.id,
        p_kind=kind,
        p_channel="email",
        p_locale="en",
        p_subject="Hello",
        p_body=body,
        **more,
    )


def invite(school: School, address: str = "stranger@example.org") -> None:
    school.invite(school.owner, address, "learner")


def mail_to(post: Post, address: str = "stranger@example.org") -> dict[str, Any]:
    (mail,) = [sent for sent in post.send() if sent["to_address"] == address]
    return mail


@pytest.mark.parametrize("kind", ["invitation", "guardian_consent_wanted"])
def test_who_did_not_ask_for_a_mail_reads_the_platforms_words(school: School, kind: str) -> None:
    with school.world.unchanged(), school.world.refusing("PT422", "text_is_the_platforms"):
        save(school, kind, BAIT)


def test_a_text_of_hers_changes_no_invitation(school: School, post: Post) -> None:
    for kind in ("attention", "booking_confirmed"):
        save(school, kind, BAIT)
    invite(school)
    mail = mail_to(post)
    assert "evil.example" not in f"{mail['subject']} {mail['body']} {mail['html']}"


@pytest.mark.parametrize(
    "name",
    [
        "{{recipient_name}} {{total}}",
        "<a href='https://evil.example'>Win</a>",
        "Elm }} {{ start_at",
    ],
)
def test_a_schools_name_is_a_name(school: School, post: Post, name: str) -> None:
    """What it contains is neither filled in nor markup."""
    world = school.world
    world.call(school.owner, "public.update_organization", p_org_id=school.id, p_name=name)
    invite(school)
    mail = mail_to(post)
    assert name in mail["body"]
    if mail["html"]:
        assert "<a href='https://evil" not in mail["html"]


@pytest.mark.parametrize("name", ["Elm\nBcc: all@example.org", "Elm\r\nSubject: Won", "\u202eElm"])
def test_no_name_has_a_second_line(school: School, name: str) -> None:
    world = school.world
    with world.unchanged(), world.refusing("PT422", "name_is_readable"):
        world.call(school.owner, "public.update_organization", p_org_id=school.id, p_name=name)


def test_a_learners_name_is_no_placeholder_either(world: World, post: Post) -> None:
    """Eve books as {{due}}, so that the instructor's mail asks for money."""
    name = "{{due}} <script>alert(1)</script>"
    booking = world.booking()
    world.connection.execute(
        "update public.learners set full_name = %s where id = %s",
        [name, booking.columns["learner_id"]],
    )
    booking.pay()
    mails = [
        sent
        for sent in post.send()
        if sent["to_address"] == world.email(booking.instructor.user_id)
    ]
    assert mails
    for mail in mails:
        assert "<script>" not in (mail["html"] or "")
    assert any(name in mail["body"] for mail in mails)


def test_her_own_texts_go_to_nobody_elses_learners(school: School, post: Post) -> None:
    world = school.world
    save(school, "booking_confirmed", BAIT)
    booking = world.booking()
    booking.pay()
    bodies = [sent["body"] for sent in post.send()]
    assert bodies
    assert not any("evil.example" in (body or "") for body in bodies)


def test_no_text_asks_for_what_its_kind_does_not_know(school: School) -> None:
    """Another's address, or the token of an invitation."""
    world = school.world
    for placeholder in ("pickup_of_others", "token", "unsubscribe_token", "email"):
        with world.unchanged(), world.refusing("PT422", "unknown_placeholder"):
            save(school, "booking_confirmed", f"See {{{{{placeholder}}}}}")
