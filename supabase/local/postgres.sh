# Runs Postgres for as long as standard input stays open, so that it never outlives the Node
# process that started it, even one that was killed. A line on standard input names the signal
# to stop it with (INT: orderly, QUIT: at once); end of input means INT.
#
# Called as: postgres.sh KEEP|DISCARD HOME POSTGRES [ARGUMENT...]

fate=$1
home=$2
shift 2

exec 3<&0
"$@" 3<&- </dev/null &
server=$!

{
    read -r signal <&3 || signal=INT
    kill -s "$signal" "$server"
} &
watcher=$!

wait "$server"
status=$?
kill "$watcher" 2>/dev/null
[ "$fate" = KEEP ] || rm -rf "$home"
exit "$status"
