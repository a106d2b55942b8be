"""PostgreSQL on a real server, through the engine: roles and databases with awkward names, settings, and the way back."""

from __future__ import annotations

import pytest

from tests.practice.compare import differences
from tests.practice.conftest import ServerFactory
from tests.practice.cycle import Cycle
from wizard import events
from wizard.checks import postgres as checks
from wizard.checks.base import Check, Finding, Vantage
from wizard.engine.remote.prelude import prelude
from wizard.errors import StepError
from wizard.operations.apt import packages
from wizard.operations.django import MigrationsState, migrations
from wizard.operations.postgres import RoleState, database, role
from wizard.operations.postgres_cluster import ClusterState, cluster, settings
from wizard.operations.quoting import sh, sql_literal
from wizard.practice.fleet import PracticeServer
from wizard.secret import Secret

PASSWORD = Secret("s3cr:t\\x" + "planted" * 6)
AWKWARD = ("a:b", 'a"b', "é\\x", "o'k :'verifier' $x `id` :name", "a=b", "postgres://x")
CATALOGUE = """\
runuser -u postgres -- psql -XAt -c "SELECT rolname, rolpassword, rolcanlogin, rolsuper FROM pg_authid ORDER BY 1" \
    -c "SELECT datname, pg_get_userbyid(datdba), datacl FROM pg_database ORDER BY 1"
"""
# The journal of an earlier test is not to be undone by the next one.
ANEW = """\
dpkg -s postgresql >/dev/null 2>&1 || apt-get -q -y --no-install-recommends install postgresql >/dev/null
rm -rf /var/lib/wizard /var/backups/wizard /etc/postgresql/15
pg_dropcluster 15 main 2>/dev/null; rm -rf /var/lib/postgresql/15 /var/log/postgresql/*
systemctl stop postgresql@15-main; pg_createcluster --start 15 main >/dev/null
"""


@pytest.fixture(scope="module")
def bare(server_factory: ServerFactory) -> PracticeServer:
    return server_factory()


@pytest.fixture
def cycle(bare: PracticeServer) -> Cycle:
    """A server with a fresh cluster, and an empty journal."""
    cycle = Cycle(bare)
    cycle.run(ANEW)
    return cycle


def test_from_nothing_to_a_sites_database_and_back_to_nothing(bare: PracticeServer) -> None:
    cycle = Cycle(bare)
    assert cycle.observe(role("site", PASSWORD)) == RoleState()
    assert cycle.observe(cluster()) == ClusterState()
    pristine = cycle.fingerprint()
    operations = (
        packages("postgresql", start=["postgresql"]), cluster(), settings("wizard.conf", "listen_addresses = 'localhost'\n"),
        role("site", PASSWORD), database("site", "site"),
    )  # fmt: skip
    proofs = [
        checks.answers(), checks.listens_locally(), checks.network_logins_need_scram(),
        checks.role_may_only_log_in("site"), checks.database_belongs_to("site", "site"),
        checks.row_written_and_read("site", "site", PASSWORD),
    ]  # fmt: skip
    assert cycle.make(*operations, checks=proofs) == 4  # the package makes its cluster itself
    assert cycle.make(*operations) == 0
    sql(cycle, "CREATE DATABASE later")
    cycle.undo()
    assert differences(pristine, cycle.fingerprint()) == []
    assert "CREATE DATABASE later" in cycle.run("cat /var/backups/wizard/*-postgresql-15-main-*.sql")


def test_a_cluster_with_empty_files_is_made_anew_where_it_holds_nothing_and_left_alone_where_it_does(
    cycle: Cycle,
) -> None:
    stop = "systemctl stop postgresql@15-main"
    cycle.run(f"{stop}; : >/etc/postgresql/15/main/postgresql.conf; : >/var/lib/postgresql/15/main/global/pg_control")
    assert cycle.make(cluster()) == 1
    assert sql(cycle, "SELECT 1") == "1\n"
    (mended,) = [e.items for e in cycle.seen if isinstance(e, events.Repaired)]
    ((what, kept),) = mended
    assert what == "cluster"
    assert cycle.run(f"ls {kept}/data/base").split() == ["1", "4", "5"]
    assert "pg_hba.conf" in cycle.run(f"ls {kept}/etc")
    sql(cycle, "CREATE TABLE cats AS SELECT 'Minka' AS name")
    forget = "rm -r /var/lib/wizard"  # to the journal it is drift that it does not run
    cycle.run(f"{stop}; cp -a /etc/postgresql/15/main /root/kept; : >/etc/postgresql/15/main/pg_hba.conf; {forget}")
    with pytest.raises(StepError) as error:
        cycle.make(cluster())
    assert "there is data in it" in error.value.details
    cycle.run("cp -a /root/kept/pg_hba.conf /etc/postgresql/15/main/; rm -r /root/kept")
    assert cycle.make(cluster()) == 1
    assert sql(cycle, "SELECT name FROM cats") == "Minka\n"


def sql(cycle: Cycle, statement: str, database: str = "postgres") -> str:
    return cycle.run(f"runuser -u postgres -- psql -XAtq -d '{database}' <<'SQL'\n{statement}\nSQL")


def looked(cycle: Cycle, check: Check) -> Finding:
    assert check.look
    with cycle.transport() as transport:
        return check.look(Vantage(transport, transport.login))


def test_any_name_that_postgresql_takes_is_taken(cycle: Cycle) -> None:
    before = cycle.run(CATALOGUE)
    operations = [o for name in AWKWARD for o in (role(name, PASSWORD), database(name, name))]
    proofs = [checks.row_written_and_read(name, name, PASSWORD) for name in AWKWARD]
    assert cycle.make(*operations, checks=proofs) == 2 * len(AWKWARD)
    assert cycle.make(*operations) == 0
    cycle.undo()
    assert cycle.run(CATALOGUE) == before


def test_the_password_is_in_no_log_journal_or_statement(cycle: Cycle) -> None:
    cycle.run(
        "echo \"log_statement = 'all'\" >/etc/postgresql/15/main/conf.d/a.conf; systemctl restart postgresql@15-main"
    )
    cycle.make(role("site", PASSWORD), database("site", "site"))
    found = "grep -rlF plantedplanted /var/log /var/lib/wizard /var/lib/postgresql || echo clean"
    assert cycle.run(found) == "clean\n"
    assert cycle.run("grep -c SCRAM /var/log/postgresql/*.log || :") == "0\n"
    assert "planted" not in cycle.said()


def test_a_role_that_was_there_gets_its_password_and_powers_back(cycle: Cycle) -> None:
    sql(cycle, "CREATE ROLE site CREATEDB PASSWORD 'old'; CREATE DATABASE site;")
    before = cycle.run(CATALOGUE)
    cycle.make(role("site", PASSWORD), database("site", "site"))
    assert not looked(cycle, checks.row_written_and_read("site", "site", Secret("old"))).passed
    cycle.undo()
    # a default list of privileges (empty) and the same list written out mean the same
    assert cycle.run(CATALOGUE).replace("{postgres=CTc/postgres,=Tc/postgres}", "") == before


def test_data_is_saved_before_the_database_goes_and_can_be_restored(cycle: Cycle) -> None:
    cycle.make(role("site", PASSWORD), database("site", "site"))
    sql(cycle, "CREATE TABLE entry AS SELECT 'precious' AS word", "site")
    cycle.undo()
    assert sql(cycle, "SELECT count(*) FROM pg_database WHERE datname = 'site'") == "0\n"
    found = cycle.run("cd /var/backups/wizard; stat -c %a . site-*.dump; pg_restore -f - site-*.dump")
    assert found.startswith("700\n600\n") and "precious" in found
    (saved,) = (e for e in cycle.seen if isinstance(e, events.DataSaved))
    cycle.make(role("site", PASSWORD), database("site", "site"))
    as_site(cycle, "CREATE TABLE entry AS SELECT 'of the new set-up' AS word")
    cycle.run(f"sh {saved.restore}")
    assert sql(cycle, "SELECT word FROM entry", "site") == "precious\n"


# What a role plants that means to become postgres: code that runs when its database is read, written, or looked at.
HOSTILE = """\
CREATE SCHEMA evil;
CREATE TABLE public.gained (who text, by text);
CREATE FUNCTION public.seize(why text) RETURNS boolean LANGUAGE plpgsql AS $f$ BEGIN
    RESET ROLE; RESET SESSION AUTHORIZATION;
    IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
        EXECUTE 'CREATE ROLE gained_' || why || ' SUPERUSER';
    END IF;
    RETURN true;
EXCEPTION WHEN OTHERS THEN RETURN true; END $f$;
CREATE TABLE public.entry (word text CHECK (public.seize('by_check')), long text GENERATED ALWAYS AS ('x') STORED);
INSERT INTO public.entry VALUES ('precious');
CREATE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS
    $f$ BEGIN PERFORM public.seize('by_trigger'); RETURN NEW; END $f$;
CREATE TRIGGER t BEFORE INSERT ON public.entry FOR EACH ROW EXECUTE FUNCTION public.trap();
CREATE MATERIALIZED VIEW public.seen AS SELECT word, public.seize('by_view') AS b FROM public.entry;
CREATE FUNCTION evil.equal(name, text) RETURNS boolean LANGUAGE sql AS $f$ SELECT public.seize('by_operator') $f$;
CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.equal);
CREATE FUNCTION evil.count(anyelement) RETURNS bigint LANGUAGE sql AS $f$ SELECT 1::bigint WHERE public.seize('by_function') $f$;
CREATE VIEW evil.pg_class AS SELECT 'r'::"char" AS relkind, 1::oid AS relnamespace WHERE public.seize('by_table');
CREATE VIEW evil.pg_database AS SELECT 'site'::name AS datname, 10::oid AS datdba WHERE public.seize('by_table');
ALTER DATABASE site SET search_path = evil, pg_catalog, public;
ALTER ROLE site SET search_path = evil, pg_catalog, public;
ALTER DATABASE site SET default_transaction_read_only = on;
ALTER DATABASE site SET role = site;
ALTER DATABASE site SET statement_timeout = 1;
ALTER DATABASE site SET standard_conforming_strings = off;
"""
GAINED = "SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname LIKE 'gained%' OR (rolsuper AND rolname <> 'postgres')"


def as_site(cycle: Cycle, statements: str) -> None:
    """By a login of the role's own: what postgres has begun could go back to being postgres."""
    word = sh(PASSWORD.reveal())
    psql = "psql -h 127.0.0.1 -U site -d site -XAtq -v ON_ERROR_STOP=1"
    cycle.run(f"export PGOPTIONS='-c statement_timeout=0' PGPASSWORD={word}\n{psql} <<'SQL'\n{statements}\nSQL")


def test_a_role_that_plants_code_gains_nothing_from_a_dump_an_undo_or_a_restore(cycle: Cycle) -> None:
    cycle.make(role("site", PASSWORD), database("site", "site"))
    as_site(cycle, HOSTILE)
    whole = migrations("site", database="site")
    dump = whole.apply(MigrationsState("unapplied"), MigrationsState("applied")).rpartition("/usr/local")[0]
    back = whole.apply(MigrationsState("applied"), MigrationsState("unapplied"))
    kept = f"{prelude()}\nset -e\nchange=/root/change; mkdir -p $change\n"
    cycle.run(f"{kept}{dump}")
    assert sql(cycle, GAINED) == "0\n"
    writing = "SET default_transaction_read_only = off;"
    as_site(cycle, f"{writing} CREATE TABLE public.later (a int)")  # what the migration made
    sql(cycle, f"SET statement_timeout = 0; SET ROLE NONE; {writing} CREATE TABLE public.admins (a int)", "site")
    cycle.run(f"{kept}{back}")
    assert sql(cycle, GAINED) == "0\n"
    tables = "SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_catalog.pg_class WHERE relkind IN ('r', 'm')"
    tables += " AND relnamespace = 'public'::regnamespace"
    assert sql(cycle, f"SET statement_timeout = 0; SET ROLE NONE; {tables}", "site").split() == [
        "admins,entry,gained,seen"
    ]
    assert sql(cycle, "SET statement_timeout = 0; SELECT word FROM public.entry", "site") == "precious\n"
    cycle.undo()  # the database is dumped, looked at and dropped
    saved = [e for e in cycle.seen if isinstance(e, events.DataSaved)][-1]
    cycle.make(role("site", PASSWORD), database("site", "site"))
    cycle.run(f"export PGHOST=192.0.2.1 BASH_ENV=/nowhere; sh {saved.restore}")
    assert sql(cycle, "SELECT word FROM public.entry", "site") == "precious\n"
    assert sql(cycle, GAINED) == "0\n"
    assert sql(cycle, "SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname = 'wizard_for_owner'") == "0\n"
    for check in (checks.answers(), checks.role_may_only_log_in("site"), checks.database_belongs_to("site", "site")):
        with cycle.transport() as transport:
            assert transport.run(check.script).status == 0, check.name


def test_a_whole_cluster_is_put_back_without_running_a_sites_code_as_postgres(cycle: Cycle) -> None:
    cycle.run("pg_dropcluster --stop 15 main")
    cycle.make(cluster())
    sql(cycle, f"CREATE ROLE site LOGIN PASSWORD {sql_literal(PASSWORD.reveal())}; CREATE DATABASE site OWNER site")
    as_site(cycle, HOSTILE)
    cycle.undo()
    cycle.make(cluster())
    cycle.run("cd /var/backups/wizard; sh ./*.sql.restore; sh ./postgresql-15-main-site-*.restore")
    assert sql(cycle, "SELECT word FROM public.entry", "site") == "precious\n"
    assert sql(cycle, GAINED) == "0\n"


def test_a_database_that_cannot_be_saved_is_not_dropped(cycle: Cycle) -> None:
    cycle.make(role("site", PASSWORD), database("site", "site"))
    sql(cycle, "CREATE TABLE entry AS SELECT 'precious' AS word", "site")
    cycle.run("mkdir -p /var/backups/wizard && mount -t tmpfs -o nr_inodes=1 none /var/backups/wizard")
    with pytest.raises(StepError):
        cycle.undo()
    cycle.run("umount /var/backups/wizard")
    assert sql(cycle, "SELECT word FROM entry", "site") == "precious\n"


def test_a_role_that_owns_something_stays_and_it_is_said_why(cycle: Cycle) -> None:
    cycle.make(role("site", PASSWORD))
    sql(cycle, "CREATE DATABASE mine OWNER site")
    cycle.undo()
    assert "the role site stays: something in the database mine is its own" in cycle.said()
    assert sql(cycle, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'mine'") == "site\n"


def test_nothing_is_found_where_the_server_is_down(cycle: Cycle) -> None:
    cycle.run("systemctl stop postgresql@15-main")
    assert cycle.observe(role("site", PASSWORD)) == RoleState()
    assert cycle.make(cluster(), checks=[checks.answers()]) == 1


def test_a_cluster_that_the_installation_left_out_is_made_and_saved_before_it_goes(cycle: Cycle) -> None:
    cycle.run("pg_dropcluster --stop 15 main")
    assert cycle.make(cluster(), checks=[checks.answers()]) == 1
    sql(cycle, "CREATE TABLE entry AS SELECT 'precious' AS word")
    cycle.undo()
    assert cycle.observe(cluster()) == ClusterState()
    assert "precious" in cycle.run("pg_restore -f - /var/backups/wizard/postgresql-15-main-postgres-*.dump")
    assert "CREATE ROLE" in cycle.run("cat /var/backups/wizard/postgresql-15-main-*.sql")


def test_settings_that_are_wrong_or_overruled_are_taken_back_and_the_server_stays_up(cycle: Cycle) -> None:
    sql(cycle, "ALTER SYSTEM SET listen_addresses = '*'")
    with pytest.raises(StepError):
        cycle.make(settings("wizard.conf", "listen_addresses = 'localhost'\n"))
    assert "not in force: listen_addresses" in cycle.said()
    assert cycle.run("ls /etc/postgresql/15/main/conf.d") == ""
    sql(cycle, "ALTER SYSTEM RESET listen_addresses")
    with pytest.raises(StepError):
        cycle.make(settings("wizard.conf", "shared_buffers = 'plenty'\n"))
    assert sql(cycle, "SELECT 1") == "1\n"
    cycle.make(settings("wizard.conf", "listen_addresses = 'localhost'\n"), checks=[checks.listens_locally()])


def test_the_checks_notice_an_open_port_a_mighty_role_and_a_weak_login(cycle: Cycle) -> None:
    sql(cycle, "CREATE ROLE site LOGIN CREATEDB PASSWORD 'x'; CREATE DATABASE site;")
    cycle.run(
        "echo \"listen_addresses = '*'\" >/etc/postgresql/15/main/conf.d/a.conf\n"
        "echo 'host all all 10.0.0.0/8 trust' >>/etc/postgresql/15/main/pg_hba.conf\nsystemctl restart postgresql@15-main"
    )
    for check in (
        checks.listens_locally(), checks.network_logins_need_scram(), checks.role_may_only_log_in("site"),
        checks.database_belongs_to("site", "site"),
    ):  # fmt: skip
        with cycle.transport() as transport:
            assert transport.run(check.script).status != 0, check.name
