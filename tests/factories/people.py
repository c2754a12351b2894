"""Who takes part: logins, schools, instructors, learners, guardians, admins."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from tests.factories.database import Database

MARKETPLACE = UUID("00000000-0000-4000-8000-000000000001")

_numbers = count(1)


@dataclass(frozen=True)
class Instructor:
    id: UUID
    user_id: UUID
    org_id: UUID = MARKETPLACE


class People(Database):
    def person(
        self, name: str = "Person", email: str | None = None, *, verified: bool = True
    ) -> UUID:
        """A person with a login, whose address is proven to be theirs unless said otherwise."""
        user_id = uuid4()
        self.connection.execute(
            "insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data)"
            " values (%s, %s, case when %s then private.clock() end, %s)",
            [user_id, email or f"{user_id}@example.org", verified, Jsonb({"full_name": name})],
        )
        return user_id

    def email(self, user_id: UUID) -> str:
        email: str = self.value("select email from auth.users where id = %s", user_id)
        return email

    def admin(self) -> UUID:
        """An admin of the platform."""
        user_id = self.person("Admin")
        self.connection.execute(
            "insert into private.platform_admins (user_id, note) values (%s, 'test')", [user_id]
        )
        return user_id

    def organization(self, **columns: Any) -> UUID:
        """A school."""
        number = next(_numbers)
        given = {
            "name": f"School {number}",
            "slug": f"school-{uuid4().hex[:12]}",
            "time_zone": "Europe/London",
            "currency": "gbp",
        } | columns
        return self.insert("public.organizations", given)

    def member(self, org_id: UUID, role: str, user_id: UUID | None = None) -> UUID:
        """A person with a role in an organization."""
        user_id = user_id or self.person()
        self.connection.execute(
            "insert into public.organization_members (org_id, user_id, role)"
            " values (%s, %s, %s) on conflict do nothing",
            [org_id, user_id, role],
        )
        return user_id

    def instructor(
        self, *, name: str = "Ann", org_id: UUID = MARKETPLACE, **columns: Any
    ) -> Instructor:
        """A verified instructor with a login. Columns as in public.instructors."""
        user_id = self.member(
            org_id, "instructor", columns.pop("user_id", None) or self.person(name)
        )
        given = {
            "org_id": org_id,
            "user_id": user_id,
            "display_name": name,
            "hourly_rate_cents": 4500,
            "currency": "gbp",
            "time_zone": "Europe/London",
            "verification_status": "verified",
        } | columns
        return Instructor(self.insert("public.instructors", given), user_id, org_id)

    def learner(self, org_id: UUID, user_id: UUID | None = None, name: str = "Ben") -> UUID:
        """A learner of an organization; returns the learner's id, not the login's."""
        learner_id = self.insert(
            "public.learners", {"org_id": org_id, "user_id": user_id, "full_name": name}
        )
        if user_id is not None:
            self.member(org_id, "learner", user_id)
        return learner_id

    def managed_instructor(self, org_id: UUID, name: str = "Mo", **columns: Any) -> UUID:
        """A verified instructor of a school, without a login."""
        given = {
            "org_id": org_id,
            "display_name": name,
            "hourly_rate_cents": 4500,
            "currency": "gbp",
            "time_zone": "Europe/London",
            "verification_status": "verified",
        } | columns
        return self.insert("public.instructors", given)

    def child(self, org_id: UUID, user_id: UUID | None = None, age: int = 10) -> UUID:
        """A learner who turned `age` yesterday; returns the learner's id."""
        learner_id = self.learner(org_id, user_id, "Kit")
        self.connection.execute(
            "update public.learner_details set date_of_birth"
            " = (private.clock() - make_interval(years => %s, days => 1))::date"
            " where learner_id = %s",
            [age, learner_id],
        )
        return learner_id

    def guardian(self, learner_id: UUID, **scopes: bool) -> UUID:
        """A person who has consented to be a learner's guardian. Scopes: view, book, pay."""
        user_id = self.person("Gil")
        learner = self.row("select user_id from public.learners where id = %s", learner_id)
        link_id = self.call(
            learner["user_id"] or self.admin(),
            "public.link_guardian",
            p_learner_id=learner_id,
            p_guardian_email=self.email(user_id),
            **{f"p_can_{scope}": scopes.get(scope, False) for scope in ("view", "book", "pay")},
        )
        self.call(user_id, "public.give_guardian_consent", p_learner_guardian_id=link_id)
        return user_id
