#!/bin/sh
# Restores a dump that `pg_dump --format=custom` made of a project into an empty project, with its privileges as they were.
#
#   deploy/restore.sh <dump> <url of the empty database>
#
# Hosted projects give every new table and function of public to the API roles. Unless that is taken back first, restored tables are
# open to everybody; the two logins, which no dump holds, are made first as well. What a fresh project has already
# (roles, the auth schema) is reported by pg_restore as an error and passed over: the doctor decides whether the result is right.
set -eu
dump=$1
url=$2
here=$(dirname "$0")

psql --no-psqlrc --set ON_ERROR_STOP=1 --quiet --dbname "$url" --file "$here/before_restore.sql"
PGOPTIONS='-c session_replication_role=replica' \
    pg_restore --no-owner --role=postgres --dbname "$url" "$dump" || echo "pg_restore has passed over what was there already."
psql --no-psqlrc --set ON_ERROR_STOP=1 --quiet --dbname "$url" --file "$here/after_restore.sql"
