"""What is spread over partitions by organization: all that is an organization's."""

from __future__ import annotations

import psycopg
from psycopg.rows import scalar_row

from tests.spread.rewrite import KEY, PARTITIONS, WHOLE
from tools.cluster import Cluster

OF_ORGANIZATIONS = """
    select class.relnamespace::regnamespace || '.' || class.relname
    from pg_class class
    join pg_attribute key on key.attrelid = class.oid and key.attname = %s
    where class.relkind in ('r', 'p')
        and not class.relispartition
        and class.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
"""

BY_ORGANIZATION = """
    select class.relnamespace::regnamespace || '.' || class.relname
    from pg_partitioned_table partitioned
    join pg_class class on class.oid = partitioned.partrelid
    where partitioned.partstrat = 'h'
        and (select count(*) from pg_inherits where inhparent = class.oid) = %s
"""


def test_every_table_of_organizations_is_spread_or_whole_for_a_reason(
    cluster: Cluster, spread: str
) -> None:
    with psycopg.connect(cluster.admin_url(spread)) as connection:
        cursor = connection.cursor(row_factory=scalar_row)
        owned = set(cursor.execute(OF_ORGANIZATIONS, [KEY]))
        by_organization = set(cursor.execute(BY_ORGANIZATION, [PARTITIONS]))

    assert len(by_organization) > 40
    assert owned - by_organization == set(WHOLE)
    assert by_organization <= owned
