"""What a set-up has made of a server, for comparing a disturbed one with an undisturbed one, file by file.

Generated secrets differ from run to run: where they occur their names stand instead. Must not know what disturbed it.
"""

from __future__ import annotations

from collections import Counter

from tests.practice.compare import ALLOWED, Allowed, Fingerprint, differences, fingerprint
from tests.practice.doors import logged_in
from wizard.engine.journal import parse
from wizard.practice.fleet import PracticeServer

SECRETS = "/var/lib/wizard/secrets"
# The environment with the names of secrets for their values; what PostgreSQL holds, without its numbers for things.
EXTRA = rf"""
cd /
sed_script=$(for f in {SECRETS}/*; do printf 's|%s|<%s>|g\n' "$(sed 's/[][\.*^$|]/\\&/g' "$f")" "${{f##*/}}"; done)
sed -e "$sed_script" /etc/guestbook/env | sed 's/^/env /'
ask() {{ runuser -u postgres -- psql -AtX -d guestbook -c "$1"; }}
ask "SELECT 'role', rolname, rolsuper, rolcanlogin, rolcreatedb FROM pg_roles WHERE rolname !~ '^pg_'"
ask "SELECT 'database', datname, pg_get_userbyid(datdba), datacl FROM pg_database WHERE NOT datistemplate"
ask "SELECT 'table', relname, pg_get_userbyid(relowner), relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace"
ask "SELECT 'migration', app, name, count(*) FROM django_migrations GROUP BY app, name"
ask "SELECT 'user', username, is_superuser, count(*) FROM auth_user GROUP BY username, is_superuser"
stat -c 'secret %n %a %U %s' {SECRETS}/*
for f in {SECRETS}/*; do [ -s $f ] || echo "empty $f"; done
"""
BETWEEN_RUNS = (
    *ALLOWED,
    Allowed("etc", r"/etc/ssl/(certs|private)/ssl-cert-snakeoil\.(pem|key)#", "ssl-cert makes up a key when it is installed"),
    Allowed("etc", r"/etc/guestbook/env#", "it has generated secrets in it; it is compared with them masked"),
    Allowed("trees|contents", r"/var/lib/postgresql/.*/main/.*", "files named by counters; what PostgreSQL holds is compared"),
    Allowed("trees", r"/var/lib/nginx/(body|fastcgi|proxy|scgi|uwsgi)", "empty folders that nginx makes when it starts first"),
    Allowed("trees|contents", r"/var/log/unattended-upgrades/.*", "what unattended-upgrades did stays on record"),
    Allowed("trees|contents", r"/var/lib/fail2ban/.*", "fail2ban's memory of who knocked"),
    Allowed("trees|contents", r"/var/cache/apt/archives/.*\.deb", "downloads of packages, which apt may do without"),
)  # fmt: skip


def outcome(server: PracticeServer) -> Fingerprint:
    """The fingerprint of a server that is set up, with what the site is made of."""
    with logged_in(server, "deploy") as transport:
        found = fingerprint(transport)
        result = transport.run(EXTRA, silence=60)
    assert result.status == 0, result.err
    found["site"] = {line: f"{count} times" for line, count in Counter(result.out.splitlines()).items()}
    return found


def left_different(undisturbed: Fingerprint, disturbed: Fingerprint) -> list[str]:
    return differences(undisturbed, disturbed, BETWEEN_RUNS)


def made_twice(journal: str) -> list[str]:
    """The things whose change was made, and journalled as made, once more though nothing took it back in between."""
    parsed = parse(journal)
    done = Counter(entry.key for entry in parsed.entries.values() if entry.status == "done")
    return [f"{key}: made {count} times" for key, count in done.items() if count > 1]
