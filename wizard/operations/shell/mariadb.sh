# MariaDB by its own clients. None of them reads a file of options, which could name any server or plugin.

my_() { # ARGUMENT…: as MariaDB's root, by its socket; statements come on stdin
    (cd /; exec mariadb --no-defaults --socket=/run/mysqld/mysqld.sock --user=root --batch --skip-column-names \
        --default-character-set=utf8mb4 "$@")
}
# As the site's own account, so that what it has put into its database (views, triggers, comments that a client takes for
# commands) gets no more rights than it has. The process is the user mysql's, who has the data anyway; its environment, where
# the password is, can be read by that user and root alone.
as_account() { # ACCOUNT PASSWORD PROGRAM ARGUMENT…
    _account=$1 _password=$2 _program=$3
    shift 3
    (cd /; MYSQL_PWD=$_password; export MYSQL_PWD; exec runuser -u mysql -- "$_program" --no-defaults --protocol=tcp \
        --host=127.0.0.1 --user="$_account" --default-character-set=utf8mb4 "$@")
}
kept_password() { cat /var/lib/wizard/secrets/database_password; }
mariadb_dump_of() { # ACCOUNT DATABASE FILE: the tables, views, triggers, routines and events
    as_account "$1" "$(kept_password)" mariadb-dump --single-transaction --skip-lock-tables --routines --triggers --events \
        --hex-blob "$2" >"$3" || return 1
    mariadb_whole "$3"
}
mariadb_whole() { tail -n 1 "$1" | grep -q '^-- Dump completed'; } # with a full disk it ends without its last line
mariadb_restore() { # ACCOUNT DATABASE FILE: what is in the database now is replaced
    mariadb_whole "$3" || { say operations.mariadb.no_dump file="$3" >&2; return 1; }
    _charset=$(my_ <<SQL
SELECT default_character_set_name, 'COLLATE', default_collation_name FROM information_schema.schemata WHERE schema_name = '$2';
SQL
    )
    my_ <<SQL
DROP DATABASE IF EXISTS \`$2\`;
CREATE DATABASE \`$2\` CHARACTER SET ${_charset:-utf8mb4};
SQL
    as_account "$1" "$(kept_password)" mariadb --database="$2" <"$3"
}
