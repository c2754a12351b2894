"""What Twilio lists of a day settles what no callback told, in the order in which it was sent."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from tests.fake_twilio import FakeTwilio
from tests.jobs.payday import Finished, Payday
from tests.jobs.texts import status, texted, twilio

__all__ = ["twilio"]


def compare(office: Payday, twilio: FakeTwilio, day: str | None = None) -> Finished:
    day = day or f"{twilio.now:%Y-%m-%d}"
    return office.run("messages", "compare", "--date", day, **twilio.environment())


def compared(finished: Finished) -> dict[str, Any]:
    (line,) = finished.events("texts_compared")
    return {name: line[name] for name in ("known", "settled", "answers", "unknown")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "error_code", "expected"),
    [
        ("delivered", None, "delivered"),
        ("undelivered", 30005, "bounced"),
        ("failed", 30007, "failed"),
        ("sent", None, "sent"),
    ],
)
def test_what_no_callback_told_is_settled_the_day_after(
    office: Payday, twilio: FakeTwilio, said: str, error_code: int | None, expected: str
) -> None:
    booking, _ = texted(office)
    office.run("outbox", **twilio.environment())
    (sent,) = twilio.messages
    twilio.settle(sent, said, error_code)
    finished = compare(office, twilio)
    settled = {"known": 0, "settled": 1, "answers": 0, "unknown": 0}
    assert (finished.status, compared(finished)) == (0, settled)
    assert status(booking, "sms") == expected
    again = compare(office, twilio)
    assert compared(again) == {"known": 1, "settled": 0, "answers": 0, "unknown": 0}


@pytest.mark.slow
def test_a_stop_that_never_came_is_obeyed(office: Payday, twilio: FakeTwilio) -> None:
    _, number = texted(office)
    twilio.receive(number, "+15005550006", "STOP")
    twilio.receive("whatsapp:+447700900999", "whatsapp:+15005550007", "Thanks")
    finished = compare(office, twilio)
    assert compared(finished) == {"known": 0, "settled": 0, "answers": 2, "unknown": 0}
    assert number not in finished.stdout
    office.run("outbox", **twilio.environment())
    assert [text for text in twilio.messages if text["direction"] != "inbound"] == []
    assert compared(compare(office, twilio))["known"] == 2


def test_a_text_that_is_not_ours_is_named(office: Payday, twilio: FakeTwilio) -> None:
    """Somebody else has the account's token, or another program sends from the number."""
    httpx.post(
        f"{twilio.url}/2010-04-01/Accounts/AC1/Messages.json",
        data={"To": "+447700900123", "From": "+15005550006", "Body": "Win a car"},
    )
    (foreign,) = twilio.messages
    twilio.settle(foreign, "delivered")
    for _ in range(2):
        finished = compare(office, twilio)
        assert (finished.status, compared(finished)["unknown"]) == (1, 1)
        assert [line["provider_id"] for line in finished.events("text_unknown")] == [foreign["sid"]]
        assert "Win a car" not in finished.stdout
        assert "+447700900123" not in finished.stdout
    (finding,) = unexplained(office)
    assert finding["reference"] == foreign["sid"]
    assert office.world.count("private.message_events") == 1
    office.world.travel(by=timedelta(days=8))
    assert unexplained(office) == []


def unexplained(office: Payday) -> list[dict[str, Any]]:
    concerns = office.world.serve("jobs", "private.needs_attention")
    return [concern for concern in concerns if concern["concern"] == "text_unexplained"]


def suppressed(office: Payday) -> list[str]:
    rows = office.world.rows("select address from private.suppressed_addresses order by address")
    return [row["address"] for row in rows]


def answered(twilio: FakeTwilio, number: str, *answers: tuple[int, str]) -> None:
    """Answers so many seconds after the present, of which nobody was told."""
    for seconds, words in sorted(answers):
        answer = twilio.receive(number, "+15005550006", words)
        answer["date_sent"] = format_datetime(twilio.now + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("answers", "stays"),
    [
        ([(-60, "START"), (-30, "STOP")], True),
        ([(-60, "STOP"), (-30, "START")], False),
        ([(-60, "STOP"), (-60, "START")], True),
        ([(-60, "STOP"), (-50, "START"), (-40, "STOP"), (-30, "START")], False),
    ],
)
def test_the_latest_of_missed_answers_counts(
    office: Payday, twilio: FakeTwilio, answers: list[tuple[int, str]], stays: bool
) -> None:
    """Twilio lists the latest first, here a page for each; of one second, STOP is obeyed."""
    _, number = texted(office)
    twilio.page_size = 1
    answered(twilio, number, *answers)
    for _ in range(2):
        compare(office, twilio)
        assert suppressed(office) == ([number] if stays else [])


@pytest.mark.parametrize(
    ("missed", "came", "stays"),
    [
        ((-60, "START"), "STOP", True),
        ((-60, "STOP"), "START", False),
        ((+60, "START"), "STOP", False),
        ((+60, "STOP"), "START", True),
    ],
)
def test_a_missed_answer_stands_behind_a_later_one_that_came(
    office: Payday, twilio: FakeTwilio, missed: tuple[int, str], came: str, stays: bool
) -> None:
    _, number = texted(office)
    twilio.now = office.world.now()
    receive(office, twilio.receive(number, "+15005550006", came))
    answered(twilio, number, missed)
    office.world.travel(by=timedelta(minutes=5))
    for _ in range(2):
        compare(office, twilio)
        assert suppressed(office) == ([number] if stays else [])


def receive(office: Payday, answer: dict[str, Any]) -> None:
    """The webhook brings an answer, as it comes."""
    office.world.serve(
        "webhook_service",
        "private.record_inbound_message",
        p_provider_id=answer["sid"],
        p_channel="sms",
        p_sender=answer["from"],
        p_body=answer["body"],
        p_payload=Jsonb({}),
    )


def test_answers_that_came_in_the_wrong_order_are_put_right(
    office: Payday, twilio: FakeTwilio
) -> None:
    """The webhook of a STOP was late, and came after that of the START that was sent later."""
    _, number = texted(office)
    twilio.now = office.world.now()
    answered(twilio, number, (-120, "STOP"), (-60, "START"))
    start, stop = twilio.messages
    receive(office, start)
    office.world.travel(by=timedelta(seconds=5))
    receive(office, stop)
    assert suppressed(office) == [number]
    compare(office, twilio)
    assert suppressed(office) == []


def test_what_an_admin_decided_since_is_not_undone(office: Payday, twilio: FakeTwilio) -> None:
    _, number = texted(office)
    twilio.now = office.world.now()
    stop = twilio.receive(number, "+15005550006", "STOP")
    office.world.travel(by=timedelta(seconds=5))
    receive(office, stop)
    office.world.connection.execute("delete from private.suppressed_addresses")
    assert compared(compare(office, twilio))["known"] == 1
    assert suppressed(office) == []


def test_start_does_not_lift_what_twilio_said_later(office: Payday, twilio: FakeTwilio) -> None:
    _, number = texted(office)
    office.world.connection.execute("select private.suppress_address('sms', %s, 'stop')", [number])
    twilio.now = office.world.now()
    answered(twilio, number, (-60, "START"))
    compare(office, twilio)
    assert suppressed(office) == [number]


def test_the_job_of_the_former_release_lifts_nothing(office: Payday, twilio: FakeTwilio) -> None:
    """It does not say when a text was sent."""
    _, number = texted(office)

    def tell(words: str, letter: str) -> None:
        text = {"sid": f"SM{letter * 32}", "channel": "sms", "is_inbound": True, "sender": number}
        text |= {"body": words, "status": "received", "error_code": None}
        (row,) = office.world.serve("jobs", "private.compare_texts", p_texts=Jsonb([text]))
        assert row["outcome"] in {"answer", "known"}

    tell("STOP", "a")
    assert suppressed(office) == [number]
    tell("START", "b")
    assert suppressed(office) == [number]


@pytest.mark.parametrize("sent_at", ["infinity", "2035-01-01T00:00:00Z"])
def test_no_answer_is_of_the_future(office: Payday, twilio: FakeTwilio, sent_at: str) -> None:
    """Or no later START would ever be obeyed."""
    _, number = texted(office)
    text = {"sid": f"SM{'a' * 32}", "channel": "sms", "is_inbound": True, "sender": number}
    text |= {"body": "STOP", "status": "received", "sent_at": sent_at}
    office.world.serve("jobs", "private.compare_texts", p_texts=Jsonb([text]))
    assert suppressed(office) == [number]
    office.world.travel(by=timedelta(seconds=2))
    receive(office, twilio.receive(number, "+15005550006", "START"))
    assert suppressed(office) == []


def test_an_erased_number_is_not_stored_again(office: Payday, twilio: FakeTwilio) -> None:
    """Not by texts that were known, nor by an answer that never came; and none is a stranger's."""
    booking, number = texted(office)
    office.run("outbox", **twilio.environment())
    (sent,) = twilio.messages
    twilio.settle(sent, "delivered")
    receive(office, twilio.receive(number, "+15005550006", "Thanks"))
    office.world.connection.execute("select private.erase_messages_to(%s)", [booking.learner])
    answered(twilio, number, (0, "STOP"))
    finished = compare(office, twilio)
    assert (finished.status, compared(finished)) == (
        0,
        {"known": 2, "settled": 0, "answers": 1, "unknown": 0},
    )
    kept = office.world.rows(
        "select to_jsonb(event)::text as line from private.message_events event"
    )
    assert kept
    assert not any(number in row["line"] for row in kept)
    assert suppressed(office) == []
    assert unexplained(office) == []


def test_all_pages_of_one_day_are_compared(office: Payday, twilio: FakeTwilio) -> None:
    twilio.page_size = 3
    for number in range(10):
        twilio.receive(f"+4477009001{number:02}", "+15005550006", "Hello")
    assert compared(compare(office, twilio))["answers"] == 10
    assert compared(compare(office, twilio, "2026-01-01"))["known"] == 0


def test_a_twilio_that_does_not_answer_is_asked_again_later(
    office: Payday, twilio: FakeTwilio
) -> None:
    environment = twilio.environment() | {"TWILIO_API_BASE": "http://127.0.0.1:9"}
    finished = office.run("messages", "compare", "--date", "2026-01-01", **environment)
    assert (finished.status, finished.stdout) == (1, "")
