from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe
from stripe import StripeClient

from .. import FakeStripe
from ..params import decode
from .conftest import NOW, Pay


def ask(fake: FakeStripe, method: str, path: str, **params: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {fake.api_key}"}
    body = {"params": params} if method == "GET" else {"data": params}
    answer = httpx.request(method, fake.url + path, headers=headers, **body)  # type: ignore[arg-type]
    assert answer.headers["Request-Id"].startswith("req_")
    return answer.status_code, answer.json().get("error", {})


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "gbp"}, "parameter_missing", "amount"),
        ({"amount": "10x", "currency": "gbp"}, "parameter_invalid_integer", "amount"),
        ({"amount": "10.5", "currency": "gbp"}, "parameter_invalid_integer", "amount"),
        ({"amount": "0", "currency": "gbp"}, "parameter_invalid_integer", "amount"),
        ({"amount": "29", "currency": "gbp"}, "amount_too_small", "amount"),
        ({"amount": "100000000", "currency": "gbp"}, "amount_too_large", "amount"),
        ({"amount": "100", "currency": "xxx"}, None, "currency"),
        ({"amount": "100", "currency": "gbp", "amuont": "1"}, "parameter_unknown", "amuont"),
        ({"amount": "100", "currency": "gbp", "description": ""}, None, None),
        (
            {"amount": "100", "currency": "gbp", "customer": ""},
            "parameter_invalid_empty",
            "customer",
        ),
        (
            {"amount": "100", "currency": "gbp", "payment_method_types[0]": "card"},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        (
            {"amount": "100", "currency": "gbp", "automatic_payment_methods[on]": "true"},
            "parameter_unknown",
            "automatic_payment_methods[on]",
        ),
        ({"amount": "100", "currency": "gbp", "capture_method": "no"}, None, "capture_method"),
        ({"amount": "100", "currency": "gbp", "confirm": "yes"}, None, "confirm"),
        (
            {"amount": "100", "currency": "gbp", "customer": "cus_no"},
            "resource_missing",
            "customer",
        ),
    ],
)
def test_parameters_are_checked_as_stripe_does(
    fake: FakeStripe, params: dict[str, str], code: str | None, param: str | None
) -> None:
    status, error = ask(fake, "POST", "/v1/payment_intents", **params)
    if params.get("description") == "":
        assert status == 200
        return
    assert (status, error.get("code"), error["param"]) == (400, code, param)
    assert error["type"] == "invalid_request_error"
    assert fake.objects("payment_intent") == []


def test_a_parameter_that_is_not_modelled_says_so(fake: FakeStripe) -> None:
    status, error = ask(
        fake, "POST", "/v1/payment_intents", amount=100, currency="gbp", on_behalf_of="acct_1"
    )
    assert (status, error["type"]) == (501, "api_error")
    assert "on_behalf_of" in error["message"]


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/v1/payment_intents/pi_no", "intent"),
        ("/v1/charges/ch_no", "id"),
        ("/v1/refunds/re_no", "id"),
        ("/v1/transfers/tr_no", "transfer"),
        ("/v1/events/evt_no", "id"),
    ],
)
def test_an_unknown_object_is_missing(fake: FakeStripe, path: str, param: str) -> None:
    status, error = ask(fake, "GET", path)
    assert (status, error["code"], error["param"]) == (404, "resource_missing", param)


def test_an_account_that_is_not_ours_is_forbidden(fake: FakeStripe) -> None:
    status, error = ask(fake, "GET", "/v1/accounts/acct_no")
    assert (status, error["code"]) == (403, "account_invalid")


def test_an_unknown_url_is_missing(fake: FakeStripe) -> None:
    answer = httpx.get(fake.url + "/v1/charged")
    assert answer.status_code == 404
    assert "Unrecognized request URL" in answer.json()["error"]["message"]


def test_a_key_is_asked_for(fake: FakeStripe) -> None:
    assert httpx.get(fake.url + "/v1/balance").status_code == 401
    assert httpx.get(fake.url + "/v1/balance", auth=(fake.api_key, "")).status_code == 200
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        fake.stripe(api_key="sk_test_wrong").v1.balance.retrieve()


def test_lists_are_paged_newest_first(client: StripeClient, fake: FakeStripe) -> None:
    made = [client.v1.customers.create({"name": str(number)}).id for number in range(7)]
    made.reverse()

    first = client.v1.customers.list({"limit": 3})
    assert ([it.id for it in first.data], first.has_more) == (made[:3], True)
    last = client.v1.customers.list({"limit": 3, "starting_after": made[4]})
    assert ([it.id for it in last.data], last.has_more) == (made[5:], False)
    before = client.v1.customers.list({"limit": 2, "ending_before": made[4]})
    assert ([it.id for it in before.data], before.has_more) == (made[2:4], True)
    assert [it.id for it in first.auto_paging_iter()] == made
    assert ask(fake, "GET", "/v1/customers", limit=101)[0] == 400


def test_lists_are_filtered_by_time(client: StripeClient, fake: FakeStripe) -> None:
    early = client.v1.customers.create()
    fake.advance(seconds=10)
    late = client.v1.customers.create()
    found = client.v1.customers.list({"created": {"gt": NOW, "lte": NOW + 10}})
    assert [it.id for it in found.data] == [late.id]
    assert [it.id for it in client.v1.customers.list({"created": NOW}).data] == [early.id]


def test_an_expansion_that_does_not_exist_is_refused(
    fake: FakeStripe, client: StripeClient, pay: Pay
) -> None:
    intent = pay()
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.payment_intents.retrieve(intent.id, {"expand": ["amount_of_luck"]})
    listed = client.v1.payment_intents.list({"expand": ["data.latest_charge"]})
    assert isinstance(listed.data[0].latest_charge, stripe.Charge)


def test_bracketed_forms_are_decoded() -> None:
    assert decode("a=1&b[c]=2&b[d][e]=%C3%A9&f[0]=x&f[1]=y&g[]=z") == {
        "a": "1",
        "b": {"c": "2", "d": {"e": "é"}},
        "f": ["x", "y"],
        "g": ["z"],
    }
