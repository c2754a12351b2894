"""Who belongs to a driving school: its owner, and the guardians of its learners."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from demo.people import Customer, Learner, Row, rows_of


class Owner(Customer):
    """Who founds a school and runs it."""

    org_id = ""

    def found(self, name: str) -> None:
        """Found a school in London."""
        self.org_id = self.call(
            "create_organization", p_name=name, p_time_zone="Europe/London", p_currency="gbp"
        )

    def change_settings(self, **settings: Any) -> None:
        """Change what is the school's own to set."""
        self.call("update_organization", p_org_id=self.org_id, **settings)

    def invite(self, email: str, role: str) -> str:
        """Offer a role to an address, and return the token to be sent there."""
        (invited,) = self.call("invite_member", p_org_id=self.org_id, p_email=email, p_role=role)
        return str(invited["token"])

    def members(self) -> dict[str, list[str]]:
        """Return the roles of everybody in the school, by name."""
        listed = self.call("list_members", p_org_id=self.org_id)
        return {member["full_name"]: member["roles"] for member in listed}

    def be_paid_for(self, instructor_id: str) -> None:
        """Let the school be paid for an instructor's lessons."""
        self.call("set_payout_settings", p_instructor_id=instructor_id, p_payee="organization")

    def offer(self, title: str, minutes: int, **more: Any) -> str:
        """Offer a lesson that any instructor of the school gives."""
        service_id = self.call(
            "create_service",
            p_org_id=self.org_id,
            p_title=title,
            p_duration_minutes=minutes,
            **more,
        )
        return str(service_id)

    def set_rates(self, name: str, rates: dict[str, int]) -> None:
        """Make the rate card that holds from now on; prices by service."""
        card_id = self.call(
            "create_rate_card", p_org_id=self.org_id, p_name=name, p_is_default=True
        )
        for service_id, price_cents in rates.items():
            self.call(
                "set_rate",
                p_rate_card_id=card_id,
                p_service_id=service_id,
                p_price_cents=price_cents,
            )

    def record_birth(self, learner_id: str, on: date) -> None:
        """Record how old a learner is."""
        self.call("set_date_of_birth", p_learner_id=learner_id, p_date_of_birth=on.isoformat())

    def link_guardian(self, learner_id: str, email: str) -> str:
        """Offer an address to see, book and pay for a learner; return the offer's id."""
        offer_id = self.call(
            "link_guardian",
            p_learner_id=learner_id,
            p_guardian_email=email,
            p_relation="mother",
            p_can_book=True,
            p_can_pay=True,
        )
        return str(offer_id)

    def week(self, since: datetime, until: datetime) -> list[Row]:
        """Return what is booked at the school."""
        booked: list[Row] = self.call(
            "organization_bookings",
            p_org_id=self.org_id,
            p_from=since.isoformat(),
            p_to=until.isoformat(),
        )
        return booked

    def statement(self, payout_id: str) -> list[Row]:
        """Return the lines of a payout."""
        lines: list[Row] = self.call("payout_statement", p_payout_id=payout_id)
        return lines


class Pupil(Learner):
    """Who is taught at a school."""

    learner_id = ""

    def join(self, token: str) -> None:
        """Accept a school's invitation."""
        self.accept_invitation(token)
        (me,) = rows_of(self.client.table("learners").select("id").eq("user_id", self.id))
        self.learner_id = me["id"]


class Guardian(Customer):
    """Who answers for a learner."""

    def consent(self, offer_id: str) -> None:
        """Accept a guardianship."""
        self.call("give_guardian_consent", p_learner_guardian_id=offer_id)
