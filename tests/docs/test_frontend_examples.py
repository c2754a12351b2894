"""The program in docs/frontend.md runs as it stands."""

from __future__ import annotations

import json
import os
import re
import subprocess
from io import StringIO

import pytest
from rich.console import Console

from demo.stage import Stage
from demo.story import Story
from demo.stripe_side import PaymentIntent
from demo.stripe_stand_in import StripeStandIn
from demo.week import moment_of
from tests.instant import INSTANT
from tests.patience import PATIENCE
from tools.clock import travel
from tools.cluster import LOCAL, ROOT

pytestmark = pytest.mark.slow

PREAMBLE = """
import { createClient } from "@supabase/supabase-js";
import { once } from "node:events";
import WebSocket from "ws";

const supabase = createClient(process.env.API_URL, process.env.ANON_KEY, {
  auth: { persistSession: false },
  realtime: { transport: WebSocket },
});
const service = process.env.SERVICE_URL;
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
    'rpc("credit_balance"': 'await tell("pay", hoursIntent);',
    'rpc("start_lesson"': 'await tell("lesson", slots[0].start_at);',
}
END = """
const seen = { published, onboarding, instructors, booking, details, balance, payouts, reasons };
const plans = { answer, left, ahead, moved, ending, cancelled, returned };
await tell("end", { ...seen, ...plans, refusal, code });
process.exit();
"""


def program() -> str:
    blocks = re.findall(r"```js\n(.*?)```", (ROOT / "docs" / "frontend.md").read_text(), re.DOTALL)
    assert len(blocks) >= 8
    waiting = dict(BETWEEN)
    parts = [PREAMBLE]
    for block in blocks:
        for sign in [sign for sign in waiting if sign in block]:
            parts.append(waiting.pop(sign))
        parts.append(block)
    assert not waiting
    return "\n".join([*parts, END])


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
        seeded = stage.operator.execute("select id::text from public.instructors").fetchall()
        node = subprocess.Popen(
            ["node", "--input-type=module", "--eval", program()],
            cwd=LOCAL,
            env={
                "PATH": os.environ["PATH"],
                "API_URL": stage.api_url,
                "ANON_KEY": stage.anon_key,
                "SERVICE_URL": stage.service_url,
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
                elif message["what"] == "lesson":
                    travel(stage.operator, to=moment_of(value))
                node.stdin.write("go on\n")
                node.stdin.flush()
            assert node.wait(timeout=PATIENCE) == 0, node.stderr.read()
        finally:
            node.kill()
            node.communicate()

    end = told["end"]
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
    assert end["code"] == "booking_not_confirmed"
    assert end["refusal"]["message"] == "This booking is completed, so its lesson cannot start."
    assert end["refusal"]["hint"] == "Only a confirmed booking's lesson can be started, once."
