#!/bin/sh
# Takes an old month of the audit log out of the database, and keeps it as a dump that can be put back.
#
#   deploy/take_out_month.sh <month, such as 2026_12> <folder> <url of the database, as postgres>
#
# Only a month that ended a year ago is taken out. It is dropped once the dump is known to hold as many rows as the month does; what
# fails before leaves the month where it is. Nothing waits longer than five seconds for it.
set -eu
month=$1
folder=$2
url=$3
dump=$folder/audit_logs_$month.dump

run_sql() {
    psql --no-psqlrc --set ON_ERROR_STOP=1 --set "month=$month" --set "partition=audit_logs_$month" --set "kept=${kept:-}" \
        --quiet --no-align --tuples-only --dbname "$url"
}

refuse() {
    echo "$1" >&2
    exit 1
}

is_old=$(run_sql << 'SQL'
select to_date(:'month', 'YYYY_MM') + interval '13 months' <= private.clock()
from pg_catalog.pg_inherits
where inhparent = 'public.audit_logs'::regclass
    and inhrelid = to_regclass('private.' || quote_ident(:'partition'))
    and :'month' ~ '^[0-9]{4}_[0-9]{2}$';
SQL
)
[ -n "$is_old" ] || refuse "The audit log has no month $month."
[ "$is_old" = t ] || refuse "The month $month is kept until a year after its end."
[ ! -e "$dump" ] || refuse "$dump is there already."

mkdir -p "$folder"
pg_dump --format=custom --table="private.audit_logs_$month" --file="$dump.part" "$url"
kept=$(pg_restore --data-only --file=- "$dump.part" | awk '/^COPY /{rows=1; next} /^\\\.$/{rows=0} rows{n++} END{print n + 0}')

is_out=$(run_sql << 'SQL'
begin;
set local lock_timeout = '5s';
lock table private.:"partition" in access exclusive mode;
select count(*) = :kept as is_complete from private.:"partition" \gset
\if :is_complete
    alter table public.audit_logs detach partition private.:"partition";
    drop table private.:"partition";
\endif
commit;
select to_regclass('private.' || quote_ident(:'partition')) is null;
SQL
)
[ "$is_out" = t ] || refuse "The month $month was not taken out: $dump.part does not hold all of its rows."
mv "$dump.part" "$dump"
echo "$kept rows of the audit log are in $dump."
