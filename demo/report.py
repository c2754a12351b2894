"""The last screen: what the week has left behind, read by those who may read it."""

from __future__ import annotations

from collections import Counter

from rich.markup import escape

from demo import page
from demo.play import SCHOOL, Play
from demo.story import money
from demo.week import moment_of, spell_short

MEANINGS = {
    "stripe_balance": "what Stripe holds for us",
    "instructor_pending": "owed for lessons, not payable yet",
    "payee_payable": "owed and payable: waits for an account",
    "payout_in_transit": "on its way to payees",
    "refunds_due": "owed to payers, and not back yet",
    "learner_prepaid": "owed in lessons for hours paid ahead",
    "platform_fees": "our fees",
    "deferred_fees": "our fees of hours paid ahead",
    "promotions": "what discount codes cost us",
    "deferred_promotions": "discounts of hours paid ahead",
    "processor_fees": "what Stripe keeps",
    "dispute_receivable": "what banks hold until they have decided",
    "dispute_fees": "what Stripe takes for a dispute",
    "dispute_losses": "instructors' shares that we bear",
    "suspense": "money that matches nothing",
}
NEXT = """\
[bold]Where to go next[/]
  make demo keep=1     leave all of it running for a frontend, with URLs, keys and logins
  make up              the same with a few people and the real time, and data that stays
  make test            the suite, against the same parts
  docs/frontend.md     every call that you have just seen, in supabase-js
  docs/operations.md   deployment, schedules, Stripe's settings
  sql/                 the backend itself, one room per domain: read it top to bottom"""


def show(scene: Play) -> None:
    """Print the books and check that they agree with each other and with Stripe."""
    scene.story.open_ending("What the week has left behind")
    show_bookings(scene)
    show_returns(scene)
    show_statements(scene)
    show_school(scene)
    show_payday(scene)
    show_ledger(scene)
    show_money_path(scene)
    show_webhooks(scene)
    show_checks(scene)
    scene.story.console.print()
    scene.story.console.print(NEXT)
    if scene.story.is_brief:
        show_in_brief(scene)


def show_bookings(scene: Play) -> None:
    """As the admin sees them, through the published view."""
    scene.story.table(
        "Bookings, as the admin sees them",
        ("lesson", "learner", "instructor", "booking", "payment", ">paid", ">back"),
        [
            (
                f"{spell_short(moment_of(row['start_at']), scene.stage.week)}"
                f" {row['session_title']}",
                row["learner_name"],
                row["expert_name"],
                row["booking_status"],
                row["payment_status"],
                money(row["amount_captured"]),
                money(row["amount_refunded"]) if row["amount_refunded"] else "",
            )
            for row in scene.admin.bookings()
        ],
    )


def show_returns(scene: Play) -> None:
    """Refunds, and what banks took back, as the admin sees them."""
    returned = [
        (row["learners"]["full_name"], row["reason"], row["amount_cents"])
        for row in scene.admin.refunds()
        if row["status"] == "succeeded"
    ] + [
        (
            row["learners"]["full_name"],
            f"The bank took it back: {row['status']}; borne by the {row['liability']}.",
            row["lost_cents"],
        )
        for row in scene.admin.disputes()
    ]
    scene.story.table(
        "What came back, as the admin sees it",
        ("learner", "why", ">back"),
        [(learner, why, money(cents)) for learner, why, cents in returned],
        footer=("total", "", money(sum(cents for _, _, cents in returned))),
    )


def show_statements(scene: Play) -> None:
    """Each instructor's money, read with the instructor's own token."""
    balances = {instructor: instructor.balance() for instructor in scene.instructors}
    scene.story.table(
        "Statements, as each instructor sees their own",
        ("instructor", ">earned", ">held for a day", ">payable", ">paid", "payouts"),
        [
            (
                instructor.name,
                money(balance["total_cents"]),
                money(balance["pending_cents"]),
                money(balance["available_cents"] + balance["in_transit_cents"]),
                money(balance["paid_cents"]),
                ", ".join(
                    f"{money(payout['amount_cents'], payout['currency'])} on"
                    f" {payout['payout_date']}: {payout['status']}"
                    for payout in instructor.payouts()
                ),
            )
            for instructor, balance in balances.items()
        ],
    )


def show_school(scene: Play) -> None:
    """What the school was paid, line by line, read with its owner's token."""
    lines = [line for payout in scene.nora.payouts() for line in scene.nora.statement(payout["id"])]
    total_cents = sum(line["amount_cents"] for line in lines)
    scene.story.table(
        f"The payout of {SCHOOL}, as its owner sees it",
        ("lesson", "instructor", "learner", ">amount"),
        [
            (
                f"{spell_short(moment_of(line['lesson_at']), scene.stage.week)} {line['service']}",
                line["instructor"],
                line["learner_initials"],
                money(line["amount_cents"], line["currency"]),
            )
            for line in lines
        ],
        footer=("total", "", "", money(total_cents)),
    )


def show_payday(scene: Play) -> None:
    """What the run decided for everybody, and why."""
    names = {instructor.instructor_id: instructor.name for instructor in scene.instructors}
    names[scene.nora.org_id] = SCHOOL
    scene.story.table(
        "Friday's run",
        ("payee", ">amount", "outcome", "reason"),
        [
            (
                names[result["payee_id"]],
                money(result["amount_cents"], result["currency"]),
                result["outcome"],
                result["reason"] or "",
            )
            for result in scene.admin.run_results()
        ],
    )


def show_ledger(scene: Play) -> None:
    """The platform's money, with the operator's saved query: the ledger is private."""
    accounts = scene.stage.ask("ledger_by_account")
    total = sum(account["balance_cents"] for account in accounts)
    scene.story.table(
        "The ledger (supabase/snippets/ledger_by_account.sql)",
        ("account", ">balance", "meaning"),
        [
            (
                account["account"],
                money(account["balance_cents"], account["currency"]),
                MEANINGS.get(account["account"], ""),
            )
            for account in accounts
        ],
        footer=("sum", money(total), ""),
    )
    scene.story.check("the ledger sums to zero", total == 0)
    booked = {account["account"]: account["balance_cents"] for account in accounts}
    held = scene.stage.stripe.balance_cents("gbp")
    if held is not None:
        scene.story.check(
            f"Stripe says that it holds {money(held)}, and so does the ledger",
            held == booked.get("stripe_balance", 0),
        )


def show_money_path(scene: Play) -> None:
    """Follow all that learners paid by card to where it is now."""
    collected, parts = scene.admin.collected_cents(), page.money_path(scene)
    scene.story.table(
        "Where each pound went",
        ("it is", ">amount", "meaning"),
        [(part.name, part.amount, part.meaning) for part in parts],
        footer=("in all", money(collected), "that learners paid by card"),
    )
    scene.story.check(
        f"all of the {money(collected)} that learners paid is accounted for",
        sum(part.cents for part in parts) == collected,
    )


def show_in_brief(scene: Play) -> None:
    """Say what it came to, in a few lines."""
    story = scene.story
    story.close_act()
    paid, returned, bank, kept, held = page.money_path(scene)
    story.audience.print(
        f"\nLearners paid {money(scene.admin.collected_cents())}: {paid.amount} went to those who"
        f" teach, {returned.amount} back, {bank.amount} to a bank,\n{kept.amount} to Stripe, and"
        f" {held.amount} is there still. The ledger sums to zero."
    )
    if not story.broken:
        story.audience.print(f"[bold green]All {story.kept} promises of this week were kept.[/]")
    story.audience.print(
        "\nEvery step: make demo verbose=1. To look around as these people: make demo keep=1."
    )


def show_webhooks(scene: Play) -> None:
    """How many came, and what became of them."""
    outcomes: Counter[str] = Counter()
    for line in scene.stage.ask("webhooks_by_outcome"):
        outcomes[line["outcome"]] += line["events"]
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    scene.story.check(f"webhooks: {counts}", set(outcomes) <= {"processed", "ignored"})


def show_checks(scene: Play) -> None:
    """What must always be true, and whether anything went wrong on the way."""
    story = scene.story
    violations = scene.stage.ask("invariants")
    story.check("invariants violated: none", not violations)
    for violation in violations:
        story.show(f"{violation['invariant']} {violation['detail']}")
    if not story.broken:
        story.console.print(f"\n[bold green]All {story.kept} promises of this week were kept.[/]")
    for promise in story.broken:
        story.console.print(f"[bold red]Not kept:[/] {escape(promise)}")
