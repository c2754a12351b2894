"""Whatever is sent, the answer is no server error, tells nothing of others, and changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Frontend
from tests.factories import Booking, Instructor

# What an answer never shows: statements, our schemas' insides, the server's files.
INTERNALS = re.compile(
    r"\bselect\b.*\bfrom\b|insert into|delete from|PL/pgSQL|private\.|node_modules|\.mjs|"
    r"postgres(ql)?://|password",
    re.IGNORECASE,
)

# By a parameter's type, what it cannot be.
IMPOSSIBLE: dict[str, list[Any]] = {
    "uuid": ["", "x", "1; drop table bookings", "' or true --", 1, -1, True, [], {}, ["a"], 1e300],
    "integer": ["one", "NaN", "Infinity", "", 1.5, 0.0001, 2**31, -(2**31) - 1, 2**63, [], {}],
    "bigint": ["one", "NaN", "Infinity", "", 1.5, 0.0001, 2**63, -(2**64), 10**40, [], {}],
    "numeric": ["one", "", "1h", [], {}],
    "double precision": ["one", "", "1h", [], {}],
    "uuid[]": ["one", "{", ["x"], [7], 7, {"a": 1}],
    "integer[]": ["one", "{", "{1.5}", ["one"], [1.5], [2**31], 7, {"a": 1}],
    "time without time zone": ["soon", "", "25:00", "24:00:01", "12:60", [], {}],
    "timestamp with time zone": ["NaN", "soon", "", "2026-02-30", "25:00", 12345678901234, [], {}],
    "date": ["NaN", "soon", "", "2026-02-30", 12345678901234, [], {}],
    "interval": ["soon", "", "1 fortnight and a bit", [], {}],
    "boolean": ["", "maybe", 2, [], {}],
    "text": ["\0", "before\0after"],
    "text[]": ["", "x", 1, {"a": 1}, ["\0"]],
    "jsonb": ["\0", {"\0": 1}],
    "enum": ["", "VERIFIED", "true", 1, [], {}],
}

TEXTS = [
    "'; drop table public.bookings; --",
    "$$ begin perform 1; end $$",
    "%s %I {0} ${1} \\n \\u0000 &amp; <script>alert(1)</script>",
    "مرحبا بالعالم \u202e txt.exe",
    "👩‍🏫🏴\U000e0067\U000e0062\U000e007f",
    "line\nbreak\ttab\r\u2028\u200b",
    "Ω" * 3000,
]

PARAMETERS = """
    select
        function.proname as function,
        parameter.name,
        case type.typtype when 'e' then 'enum' else format_type(type.oid, null) end as type
    from pg_proc function
    cross join lateral unnest(
        function.proargnames[1:function.pronargs], function.proargtypes::oid[]
    ) parameter (name, type)
    join pg_type type on type.oid = parameter.type
    where function.pronamespace = 'public'::regnamespace
    order by 1
"""


@dataclass(frozen=True)
class Setting:
    """Ann, Ben and their booking, beside people of a school with secrets of their own."""

    frontend: Frontend
    ann: Instructor
    ben: UUID
    booking: Booking
    service_id: UUID
    slot_id: UUID
    secrets: list[str]

    def assert_safe(self, answer: httpx.Response) -> None:
        assert answer.status_code < 500, answer.text
        assert not INTERNALS.search(answer.text), answer.text
        assert [secret for secret in self.secrets if secret in answer.text] == [], answer.text

    def send_each(self, requests: Iterable[dict[str, Any]]) -> list[httpx.Response]:
        """The answers to Ben's requests, which are sent some at a time."""
        with ThreadPoolExecutor(4) as pool:
            send = self.frontend.send
            answers = list(pool.map(lambda request: send(self.ben, **request), requests))
        for answer in answers:
            self.assert_safe(answer)
        return answers


@pytest.fixture(scope="module")
def setting(frontend: Frontend) -> Setting:
    world = frontend.world
    ann = world.instructor()
    booking = world.booking(ann)
    assert booking.pay() == "processed"
    service_id = world.service(ann)

    school = world.organization()
    ian, lea = world.instructor(org_id=school), world.person("Lea Secret")
    learner_id = world.learner(school, lea, "Lea Secret")
    slot_id = world.slot(world.service(ian), world.in_days(3))
    secret = Booking(world, world.book(lea, slot_id)["booking_id"], lea, ian, slot_id)
    secret.open_payment()
    return Setting(
        frontend,
        ann,
        booking.learner,
        booking,
        service_id,
        world.slot(service_id, world.in_days(4)),
        ["Lea Secret", *map(str, [lea, learner_id, secret.id, secret.payment["id"]])],
    )


@pytest.mark.slow
def test_an_impossible_value_is_refused_by_every_function(setting: Setting) -> None:
    world = setting.frontend.world
    parameters = world.rows(PARAMETERS)
    names: dict[str, list[str]] = {}
    for each in parameters:
        names.setdefault(each["function"], []).append(each["name"])
    requests = [
        {
            "method": "POST",
            "path": f"/rpc/{each['function']}",
            "json": dict.fromkeys(names[each["function"]]) | {each["name"]: value},
        }
        for each in parameters
        for value in IMPOSSIBLE[each["type"]]
    ]
    with world.unchanged():
        answers = setting.send_each(requests)
    assert [
        (request["path"], request["json"], answer.status_code)
        for request, answer in zip(requests, answers, strict=True)
        if answer.status_code != 400
    ] == []
    assert len(answers) > 150


@pytest.mark.parametrize(
    "changes",
    [
        {"p_duration_minutes": 0},
        {"p_duration_minutes": -60},
        {"p_duration_minutes": 50},
        {"p_duration_minutes": 1455},
        {"p_price_cents": -1},
        {"p_price_cents": 2**31 - 1},
        {"p_title": ""},
        {"p_title": "   "},
        {"p_title": "x" * 201},
        {"p_title": None},
        {"p_description": "x" * 1_000_000},
        {"p_currency": "bitcoin"},
        {"p_currency": None},
        {"p_currency": "gbp'; --"},
        {"p_org_id": "00000000-0000-4000-8000-0000000000ff"},
    ],
    ids=lambda changes: str(changes)[:50],
)
def test_an_offer_that_makes_no_sense_is_refused(setting: Setting, changes: dict[str, Any]) -> None:
    offer = {
        "p_expert_user_id": setting.ann.user_id,
        "p_title": "Parking",
        "p_description": "",
        "p_duration_minutes": 60,
        "p_price_cents": 4500,
        "p_currency": "gbp",
    }
    with setting.frontend.world.unchanged():
        answer = setting.frontend.call(setting.ann.user_id, "create_session", **offer | changes)
    setting.assert_safe(answer)
    assert answer.is_client_error


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("-infinity", "infinity"),
        ("now", "infinity"),
        ("infinity", "infinity"),
        ("tomorrow", "today"),
        ("tomorrow", "tomorrow"),
        ("0001-01-01 BC", "9999-12-31"),
        ("today", "294276-12-31"),
        (None, None),
    ],
)
def test_a_range_that_makes_no_sense_publishes_nothing(
    setting: Setting, start: str | None, end: str | None
) -> None:
    with setting.frontend.world.unchanged():
        answer = setting.frontend.call(
            setting.ann.user_id,
            "publish_slots",
            p_service_id=setting.service_id,
            p_from=start,
            p_to=end,
        )
    setting.assert_safe(answer)
    assert (answer.status_code, answer.json()["code"]) == (422, "PT422")


@pytest.mark.parametrize(
    "changes",
    [{"p_notes": "x" * 5001}, {"p_notes": "x" * 8_000_000}, {"p_client_key": ""}],
    ids=["notes", "a book", "an empty key"],
)
def test_a_booking_with_too_much_to_say_is_refused(
    setting: Setting, changes: dict[str, Any]
) -> None:
    with setting.frontend.world.unchanged():
        answer = setting.frontend.call(
            setting.ben,
            "create_booking_with_payment",
            p_learner_user_id=setting.ben,
            p_slot_id=setting.slot_id,
            **changes,
        )
    setting.assert_safe(answer)
    assert answer.is_client_error


@pytest.mark.parametrize(
    "changes",
    [
        {"p_price_cents": 1},
        {"p_amount_cents": 0},
        {"status": "confirmed"},
        {"p_slot_id": None, "p_service_id": "x"},
    ],
    ids=str,
)
def test_a_function_takes_its_own_arguments_only(setting: Setting, changes: dict[str, Any]) -> None:
    sent = {"p_learner_user_id": setting.ben, "p_slot_id": setting.slot_id} | changes
    with setting.frontend.world.unchanged():
        answer = setting.frontend.call(setting.ben, "create_booking_with_payment", **sent)
    setting.assert_safe(answer)
    assert answer.status_code == 404


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text)[:30])
def test_any_text_is_kept_as_it_was_sent(setting: Setting, text: str) -> None:
    answer = setting.frontend.send(
        setting.ann.user_id,
        "PATCH",
        f"/instructors?id=eq.{setting.ann.id}",
        json={"bio": text},
    )
    setting.assert_safe(answer)
    read = setting.frontend.send(None, "GET", f"/instructors?select=bio&id=eq.{setting.ann.id}")
    assert read.json() == [{"bio": text}]


@pytest.mark.parametrize(
    "query",
    [
        "id=eq.1;drop table bookings",
        "id=eq.' or true --",
        "id=in.(" + "x," * 5000 + "x)",
        "select=*,pg_sleep(9)",
        "select=id,pg_catalog.pg_authid(*)",
        "select=count()",
        "select=total_cents.sum()",
        "select=id::regclass",
        "select=id::text::int",
        "select=(select)",
        "select=*,profiles(*,bookings(*,payments(",
        "or=()",
        "or=(id.eq.1,id.eq.2",
        "and=(or=(a.eq.1))",
        "order=id;drop table bookings",
        "order=(select 1)",
        "order=learner_notes.sideways",
        "limit=-1",
        "limit=1e9",
        "offset=99999999999999999999",
        "learner_notes=fts(english).a%20%26%20%26",
        "learner_notes=match.((((",
        "status=eq.no_such_status",
        "no_such_column=eq.1",
        "start_at=gt.soon",
        "columns=id,status",
        "on_conflict=id",
        "id=is.distinct",
        "id=eq.%00",
    ],
)
def test_a_query_cannot_break_out(setting: Setting, query: str) -> None:
    with setting.frontend.world.unchanged():
        answer = setting.frontend.send(setting.ben, "GET", f"/bookings?{query}")
    setting.assert_safe(answer)
    if answer.is_success:
        assert {row["id"] for row in answer.json()} <= {str(setting.booking.id)}


@pytest.mark.parametrize("count", ["exact", "planned", "estimated"])
def test_a_count_is_of_what_one_may_see(setting: Setting, count: str) -> None:
    answer = setting.frontend.send(
        setting.ben, "GET", "/bookings?select=id", headers={"Prefer": f"count={count}"}
    )
    setting.assert_safe(answer)
    total = answer.headers.get("Content-Range", "0-0/*").split("/")[1]
    if count == "exact":
        assert total == "1"
    assert answer.json() == [{"id": str(setting.booking.id)}]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/no_such_table",
        "/bookings/1",
        "/bookings%00",
        "/bookings;drop",
        "/public.bookings",
        "/outbox",
        "/../auth/v1/admin/users",
        "/..%2f..%2fetc%2fpasswd",
        "/pg_catalog.pg_authid",
        "/information_schema.tables",
        "/rpc/",
        "/rpc/pg_sleep",
        "/rpc/set_config",
        "/rpc/start_lesson;drop",
        "/rpc/..%2fbookings",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_a_path_leads_nowhere_else(setting: Setting, method: str, path: str) -> None:
    with setting.frontend.world.unchanged():
        answer = setting.frontend.send(setting.ben, method, path)
    setting.assert_safe(answer)
    assert answer.is_client_error or path == "/"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"\xff\xfe",
        b"\x00",
        b'{"p_booking_id": NaN}',
        b'{"p_booking_id": 1e999}',
        b'{"p_booking_id": "\\ud800"}',
        b'{"p_booking_id": "a", "p_booking_id": "b"}',
        b'{"__proto__": {"p_booking_id": 1}}',
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    ],
    ids=lambda body: repr(body[:24]),
)
@pytest.mark.parametrize("path", ["/rpc/start_lesson", "/availability_windows"])
def test_a_body_that_is_no_request_is_refused(setting: Setting, path: str, body: bytes) -> None:
    with setting.frontend.world.unchanged():
        answer = setting.frontend.send(
            setting.ben, "POST", path, content=body, headers={"Content-Type": "application/json"}
        )
    setting.assert_safe(answer)
    assert answer.is_client_error or answer.text in ("", "[]")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("view", ["my_roles", "booking_details", "instructor_balances"])
def test_a_view_is_only_read(setting: Setting, view: str, method: str) -> None:
    with setting.frontend.world.unchanged():
        answer = setting.frontend.send(
            setting.ann.user_id, method, f"/{view}?currency=eq.gbp", json={"currency": "eur"}
        )
    setting.assert_safe(answer)
    assert answer.is_client_error


def test_a_view_says_so_to_who_may_write_everything(setting: Setting) -> None:
    world = setting.frontend.world
    for statement in (
        "insert into public.my_roles (role) values ('owner')",
        "update public.booking_details set status = 'completed'",
        "delete from public.booking_details",
    ):
        with world.unchanged(), world.refusing("PT409", "view_is_read_only"), world.in_studio():
            world.connection.execute(statement)


def test_the_token_of_a_deleted_login_is_no_login(setting: Setting) -> None:
    world = setting.frontend.world
    gone = world.person("Gone")
    world.connection.execute("delete from auth.users where id = %s", [gone])
    with world.unchanged():
        answers = [
            setting.frontend.call(
                gone, "become_instructor", p_display_name="Gone", p_hourly_rate_cents=4500
            ),
            setting.frontend.call(
                gone,
                "create_organization",
                p_name="Gone",
                p_time_zone="Europe/London",
                p_currency="gbp",
            ),
        ]
    for answer in answers:
        setting.assert_safe(answer)
        assert answer.status_code == 403
        assert json.loads(answer.json()["details"]) == {"code": "sign_in_required"}


@pytest.mark.slow
def test_ten_thousand_rows_are_refused_without_harm(setting: Setting) -> None:
    window = {"instructor_id": str(setting.ann.id), "day_of_week": 1, "start_time": "09:00"}
    with setting.frontend.world.unchanged():
        answer = setting.frontend.send(
            setting.ben,
            "POST",
            "/availability_windows",
            json=[window | {"end_time": "10:00"}] * 10_000,
        )
    setting.assert_safe(answer)
    assert answer.is_client_error


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.slow
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_nonsense_never_breaks_a_function(setting: Setting, data: st.DataObject) -> None:
    parameters = setting.frontend.world.rows(PARAMETERS)
    function = data.draw(st.sampled_from(sorted({each["function"] for each in parameters})))
    given_names = [each["name"] for each in parameters if each["function"] == function]
    likely = st.sampled_from(
        [str(setting.ben), str(setting.booking.id), str(setting.slot_id), "gbp", 60, "2027-01-01"]
    )
    sent = data.draw(st.fixed_dictionaries({name: st.one_of(likely, JSON) for name in given_names}))
    answer = setting.frontend.send(
        setting.ben,
        "POST",
        f"/rpc/{function}",
        content=json.dumps(sent).encode("utf-8", "surrogatepass"),
        headers={"Content-Type": "application/json"},
    )
    setting.assert_safe(answer)


def test_the_books_are_in_order_after_all_this(setting: Setting) -> None:
    assert setting.frontend.world.violations() == []
