# What the shell scripts share; sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
started=$SECONDS

# What somebody set for a PostgreSQL of theirs is not meant for our private one.
for name in "${!PG@}"; do
	unset "$name"
done

# A line with the seconds since the script began.
say()
{
	printf '%4ds  %s\n' $((SECONDS - started)) "$*"
}

die()
{
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# Runs a command as root: directly, or through sudo.
as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "neither root nor sudo, cannot run: $*"
	fi
}

# Runs a command whose output only matters when it fails.
quietly()
{
	local log status=0
	log=$(mktemp)
	"$@" >"$log" 2>&1 || status=$?
	if [ "$status" -ne 0 ]; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		die "failed with status $status: $*"
	fi
	rm -f "$log"
}
