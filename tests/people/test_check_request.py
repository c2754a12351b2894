"""What is not for visitors asks them to sign in, whatever it is; what is theirs lets them pass."""

from __future__ import annotations

import pytest

from tests.factories import World


def ask(world: World, role: str, path: str) -> None:
    with world.acting_as(None if role == "anon" else world.person(), role):
        world.rows("select set_config('request.path', %s, true)", path)
        world.rows("select public.check_request()")


@pytest.mark.parametrize(
    "path", ["/rpc/create_session", "/rpc/my_bookings", "/bookings", "/my_roles"]
)
def test_what_is_for_people_asks_a_visitor_to_sign_in(world: World, path: str) -> None:
    with world.refusing("42501", "sign_in_required"):
        ask(world, "anon", path)
    ask(world, "authenticated", path)


@pytest.mark.parametrize(
    "path",
    [
        "/rpc/search_directory",
        "/rpc/check_request",
        "/services",
        "/",
        "",
        "/rpc/unknown",
        "/unknown",
    ],
)
def test_what_is_for_everybody_lets_a_visitor_pass(world: World, path: str) -> None:
    ask(world, "anon", path)


def test_it_asks_whatever_visitors_may_not_do(world: World) -> None:
    """Every function and every table: that which has no grant to visitors, and no other."""
    closed = world.rows(
        "select '/rpc/' || proname as path, has_function_privilege('anon', oid, 'execute') as open"
        " from pg_proc where pronamespace = 'public'::regnamespace"
        " union all"
        " select '/' || relname, has_table_privilege('anon', oid, 'select')"
        " from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')"
    )
    assert {row["open"] for row in closed} == {True, False}
    for row in closed:
        if row["open"]:
            ask(world, "anon", row["path"])
        else:
            with world.refusing("42501", "sign_in_required"):
                ask(world, "anon", row["path"])


def test_the_data_api_is_told_to_ask(world: World) -> None:
    settings = world.value(
        "select setconfig from pg_db_role_setting"
        " where setrole = 'authenticator'::regrole and setdatabase = 0"
    )
    assert "pgrst.db_pre_request=public.check_request" in settings
