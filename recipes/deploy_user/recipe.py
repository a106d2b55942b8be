"""Two accounts: one for the person who looks after the server, and one without a login that the site runs as."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    LoginAs,
    Operation,
    Question,
    Recipe,
    Secret,
    UsageError,
    authorized_keys,
    key_refusal,
    login_works,
    on_server,
    packages,
    sh,
    site_name,
    sshd,
    sudo_rule,
    user,
)

recipe = Recipe("deploy_user", needs=["system_update"])

name = recipe.ask(
    Question(
        "name", str, "deploy", pattern=r"[a-z_][a-z0-9_-]{0,31}", example="deploy",
        valid=lambda name: recipe.text("not_root") if name == "root" else None,
    )
)  # fmt: skip
authorized_key = recipe.ask(
    Question(
        "authorized_key", str, lambda a: "\n".join(a.server.login_keys) or None, valid=key_refusal,
        example="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… you@laptop",
    )
)  # fmt: skip
password = recipe.ask(Question("password", Secret, optional=True))


def person_gets_in(a: Answers) -> Iterator[Check]:
    yield login_works(a[name], a[password] or None)


def site_user_is_shut_in(a: Answers) -> Iterator[Check]:
    site = sh(a.site.user)
    yield on_server(
        recipe.text("shut_in"),
        f"""getent passwd {site} | cut -d: -f1,7
passwd --status {site} | grep -q ' P ' && {{ say deploy_user/has_password; exit 1; }}
runuser -u {site} -- sudo -n true 2>/dev/null && {{ say deploy_user/has_sudo; exit 1; }}
[ "$(id -nG {site})" = {site} ] && id {site} && getent passwd {site} | grep -q ':/usr/sbin/nologin$'""",
        wanted=recipe.text("shut_in_wanted"),
        set_in="/etc/passwd, /etc/group, /etc/sudoers.d",
    )


@recipe.step("account", check=person_gets_in)
def account(a: Answers) -> Iterator[Operation]:
    sshd.must_let_in(a.server.sshd, a[name], "sudo")
    yield packages("sudo")
    yield user(a[name], groups=("sudo",), password=a[password] or None)
    yield authorized_keys(a[name], tuple(a[authorized_key].splitlines()))
    if not a[password]:
        # an account without a password cannot be asked for one: it is the key that proves who this is
        yield sudo_rule(f"wizard-{a[name]}", f"{a[name]} ALL=(ALL:ALL) NOPASSWD: ALL")


@recipe.step("site_user", check=site_user_is_shut_in)
def site_user(a: Answers) -> Iterator[Operation]:
    if a.site.user == a[name]:
        raise UsageError(recipe.text("same_user", user=a[name]), hint=recipe.text("same_user_next"))
    yield site_name(a.site.name)
    yield user(a.site.user, system=True)


recipe.output("login", lambda a: LoginAs(a[name], tuple(a[authorized_key].splitlines())), afterwards=True)
