"""Two accounts: one for the person who looks after the server, and one without a login that the site runs as."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.checks.base import Check, on_server
from wizard.checks.ssh_login import login_works
from wizard.errors import UsageError
from wizard.operations.apt import packages
from wizard.operations.authorized_keys import authorized_keys, refusal
from wizard.operations.base import Operation
from wizard.operations.claims import site_name
from wizard.operations.quoting import sh
from wizard.operations.sshd import must_let_in
from wizard.operations.user import sudo_rule, user
from wizard.recipe import Answers, LoginAs, Question, Recipe
from wizard.secret import Secret

recipe = Recipe("deploy_user", __file__, needs=["system_update"])

name = recipe.ask(
    Question(
        "name", str, "deploy", pattern=r"[a-z_][a-z0-9_-]{0,31}", example="deploy",
        valid=lambda name: "must not be root: root is what we want to stop using" if name == "root" else None,
    )
)  # fmt: skip
authorized_key = recipe.ask(
    Question(
        "authorized_key", str, lambda a: "\n".join(a.server.login_keys) or None, valid=refusal,
        example="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… you@laptop",
    )
)  # fmt: skip
password = recipe.ask(Question("password", Secret, optional=True))


def person_gets_in(a: Answers) -> Iterator[Check]:
    yield login_works(a[name], a[password] or None)


def site_user_is_shut_in(a: Answers) -> Iterator[Check]:
    site = sh(a.project.name)
    yield on_server(
        "nobody can log in as the site's user, and it has no power",
        f"""getent passwd {site} | cut -d: -f1,7
passwd --status {site} | grep -q ' P ' && {{ echo 'it has a password'; exit 1; }}
runuser -u {site} -- sudo -n true 2>/dev/null && {{ echo 'it may use sudo'; exit 1; }}
[ "$(id -nG {site})" = {site} ] && id {site} && getent passwd {site} | grep -q ':/usr/sbin/nologin$'""",
        wanted="no password, no sudo, no other group, /usr/sbin/nologin",
        set_in="/etc/passwd, /etc/group, /etc/sudoers.d",
    )


@recipe.step("account", check=person_gets_in)
def account(a: Answers) -> Iterator[Operation]:
    must_let_in(a.server.sshd, a[name], "sudo")
    yield packages("sudo")
    yield user(a[name], groups=("sudo",), password=a[password] or None)
    yield authorized_keys(a[name], tuple(a[authorized_key].splitlines()))
    if not a[password]:
        # an account without a password cannot be asked for one: it is the key that proves who this is
        yield sudo_rule(f"wizard-{a[name]}", f"{a[name]} ALL=(ALL:ALL) NOPASSWD: ALL")


@recipe.step("site_user", check=site_user_is_shut_in)
def site_user(a: Answers) -> Iterator[Operation]:
    if a.project.name == a[name]:
        raise UsageError(
            f"cannot run the site as {a[name]}: that is your own account, which may do everything",
            hint="give the project or the deploy user another name",
        )
    yield site_name(a.project.name)
    yield user(a.project.name, system=True)


recipe.tell("login", lambda a: LoginAs(a[name], tuple(a[authorized_key].splitlines())))
