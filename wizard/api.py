"""All that a recipe may import: one line, and stable. A recipe reads like the tutorial that it replaces:

    from wizard.api import Answers, Operation, Question, Recipe, file, on_server, packages, restart

    recipe = Recipe("memcached", needs=["system_update"])
    memory = recipe.ask(Question("memory_mb", int, default=64, minimum=16))

    @recipe.step("server", check=lambda a: [on_server("it listens", "ss -ltn | grep :11211")])
    def server(a: Answers) -> Iterator[Operation]:
        yield packages("memcached")
        yield file("/etc/memcached.conf", recipe.template("memcached.conf", a, memory=a[memory]), notify=restart("memcached"))

**What a recipe is made of.** `Recipe` (a folder of that name: recipe.py, guide.md, templates/), `Question` (a key of the answers
file, with a default), `Answers` (what a step is given: `a[question]`, `a.server`, `a.found`, `a.site`), `WayIn` and `LoginAs` (for
steps that change how one logs in), `Secret` (a text that is never shown), `HOST_NAME` (a pattern).

**Roles.** `Recipe("uvicorn", role="app_server")` makes it a choice beside the others of that role, and it gives what the role's
class lists: `recipe.output("socket", lambda a: …)`. Others read `a.app_server.socket`, `a.database.url`, `a.web_server.address`,
`a.project.domain`, `a.deploy_user.name`. See `AppServer`, `Database`, `WebServer`, `Broker`, `Worker`, `Project`, `DeployUser`.

**Contributions** add to what another recipe owns: `recipe.contribute(WebSite, lambda a: WebSite(server="gzip on;"))`. See
`PythonPackages`, `HostNames`, `WebSite`, `Variables`, `OutsideChecks`; the owner reads them with `a.contributions(WebSite)`.

**Operations** are wanted states of one thing on the server; a step yields them in order, and each is undone from what was there
before: `packages`, `file`, `directory`, `service`, `user`, … `command` is for what has no operation of its own, and must be
given its undo.

**Checks** are read-only proofs: `on_server` (a script that root runs), `says` (a command that prints just this), and those below.

**Values that a person gave** go into scripts through `sh`, into templates through the filters of that name (`sh`, `nginx`, `sql`).
`UsageError(what, hint=what to do)` refuses answers that cannot be used together.

`wizard recipes check FOLDER` says what is wrong with a recipe, with file and line.
"""

from __future__ import annotations

from wizard.app_server import may_write, settings_of
from wizard.checks.admin_login import Account, admin_logs_in
from wizard.checks.base import Check, Finding, Vantage, from_outside, on_server, says
from wizard.checks.celery import celery_answers
from wizard.checks.django import addresses, caches_keep_what_is_written, logins_last, settings_in_use
from wizard.checks.http import (
    admin_login_with_css,
    front_page_answers,
    static_file_answers,
    unknown_page_shows_no_debug,
)
from wizard.checks.local_http import answers as http_answers
from wizard.checks.mariadb import (
    account_has_one_database,
    mariadb_answers,
    mariadb_listens_locally,
    mariadb_row_written_and_read,
)
from wizard.checks.ports import port_closed, port_open
from wizard.checks.postgres import answers as postgres_answers
from wizard.checks.postgres import (
    database_belongs_to,
    listens_locally,
    network_logins_need_scram,
    role_may_only_log_in,
    row_written_and_read,
)
from wizard.checks.redis import redis_answers
from wizard.checks.service import runs_release, stays_up
from wizard.checks.ssh_login import login_works, password_login_refused, root_login_refused
from wizard.errors import UsageError
from wizard.operations import git_host, sshd
from wizard.operations.apt import packages, upgrade
from wizard.operations.authorized_keys import authorized_keys
from wizard.operations.authorized_keys import refusal as key_refusal
from wizard.operations.base import Blob, Foreign, Operation, State, not_journalled
from wizard.operations.claims import site_name
from wizard.operations.claims_mariadb import one_mariadb
from wizard.operations.claims_nginx import web_server
from wizard.operations.claims_postgres import one_postgres
from wizard.operations.claims_redis import one_redis
from wizard.operations.command import command
from wizard.operations.content import content
from wizard.operations.django import all_applied as no_migration_left
from wizard.operations.django import in_django, migrations, static_files, superuser
from wizard.operations.file import absent, directory, file, symlink
from wizard.operations.firewall import firewall
from wizard.operations.firewall import refusal as port_refusal
from wizard.operations.live import live_release
from wizard.operations.mariadb import mariadb_account, mariadb_database
from wizard.operations.media import starting_media
from wizard.operations.postgres import database, role
from wizard.operations.postgres_cluster import cluster, settings
from wizard.operations.quoting import as_written, sh, systemd_environment
from wizard.operations.reboot import reboot
from wizard.operations.release import data_directory, release_from_folder, release_from_git
from wizard.operations.sandbox import shut_in
from wizard.operations.service import daemon_reload, reload, restart, service
from wizard.operations.system import generated_locale, kernel_settings, swap
from wizard.operations.tested import tested_file, tested_symlink
from wizard.operations.trial import LAST_ERROR
from wizard.operations.user import sudo_rule, user
from wizard.operations.virtualenv import virtualenv
from wizard.project import clone
from wizard.project.found import Found
from wizard.project.native import debian_packages_for
from wizard.recipe import HOST_NAME, Answers, LoginAs, Question, Recipe, WayIn
from wizard.role import (
    AppServer,
    Broker,
    Contribution,
    Database,
    DeployUser,
    HostNames,
    OutsideChecks,
    Project,
    PythonPackages,
    Variables,
    WebServer,
    WebSite,
    Worker,
)
from wizard.secret import Secret
from wizard.site import Site

__all__ = [
    "HOST_NAME",
    "LAST_ERROR",
    "Account",
    "Answers",
    "AppServer",
    "Blob",
    "Broker",
    "Check",
    "Contribution",
    "Database",
    "DeployUser",
    "Finding",
    "Foreign",
    "Found",
    "HostNames",
    "LoginAs",
    "Operation",
    "OutsideChecks",
    "Project",
    "PythonPackages",
    "Question",
    "Recipe",
    "Secret",
    "Site",
    "State",
    "UsageError",
    "Vantage",
    "Variables",
    "WayIn",
    "WebServer",
    "WebSite",
    "Worker",
    "absent",
    "account_has_one_database",
    "addresses",
    "admin_login_with_css",
    "admin_logs_in",
    "as_written",
    "authorized_keys",
    "caches_keep_what_is_written",
    "celery_answers",
    "clone",
    "cluster",
    "command",
    "content",
    "daemon_reload",
    "data_directory",
    "database",
    "database_belongs_to",
    "debian_packages_for",
    "directory",
    "file",
    "firewall",
    "from_outside",
    "front_page_answers",
    "generated_locale",
    "git_host",
    "http_answers",
    "in_django",
    "kernel_settings",
    "key_refusal",
    "listens_locally",
    "live_release",
    "login_works",
    "logins_last",
    "mariadb_account",
    "mariadb_answers",
    "mariadb_database",
    "mariadb_listens_locally",
    "mariadb_row_written_and_read",
    "may_write",
    "migrations",
    "network_logins_need_scram",
    "no_migration_left",
    "not_journalled",
    "on_server",
    "one_mariadb",
    "one_postgres",
    "one_redis",
    "packages",
    "password_login_refused",
    "port_closed",
    "port_open",
    "port_refusal",
    "postgres_answers",
    "reboot",
    "redis_answers",
    "release_from_folder",
    "release_from_git",
    "reload",
    "restart",
    "role",
    "role_may_only_log_in",
    "root_login_refused",
    "row_written_and_read",
    "runs_release",
    "says",
    "service",
    "settings",
    "settings_in_use",
    "settings_of",
    "sh",
    "shut_in",
    "site_name",
    "sshd",
    "starting_media",
    "static_file_answers",
    "static_files",
    "stays_up",
    "sudo_rule",
    "superuser",
    "swap",
    "symlink",
    "systemd_environment",
    "tested_file",
    "tested_symlink",
    "unknown_page_shows_no_debug",
    "upgrade",
    "user",
    "virtualenv",
    "web_server",
]
