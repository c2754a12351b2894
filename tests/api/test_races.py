"""Many clients want one time at the same moment, over HTTP."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest

from tests.api.conftest import Frontend
from tests.patience import PATIENCE

CLIENTS = 32


@pytest.mark.slow
def test_one_of_32_clients_gets_the_time_and_the_others_are_told(frontend: Frontend) -> None:
    world = frontend.world
    people = [world.person() for _ in range(CLIENTS)]
    for day in (2, 3, 4):
        slot_id = world.slot(world.service(world.instructor()), world.in_days(day))
        barrier = Barrier(CLIENTS, timeout=PATIENCE)

        def book(person: UUID, slot_id: UUID = slot_id, barrier: Barrier = barrier) -> str:
            barrier.wait()
            answer = frontend.call(
                person, "create_booking_with_payment", p_learner_user_id=person, p_slot_id=slot_id
            )
            if answer.is_success:
                return "booked"
            return f"{answer.status_code} {json.loads(answer.json()['details'])['code']}"

        with ThreadPoolExecutor(CLIENTS) as pool:
            outcomes = Counter(pool.map(book, people))
        assert outcomes == {"booked": 1, "409 slot_taken": CLIENTS - 1}
        assert world.value("select count(*) from public.bookings where slot_id = %s", slot_id) == 1
    assert world.violations() == []
