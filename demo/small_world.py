"""A few people to be while a frontend is written: each of them can sign in with PASSWORD."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from demo.people import Admin, Instructor, Learner, Person, Visitor
from demo.play import SCHOOL, Play
from demo.school_people import Guardian, Owner, Pupil
from demo.stage import Stage
from demo.week import moment_of

TWO_WEEKS = timedelta(days=14)


@dataclass(frozen=True)
class Login:
    """Who can sign in, and as what."""

    email: str
    name: str
    role: str

    @classmethod
    def of(cls, person: Person, role: str) -> Login:
        """Take down somebody who has signed up."""
        return cls(person.email, person.name, role)


class SmallWorld:
    """Somebody of every role, with something to do for each."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.grace = Admin(stage, "Grace Bell")
        self.ivy = Instructor(stage, "Ivy Hart")
        self.omar = Instructor(stage, "Omar Reid")
        self.ada = Learner(stage, "Ada Quinn")
        self.ben = Learner(stage, "Ben Osei")
        self.nora = Owner(stage, "Nora Blake")
        self.tom = Instructor(stage, "Tom Ellis")
        self.pip = Pupil(stage, "Pip Moss")
        self.ruth = Guardian(stage, "Ruth Moss")

    @property
    def logins(self) -> list[Login]:
        """Everybody, the learners first."""
        return [
            Login.of(self.ada, "learner, new here"),
            Login.of(self.ben, "learner, with a lesson ahead"),
            Login.of(self.ivy, "instructor, who has published her times"),
            Login.of(self.omar, "instructor, who has not"),
            Login.of(self.nora, f"owner of {SCHOOL}"),
            Login.of(self.tom, f"instructor of {SCHOOL}"),
            Login.of(self.pip, f"learner of {SCHOOL}, sixteen"),
            Login.of(self.ruth, "Pip's guardian: books and pays for him"),
            Login.of(self.grace, "admin of the platform"),
        ]

    def move_in(self) -> None:
        """Sign everybody up, and let them do what a frontend has something to show for."""
        for person in (self.grace, self.ivy, self.omar, self.ada, self.ben):
            person.sign_up()
        self.stage.appoint(self.grace)
        self.grace.show_second_factor()
        self._teach(self.ivy, 45_25, "City driving", 60)
        self._teach(self.omar, 38_00, "Motorway practice", 90)
        now = self.stage.present()
        self.ivy.publish(now, now + TWO_WEEKS)
        self._found_a_school()
        self._book_a_lesson()
        self.stage.stripe.deliver_webhooks()

    def _teach(self, instructor: Instructor, rate_cents: int, title: str, minutes: int) -> None:
        instructor.begin(rate_cents)
        instructor.offer(title, minutes, None)
        instructor.open_hours("09:00", "17:00")
        self._onboard(instructor)
        self.grace.verify(instructor)

    def _onboard(self, payee: Person, **organization: str) -> None:
        link = payee.ask_for_onboarding(**organization)
        self.stage.stripe.onboard(payee.account_id(), payee.name, link)

    def _found_a_school(self) -> None:
        nora, tom, pip, ruth = self.nora, self.tom, self.pip, self.ruth
        for person in (nora, tom, pip, ruth):
            person.sign_up()
        nora.found(SCHOOL)
        self._onboard(nora, organization_id=nora.org_id)
        tom.join(nora.invite(tom.email, "instructor"))
        pip.join(nora.invite(pip.email, "learner"))
        nora.be_paid_for(tom.instructor_id)
        tom.open_hours("12:00", "18:00")
        self.grace.verify(tom)
        lesson = nora.offer("Beginner's lesson", 60)
        request = nora.offer("Motorway day", 90, p_requires_approval=True)
        nora.set_rates("Prices", {lesson: 48_00, request: 75_00})
        today = self.stage.present().date()
        nora.record_birth(pip.learner_id, today.replace(year=today.year - 16, day=1))
        ruth.consent(nora.link_guardian(pip.learner_id, ruth.email))

    def _book_a_lesson(self) -> None:
        since = self.stage.present() + timedelta(days=2)
        times = Visitor(self.stage).list_open_slots(
            self.ivy, self.ivy.service_id, since, since + TWO_WEEKS
        )
        start = moment_of(times[0]["start_at"])
        self.ben.pay_for(self.ben.request(self.ivy, self.ivy.service_id, start))


def logins_of(play: Play) -> list[Login]:
    """Return the people of the played week."""
    learners = (*play.learners, play.hugo, play.iris, play.kit)
    return [
        *(Login.of(person, "learner") for person in learners),
        *(Login.of(person, "instructor") for person in (*play.offers, play.ella, play.zara)),
        Login.of(play.nora, f"owner of {SCHOOL}"),
        Login.of(play.tom, f"instructor of {SCHOOL}"),
        Login.of(play.pip, f"learner of {SCHOOL}, sixteen"),
        Login.of(play.ruth, "Pip's guardian: books and pays for him"),
        Login.of(play.admin, "admin of the platform"),
    ]
