# Dumps of a database and their way back, with the rights of the database's owner and never with those of postgres: what a
# site keeps there (functions, rules of tables, settings of the database) is the site's, and runs when it is read or written.
# The owner's password is not known here, so a role is made for the time being that may do what the owner may. It logs in
# as any client does: from a session that postgres began, RESET ROLE would lead back to postgres. Needs psql_.

# shellcheck disable=SC2089,SC2090 # the quotes in the connection are for libpq
as_owner() { # NAME read|write COMMAND…: a client of PostgreSQL, which gets -d; $owner is the owner's name. Reading sees all.
    _name=$1 _access=$2
    shift 2
    (
        _word=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
        _connection="dbname='$(printf %s "$_name" | sed "s/[\\\\']/\\\\&/g")'"
        trap 'give_back_owner "$_connection"' EXIT
        lend_owner "$_word"
        _port=$(psql_ -d postgres -c 'SHOW port')
        cd /
        PGHOST=127.0.0.1 PGPORT=$_port PGUSER=wizard_for_owner PGPASSWORD=$_word PGCONNECT_TIMEOUT=30 PGCLIENTENCODING=UTF8 \
            PGOPTIONS='-c search_path= -c role=none -c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=60s' \
            runuser -u postgres -- "$@" -d "$_connection"
    )
}
lend_owner() { # WORD
    { printf "\\\\set word '%s'\n" "$1"; cat <<'SQL'
SELECT pg_catalog.format('DROP ROLE %I', rolname) FROM pg_catalog.pg_roles WHERE rolname = 'wizard_for_owner' \gexec
SELECT pg_catalog.format('CREATE ROLE wizard_for_owner LOGIN PASSWORD %L VALID UNTIL %L', :'word',
    pg_catalog.now() OPERATOR(pg_catalog.+) '1 day'::pg_catalog.interval) \gexec
SELECT pg_catalog.format('GRANT CONNECT ON DATABASE %I TO wizard_for_owner', :'name') \gexec
SELECT pg_catalog.format('GRANT %I TO wizard_for_owner', r.rolname)
    FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
    WHERE d.datname = :'name' AND NOT r.rolsuper \gexec
SELECT 'GRANT pg_read_all_data TO wizard_for_owner' FROM pg_catalog.pg_roles
    WHERE rolname = 'pg_read_all_data' AND :'access' = 'read' \gexec
SELECT 'ALTER ROLE wizard_for_owner BYPASSRLS' WHERE :'access' = 'read' \gexec
SQL
    } | psql_ -d postgres -v name="$_name" -v access="$_access"
}
give_back_owner() { # CONNECTION: what it made meanwhile is its owner's
    psql_ -d "$1" -v name="$_name" <<'SQL' || say operations.owner.role_stays >&2
SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
    WHERE usename = 'wizard_for_owner' \g /dev/null
SELECT pg_catalog.format('REASSIGN OWNED BY wizard_for_owner TO %I', r.rolname)
    FROM pg_catalog.pg_database d JOIN pg_catalog.pg_roles r ON r.oid = d.datdba
    WHERE d.datname = :'name' AND NOT r.rolsuper \gexec
DROP OWNED BY wizard_for_owner;
DROP ROLE wizard_for_owner;
SQL
}
owner_of() { # NAME: the role that it belongs to
    psql_ -d postgres -v name="$1" <<'SQL'
SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname = :'name';
SQL
}
dump_of() { # NAME: the dump on stdout, in pg_dump's own format, which holds nothing that psql would run
    as_owner "$1" read pg_dump --format=custom
}
restore_into() { # NAME DUMP clean|empty: with `empty` what is the owner's in it; what others made in the database stays as it is
    _owner=$(owner_of "$1")
    if [ -z "$_owner" ]; then say operations.owner.no_database name="$1" >&2; return 1; fi
    _super=$(printf "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = :'owner'" | psql_ -d postgres -v owner="$_owner")
    if [ "$_super" = t ]; then
        say operations.owner.belongs_to_superuser name="$1" owner="$_owner" >&2
        say operations.owner.give_it_away dump="$2" >&2
        return 1
    fi
    _lists=$(mktemp -d /run/wizard-lists.XXXXXXXX)
    pg_restore --list "$2" >"$_lists/all"
    # an extension that postgres has installed stays, and one that the owner may install comes first
    grep -E '^[0-9]+; [0-9]+ [0-9]+ EXTENSION ' "$_lists/all" >"$_lists/extensions" || :
    # into an empty database goes what others had made in the old one, too, and is the owner's from then on
    OWNER=$_owner MODE=$3 awk '/^[0-9]+; [0-9]+ [0-9]+ BLOBS / { print; next }
        substr($0, length($0) - length(ENVIRON["OWNER"])) == " " ENVIRON["OWNER"] { print; next }
        /^;/ || ENVIRON["MODE"] != "clean" || / (EXTENSION|DEFAULT ACL|(ACL|COMMENT) - SCHEMA|SCHEMA - public) / { next }
        { print }' "$_lists/all" >"$_lists/own"
    chown -R postgres "$_lists"
    if [ "$3" = empty ]; then
        psql_ -d postgres -v name="$1" <<'SQL'
SELECT pg_catalog.count(pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity WHERE datname = :'name' \g /dev/null
SQL
        printf 'DROP OWNED BY :"owner";' | as_owner "$1" write psql -X -q -v ON_ERROR_STOP=1 -v owner="$_owner"
    fi
    as_owner "$1" write pg_restore --role="$_owner" --no-owner --use-list="$_lists/extensions" <"$2" ||
        say operations.owner.extensions >&2
    _clean=; if [ "$3" = clean ]; then _clean='--clean --if-exists'; fi
    # shellcheck disable=SC2086
    as_owner "$1" write pg_restore --role="$_owner" --no-owner --exit-on-error --single-transaction $_clean \
        --use-list="$_lists/own" <"$2"
    rm -r "$_lists"
}
