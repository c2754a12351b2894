import psycopg
import pytest

from tools.cluster import Cluster

# As pg_roles shows them on a hosted project.
ATTRIBUTES = {
    "anon": set(),
    "authenticated": set(),
    "authenticator": {"login"},
    "postgres": {"login", "inherit", "createdb", "createrole", "replication", "bypassrls"},
    "service_role": {"bypassrls"},
    "supabase_auth_admin": {"login", "createrole"},
    "supabase_admin": {
        "login",
        "inherit",
        "createdb",
        "createrole",
        "replication",
        "bypassrls",
        "superuser",
    },
}


@pytest.mark.parametrize("role", ATTRIBUTES)
def test_roles_have_hosted_attributes(cluster: Cluster, role: str) -> None:
    with psycopg.connect(cluster.admin_url()) as connection:
        names = connection.execute(
            """
            select array_remove(array[
                case when rolcanlogin then 'login' end,
                case when rolinherit then 'inherit' end,
                case when rolcreatedb then 'createdb' end,
                case when rolcreaterole then 'createrole' end,
                case when rolreplication then 'replication' end,
                case when rolbypassrls then 'bypassrls' end,
                case when rolsuper then 'superuser' end
            ], null)
            from pg_roles
            where rolname = %s
            """,
            [role],
        ).fetchone()
    assert names is not None
    assert set(names[0]) == ATTRIBUTES[role]


def test_the_authenticator_can_become_the_api_roles_only(cluster: Cluster) -> None:
    with psycopg.connect(cluster.admin_url()) as connection:
        granted = connection.execute(
            """
            select rolname
            from pg_roles
            where pg_has_role('authenticator', oid, 'set')
            """
        ).fetchall()
    assert {name for (name,) in granted} == {
        "anon",
        "authenticated",
        "authenticator",
        "service_role",
    }


def test_postgres_owns_its_database_and_not_auth(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres", "base")) as connection:
        owners = connection.execute(
            """
            select
                (select datdba::regrole::text from pg_database where datname = 'postgres'),
                (select nspowner::regrole::text from pg_namespace where nspname = 'auth'),
                (select relowner::regrole::text from pg_class where oid = 'auth.users'::regclass)
            """
        ).fetchone()
    assert owners == ("postgres", "supabase_auth_admin", "supabase_auth_admin")


def test_a_migration_can_refer_to_auth_users(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres", "postgres")) as connection:
        connection.execute(
            """
            create table public.owned (user_id uuid references auth.users (id));
            create function public.note_user() returns trigger language plpgsql
                as $$ begin return new; end; $$;
            create trigger note_user after insert on auth.users
                for each row execute function public.note_user();
            """
        )
        connection.rollback()


def test_passwords_are_asked_for(cluster: Cluster) -> None:
    url = cluster.admin_url().replace(":postgres@", ":wrong@")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)
