"""Rows and bytes that a lesson leaves in each table: `python -m tests.bench.capacity [lessons]`.

It plays lessons as everybody does, from the free time to the payout, and compares the sizes of all
tables, with their indexes, before and after. `docs/operations.md` has what it said, and when.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Any

import psycopg

from tests.factories import Booking, World
from tests.instant import install_clock, start
from tools.cluster import ALONE, Cluster

# A table and its partitions count as one.
SIZES = """
    select coalesce(parent.oid, class.oid)::regclass::text as name,
        sum(pg_table_size(class.oid) + pg_indexes_size(class.oid))::bigint as bytes
    from pg_class class
    left join pg_inherits part on part.inhrelid = class.oid
    left join pg_class parent on parent.oid = part.inhparent
    where class.relkind = 'r'
        and class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    group by 1
"""
INSTRUCTORS, WARM_UP = 5, 20


def measure(world: World) -> dict[str, tuple[int, int]]:
    """The rows and the bytes of every table."""
    sizes = {row["name"]: row["bytes"] for row in world.rows(SIZES)}
    return {name: (world.count(name), size) for name, size in sizes.items()}


def play(world: World, lessons: int) -> None:
    """Lessons of five instructors, each booked, paid, given, and paid out on Friday."""
    instructors = [world.instructor(name=f"Ann {number}") for number in range(INSTRUCTORS)]
    for instructor in instructors:
        world.onboard(instructor)
        world.service(instructor)
    learners = [world.person(f"Ben {number}") for number in range(INSTRUCTORS)]
    for number in range(lessons):
        turn = number % INSTRUCTORS
        instructor, learner = instructors[turn], learners[turn]
        service_id: Any = world.value(
            "select id from public.services where instructor_id = %s", instructor.id
        )
        slot_id = world.slot(service_id, world.in_days(2, hour=8 + turn))
        booked = world.book(learner, slot_id)
        booking = Booking(world, booked["booking_id"], learner, instructor, slot_id)
        booking.pay()
        booking.complete()
        if turn == INSTRUCTORS - 1:
            world.maintain()
            world.run_payouts()
    world.travel(by=timedelta(days=9))
    world.maintain()
    world.run_payouts()


def main(lessons: int) -> None:
    """Print a table for the operations guide."""
    with Cluster() as cluster:
        cluster.create_database("capacity")
        cluster.migrate("capacity")
        install_clock(cluster, "capacity")
        start(cluster.admin_url("capacity"))
        with psycopg.connect(
            cluster.admin_url("capacity"), autocommit=True, options=ALONE
        ) as connection:
            world = World(connection)
            play(world, WARM_UP)
            connection.execute("vacuum full analyze")
            before = measure(world)
            play(world, lessons)
            connection.execute("vacuum full analyze")
            after = measure(world)
    grown = {
        name: ((rows - before[name][0]) / lessons, (size - before[name][1]) / lessons)
        for name, (rows, size) in after.items()
    }
    for name, (rows, size) in sorted(grown.items(), key=lambda item: -item[1][1]):
        if rows and size >= 50:
            print(f"| `{name}` | {rows:.1f} | {size:,.0f} |")
    print(f"| all | | {sum(size for _, size in grown.values()):,.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
