"""An example of each kind of operation, with states in which it may be found. For tests of what all kinds have in common."""

from __future__ import annotations

import importlib
import pkgutil

import wizard.operations
from wizard.operations.apt import packages, upgrade
from wizard.operations.authorized_keys import AuthorizedKeysState, authorized_keys
from wizard.operations.base import KINDS, Change, Operation, State, diff
from wizard.operations.claims import site_name
from wizard.operations.claims_mariadb import one_mariadb
from wizard.operations.claims_nginx import web_server
from wizard.operations.claims_postgres import one_postgres
from wizard.operations.claims_redis import one_redis
from wizard.operations.command import command
from wizard.operations.content import ContentState, content
from wizard.operations.django import MigrationsState, StaticFilesState, migrations, static_files, superuser
from wizard.operations.file import FileState, absent, directory, file, symlink
from wizard.operations.firewall import FirewallState, firewall
from wizard.operations.live import LiveState, live_release
from wizard.operations.mariadb import AccountState, MariadbDatabaseState, mariadb_account, mariadb_database
from wizard.operations.media import StartingMediaState, starting_media
from wizard.operations.postgres import DatabaseState, RoleState, database, role
from wizard.operations.postgres_cluster import ClusterState, SettingsState, cluster, settings
from wizard.operations.reboot import RebootState, reboot
from wizard.operations.release import (
    ReleaseState,
    ServingState,
    UploadedRelease,
    data_directory,
    release_from_git,
    serving,
)
from wizard.operations.service import ServiceState, reload, restart, service
from wizard.operations.system import KernelState, SwapState, kernel_settings, swap
from wizard.operations.tested import tested_file, tested_symlink
from wizard.operations.user import UserState, sudo_rule, user
from wizard.operations.virtualenv import VirtualenvState, virtualenv
from wizard.secret import Secret

SHA = "a" * 64
THERE = FileState("file", "0640", "root", "adm", SHA, size=9)
RELEASE = ReleaseState("20260101T000000Z-aaaaaaaa", ("20260101T000000Z-aaaaaaaa",), "b" * 40)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDv7HkzzqLVNyFvVyTyjCMUoLMoPFzM5nZbZlRNzcx8b ana@laptop"

EXAMPLES: list[tuple[Operation, list[State]]] = [
    (absent("/etc/nginx/sites-enabled/default", notify=reload("nginx", test="nginx -t")),
     [THERE, FileState("symlink", target="/etc/x")]),
    (authorized_keys("ana", (KEY,)), [AuthorizedKeysState("ours", "ours", ("ssh-rsa AAAA other",))]),
    (command("a b", "touch /etc/done", test="[ -e /etc/done ]", undo="rm /etc/done"), []),
    (command("long", "sleep 1", test="false", undo="true", long=True), []),
    (command("gone", "true", test="false", irreversible=True), []),
    (data_directory("/srv/shop/media", owner="shop", group="shop"), [FileState("directory", "0700", "root", "root")]),
    (directory("/etc/app.d"), [FileState("directory", "0700", "root", "root"), THERE]),
    (file("/etc/app.conf", "x = 1\n", mode=0o640, notify=restart("app")), [THERE, FileState("symlink", target="/x y")]),
    (file("/etc/app.key", Secret("sesame"), mode=0o600), [THERE]),
    (firewall("80/tcp", "443/tcp"), [FirewallState(True, False, False, "allow", ("allow 22/tcp",), (22,))]),
    (release_from_git("/srv/shop", "https://git.example/shop.git", group="shop", branch="main"), [RELEASE]),
    (release_from_git("/srv/shop", "git@git.example:shop.git", group="shop", key="/etc/shop/key"), [RELEASE]),
    (kernel_settings("/etc/sysctl.d/60-x.conf", {"net.ipv4.tcp_syncookies": "1"}),
     [KernelState(("there", SHA), ("0",))]),
    (live_release("/srv/shop", "shop", "shop.example"), [LiveState("a", "b", "a", stale=True)]),
    (migrations("shop", database="shop"), [MigrationsState("known", ("app.0001_initial",))]),
    (mariadb_account("shop", Secret("sesame"), database="the_shop"), [AccountState(True, SHA, ("SUPER",), ("other",))]),
    (mariadb_database("the_shop", account="shop"), [MariadbDatabaseState(True, "latin1")]),
    (migrations("shop", database="shop", engine="django.db.backends.mysql", account="shop"), [MigrationsState("known", ())]),
    (one_mariadb(packages="mariadb-server"), []),
    (one_postgres(), []),
    (one_redis(packages="redis-server"), []),
    (packages("nginx", "python3-venv", start=("nginx",)), []),
    (cluster(), [ClusterState("15 main", False)]),
    (content("shop", "db.sqlite3", database="shop"), [ContentState(True)]),
    (database("shop", "shop"), [DatabaseState(True, "postgres", "UTF8")]),
    (role("shop", Secret("sesame")), [RoleState(True, False, ("SUPERUSER",), SHA)]),
    (settings("wizard.conf", "work_mem = 4MB\n"), [SettingsState("15 main", SHA)]),
    (reboot("after-upgrade", needed="test -e /run/reboot-required"), [RebootState(True)]),
    (service("shop"), [ServiceState(True, "disabled", False, True), ServiceState(True, "enabled", True)]),
    (serving("shop", "/srv/shop/current"), [ServingState("a", "b")]),
    (site_name("shop"), []),
    (starting_media("/srv/shop", "media", "/srv/shop/shared/media", site="shop"), [StartingMediaState("missing", ("a.png",))]),
    (static_files("shop", "/srv/shop/static"), [StaticFilesState("a", "b")]),
    (sudo_rule("ana", "ana ALL=(ALL:ALL) NOPASSWD: ALL"), [THERE]),
    (superuser("shop", "ana", "ana@example.org", Secret("sesame"), database="shop"), []),
    (swap(size=1024), [SwapState(512, True, True)]),
    (symlink("/etc/nginx/sites-enabled/shop", "../sites-available/shop"), [THERE]),
    (tested_file("/etc/nginx/nginx.conf", "events {}\n", test="nginx -t", then=reload("nginx")), [THERE]),
    (tested_symlink("/etc/nginx/sites-enabled/shop", "../x", test="nginx -t", then=reload("nginx")), [THERE]),
    (upgrade(), []),
    (UploadedRelease("/srv/shop", "shop", id="20260101T000000Z-aaaaaaaa", sha256=SHA), [RELEASE]),
    (user("ana", groups=("sudo",), password=Secret("sesame")),
     [UserState(True, 1000, 1000, "/home/ana", "/bin/sh", ("adm",))]),
    (user("shop", system=True, home="/srv/shop", shell="/usr/sbin/nologin"), []),
    (virtualenv("/srv/shop/venv", "/srv/shop/next/requirements.txt", user="shop", extra=("gunicorn",), programs=("gunicorn",)),
     [VirtualenvState("x", "y")]),
    (web_server("shop", ("shop.example",), default=True), []),
]  # fmt: skip


def changes() -> list[Change]:
    """What each of them would do, from nothing and from each of those states; kinds that only look have none."""
    return [
        change
        for operation, states in EXAMPLES
        for found in (operation.state(), *states)
        if (change := diff(operation, found)) is not None
    ]


def missing() -> set[str]:
    """The kinds without an example."""
    for module in pkgutil.iter_modules(wizard.operations.__path__):
        importlib.import_module(f"wizard.operations.{module.name}")
    ours = {kind for kind, cls in KINDS.items() if cls.__module__.startswith("wizard.operations.")}
    return ours - {operation.kind for operation, _ in EXAMPLES}
