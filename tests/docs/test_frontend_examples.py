"""The program in docs/frontend.md runs as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import quote

import pytest
from rich.console import Console

from demo.stage import Stage
from demo.story import Story
from demo.stripe_side import PaymentIntent
from demo.stripe_stand_in import StripeStandIn
from demo.week import moment_of
from tests.docs.test_reference import compile_ts
from tests.instant import INSTANT
from tests.patience import PATIENCE
from tools.clock import travel
from tools.cluster import LOCAL, ROOT

pytestmark = pytest.mark.slow

PREAMBLE = """
import { createClient } from "@supabase/supabase-js";
import { once } from "node:events";
import WebSocket from "ws";
const { codeOf } = await import(process.env.API_TYPES);

const supabase = createClient(process.env.API_URL, process.env.ANON_KEY, {
  auth: { persistSession: false },
  realtime: { transport: WebSocket },
});
const service = process.env.SERVICE_URL;
const url = process.env.API_URL;
const travelled = globalThis.Date.parse(process.env.PRESENT) - globalThis.Date.now();
class Date extends globalThis.Date {
  constructor(...parts) {
    super(...(parts.length ? parts : [Date.now()]));
  }
  static now() {
    return globalThis.Date.now() + travelled;
  }
}
const tell = async (what, value) => {
  console.log(JSON.stringify({ what, value }));
  await once(process.stdin, "data");
};
"""
# What happens elsewhere between two examples: a line for the test, which answers when it is done.
BETWEEN = {
    '.from("booking_details")': 'await tell("pay", intent);',
    '.from("payment_methods")': 'await tell("card", setup.client_secret);',
    'rpc("has_entitlement"': 'await tell("subscribe", checkout.url);',
    'rpc("credit_balance"': 'await tell("pay", hoursIntent);',
    'rpc("start_lesson"': 'await tell("lesson", slots[0].start_at);',
    'rpc("complete_lesson"': 'await tell("lesson", slots[0].end_at);',
    'rpc("admin_verify_instructor"': 'await tell("admin", "grace@example.com");',
    '.from("skills")': (
        'await tell("pay", seriesIntent);\nawait tell("lesson", open[0].start_at);'
    ),
    'rpc("payout_statement"': 'await tell("payday", new Date(Date.parse(slots[0].start_at)));',
}
END = """
const seen = { published, onboarding, instructors, booking, details, balance, payouts, reasons };
const changes = { answer, left, ahead, moved, ending, cancelled, returned };
const school = { alerts, requests, series, ours, payout, lines, progress, reviews };
const billing = { wallet, plans, hasReports, subscriptions, portal };
const road = { kept, drive, line, news, readNow };
await tell("end", { ...seen, ...changes, ...school, ...billing, ...road, refusal, code });
process.exit();
"""


COMPILED = """
import { createClient } from "@supabase/supabase-js";
import { codeOf, type Database } from "../types/api";

const supabase = createClient<Database>("http://127.0.0.1", "key");
const service: string = "http://127.0.0.1";
const url: string = "http://127.0.0.1";
"""


def blocks() -> list[str]:
    """The parts of the program; what is fenced as js is an excerpt of something else."""
    guide = (ROOT / "docs" / "frontend.md").read_text()
    found = re.findall(r"```ts\n(.*?)```", guide, re.DOTALL)
    assert len(found) >= 16
    return found


def program() -> str:
    waiting = dict(BETWEEN)
    parts = []
    for block in blocks():
        # Within a block, what happens elsewhere goes before the statement that needs it.
        for sign in [sign for sign in waiting if sign in block]:
            before, _, after = block.partition(sign)
            start = before.rfind("\n\n") + 2 if "\n\n" in before else 0
            block = f"{before[:start]}{waiting.pop(sign)}\n{before[start:]}{sign}{after}"
        parts.append(block)
    assert not waiting
    return "\n".join([PREAMBLE, without_types("\n".join(parts)), END])


def without_types(text: str) -> str:
    script = (
        'import ts from "typescript"; import { readFileSync } from "node:fs";'
        "const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };"
        "const source = readFileSync(0, 'utf8');"
        "console.log(ts.transpileModule(source, { compilerOptions: options }).outputText);"
    )
    finished = subprocess.run(
        ["node", "--input-type=module", "--eval", script],
        cwd=LOCAL,
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout


def test_the_examples_compile_in_strict_typescript() -> None:
    unused = "".join(
        f"void {name};\n" for name in ("published", "onboarding", "details", "alerts", "lines")
    )
    said = compile_ts({"guide.ts": "\n".join([COMPILED, *blocks(), unused])})
    # A guide shows what comes back, and does nothing with it.
    assert [line for line in said.splitlines() if "error TS6133" not in line] == []


def test_the_examples_for_frontends_run_as_they_stand() -> None:
    stripe = StripeStandIn()
    with Stage(Story(Console(file=StringIO())), stripe) as stage:
        stage.install_clock()
        travel(stage.operator, to=INSTANT)
        stripe.travel(INSTANT)
        # In place of the admin's decision, which is not the frontend's.
        stage.operator.execute(
            "alter table public.instructors alter verification_status set default 'verified'"
        )
        stage.operator.execute(
            "insert into public.discount_codes (code, amount_cents, currency)"
            " values ('WELCOME', 500, 'gbp')"
        )
        source = (ROOT / "supabase" / "types" / "api.ts").read_text()
        api_types = f"data:text/javascript,{quote(without_types(source))}"
        sell_a_plan(stage, stripe)
        seeded = stage.operator.execute("select id::text from public.instructors").fetchall()
        node = subprocess.Popen(
            ["node", "--input-type=module", "--eval", program()],
            cwd=LOCAL,
            env={
                "PATH": os.environ["PATH"],
                "API_URL": stage.api_url,
                "ANON_KEY": stage.anon_key,
                "SERVICE_URL": stage.service_url,
                "API_TYPES": api_types,
                "PRESENT": INSTANT.isoformat(),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert node.stdin
        assert node.stdout
        assert node.stderr
        told = {}
        try:
            for line in node.stdout:
                message = json.loads(line)
                told[message["what"]] = value = message["value"]
                if message["what"] == "pay":
                    stripe.pay(PaymentIntent.of(value), "good")
                    stage.deliver_webhooks()
                elif message["what"] == "card":
                    stripe.fake.save_card(value.partition("_secret_")[0], "pm_card_visa")
                    hear(stage)
                elif message["what"] == "subscribe":
                    stripe.fake.complete_checkout(value.rsplit("/", 1)[-1], "pm_card_visa")
                    hear(stage)
                elif message["what"] == "lesson":
                    travel(stage.operator, to=moment_of(value))
                elif message["what"] == "admin":
                    stage.operator.execute(
                        "insert into private.platform_admins (user_id, note)"
                        " select id, 'The first' from public.profiles where email = %s",
                        [value],
                    )
                elif message["what"] == "payday":
                    pay_everybody(stage, stripe, moment_of(value))
                node.stdin.write("go on\n")
                node.stdin.flush()
            assert node.wait(timeout=PATIENCE) == 0, node.stderr.read()
        finally:
            node.kill()
            node.communicate()

    end = told["end"]
    assert [row["refusal"] for row in end["series"]] == [None] * 3
    assert [row["learner_name"] for row in end["ours"]] == ["Pip Moss"] * 3
    assert (end["alerts"], end["requests"]) == ([], [])
    assert (end["payout"]["status"], end["payout"]["amount_cents"]) == ("paid", 4525)
    assert [(row["kind"], row["learner_initials"]) for row in end["lines"]] == [("lesson", "A. Q.")]
    assert end["published"] > 50
    assert end["onboarding"]["url"].startswith("http")
    found = [row["display_name"] for row in end["instructors"] if (row["id"],) not in seeded]
    assert found == ["Ivy Hart"]
    assert (end["booking"]["amount_cents"], end["booking"]["currency"]) == (5340, "gbp")
    assert (end["details"]["status"], end["details"]["payment_status"]) == ("confirmed", "captured")
    assert end["answer"] == {
        "is_valid": True,
        "discount_cents": 500,
        "total_cents": 4840,
        "currency": "gbp",
    }
    assert (end["left"]["minutes_left"], end["left"]["hours_left"]) == (120, 2)
    assert (end["ahead"]["status"], end["moved"]["status"]) == ("confirmed", "confirmed")
    assert (end["moved"]["amount_cents"], end["moved"]["refund_cents"]) == (0, 0)
    assert (end["ending"]["refund_bps"], end["ending"]["restored_minutes"]) == (10000, 60)
    assert end["cancelled"]["restored_minutes"] == 60
    assert (end["returned"]["minutes"], end["returned"]["amount_cents"]) == (60, 5090)
    assert (end["balance"]["total_cents"], end["balance"]["pending_cents"]) == (4525, 4525)
    assert (end["payouts"], end["reasons"]) == ([], [])
    assert [(card["last4"], card["is_default"]) for card in end["wallet"]] == [("4242", True)]
    assert end["plans"][0]["product"] == {"name": "Pro", "features": ["reports"]}
    assert end["hasReports"] is True
    assert [one["status"] for one in end["subscriptions"]] == ["active"]
    assert end["portal"]["url"].startswith("http")
    assert len(end["kept"]) == end["drive"]["point_count"] == 2
    assert end["drive"]["distance_meters"] > 250
    assert end["line"]["geometry"]["type"] == "LineString"
    assert "booking_confirmed" in {one["kind"] for one in end["news"]}
    assert end["readNow"] == len(end["news"])
    assert [(one["title"], one["level"]) for one in end["progress"]] == [
        ("Roundabouts", 3),
        ("Bay parking", None),
    ]
    assert [one["rating"] for one in end["reviews"]] == [5]
    assert end["code"] == "booking_not_confirmed"
    assert end["refusal"]["message"] == "This booking is completed, so its lesson cannot start."
    assert end["refusal"]["hint"] == "Only a confirmed booking's lesson can be started, once."


def sell_a_plan(stage: Stage, stripe: StripeStandIn) -> None:
    """The platform offers a subscription in Stripe's catalogue."""
    client = stripe.fake.stripe().v1
    product = client.products.create({"name": "Pro", "metadata": {"features": "reports"}})
    client.prices.create(
        {
            "product": product.id,
            "currency": "gbp",
            "unit_amount": 900,
            "recurring": {"interval": "month"},
        }
    )
    hear(stage)


def hear(stage: Stage) -> None:
    """What Stripe has to say arrives, and the outbox asks it for the rest.

    Twice: of two pieces of news in one second the outbox fetches what holds.
    """
    for _ in range(2):
        stage.deliver_webhooks()
        assert stage.run_job("outbox").status == 0
    stage.deliver_webhooks()


def pay_everybody(stage: Stage, stripe: StripeStandIn, lesson_at: datetime) -> None:
    """The payee has finished Stripe's form, and Friday comes."""
    for account in stripe.fake.objects("account"):
        stripe.fake.complete_onboarding(account["id"])
    stage.deliver_webhooks()
    friday = lesson_at + timedelta(days=8)
    stage.move_clock(friday)
    for job in ("outbox", "maintain", "payouts"):
        assert stage.run_job(job).status == 0
    stage.deliver_webhooks()
