"""`wizard practice …`: the commands for practice servers. Must not know how a server boots or is set up."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from wizard.text import text

if TYPE_CHECKING:
    from wizard.practice.fleet import Fleet, PracticeServer

default_action: Callable[[click.Context], None] | None = None
"""What `wizard practice` alone does; the top level, which knows how to set a server up, puts it here."""

RELEASES, LOGINS = ("bookworm", "trixie"), ("root", "sudo", "sudo-password")  # a test holds them to the real ones
JSON = click.option("--json", "as_json", is_flag=True, help=text("practice.cli.json"))


@click.group(invoke_without_command=True, short_help=text("practice.cli.short"), help=text("practice.help.practice"))
@click.option("--front", type=click.Choice(["tui", "plain", "headless"]), help=text("practice.cli.front"))
@click.option("--accessible", is_flag=True, help=text("practice.cli.accessible"))
@JSON
@click.pass_context
def practice(ctx: click.Context, as_json: bool, front: str | None, accessible: bool) -> None:
    """Practise on this computer."""
    ctx.obj = as_json  # `wizard practice --json up one` and `wizard practice up one --json` are the same
    if ctx.invoked_subcommand is None:
        if default_action is None:
            click.echo(ctx.get_help())
        else:
            default_action(ctx)


def _command(function: Callable[..., Any]) -> click.Command:
    """A subcommand named as its function, with --json."""
    name = function.__name__.rstrip("_")
    return practice.command(name=name.replace("_", "-"), help=text(f"practice.help.{name}"))(JSON(function))


@_command
@click.argument("names", nargs=-1, required=True, metavar="NAME…")
@click.option("--release", type=click.Choice(RELEASES), default="bookworm", show_default=True)
@click.option("--memory", metavar="AMOUNT", help=text("practice.cli.memory"))
@click.option("--disk", metavar="AMOUNT", help=text("practice.cli.disk"))
@click.option("--login", type=click.Choice(LOGINS), default="root", show_default=True, help=text("practice.cli.login"))
def up(names: tuple[str, ...], release: str, memory: str | None, disk: str | None, login: str, as_json: bool) -> None:
    """Boot servers; make those that aren't there yet."""
    fleet = _fleet()
    for name in names:
        _show([fleet.up(name, release=release, memory=memory, disk=disk, login=login, say=_say)], fleet, as_json)


@_command
def list_(as_json: bool) -> None:
    """List the servers and how to log in."""
    fleet = _fleet()
    servers = fleet.list()
    _show(servers, fleet, as_json)
    if not servers:
        _say(text("practice.cli.none"))


@_command
@click.argument("name")
def reset(name: str, as_json: bool) -> None:
    """Make NAME as it was before its first boot."""
    fleet = _fleet()
    _say(text("practice.cli.resetting", name=name))
    _show([fleet.reset(name)], fleet, as_json)


@_command
@click.argument("name")
@click.argument("tag")
def snapshot(name: str, tag: str, as_json: bool) -> None:
    """Keep a copy of NAME's disk under TAG; the server shuts down for it and boots again."""
    fleet = _fleet()
    _say(text("practice.cli.copying", name=name))
    _show([fleet.snapshot(name, tag)], fleet, as_json)


@_command
@click.argument("name")
@click.argument("tag")
def restore(name: str, tag: str, as_json: bool) -> None:
    """Put NAME's disk back to the snapshot TAG, and boot."""
    fleet = _fleet()
    _say(text("practice.cli.restoring", name=name))
    _show([fleet.restore(name, tag)], fleet, as_json)


@_command
@click.argument("name")
def reboot(name: str, as_json: bool) -> None:
    """Reboot NAME cleanly and wait for it."""
    fleet = _fleet()
    _say(text("practice.cli.rebooting", name=name))
    _show([fleet.reboot(name)], fleet, as_json)


@_command
@click.argument("name")
def pull_plug(name: str, as_json: bool) -> None:
    """Cut NAME's power."""
    fleet = _fleet()
    _say(text("practice.cli.cutting", name=name))
    _show([fleet.pull_plug(name)], fleet, as_json)


@_command
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option("--all", "every", is_flag=True, help=text("practice.cli.all"))
def down(names: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Remove servers with all they have on this computer."""
    if every == bool(names):
        raise click.UsageError(text("practice.cli.names"))
    fleet = _fleet()
    removed = fleet.down_all() if every else names
    for name in removed:
        if not every:
            fleet.down(name)
        click.echo(json.dumps({"name": name, "down": True}) if _json(as_json) else text("practice.cli.gone", name=name))


def _fleet() -> Fleet:
    from wizard.practice.fleet import Fleet

    return Fleet()


def _say(words: str) -> None:
    click.echo(words, err=True)


def _json(as_json: bool) -> bool:
    return as_json or bool(click.get_current_context().obj)


def _show(servers: Iterable[PracticeServer], fleet: Fleet, as_json: bool) -> None:
    for server in servers:
        facts = {**server.facts(), "running": fleet.running(server.name)}
        click.echo(json.dumps(facts) if _json(as_json) else _words(server, running=bool(facts["running"])))


def _words(server: PracticeServer, *, running: bool) -> str:
    ssh = ["ssh", "-i", str(server.key), "-o", f"UserKnownHostsFile={server.known_hosts}"]
    ssh.append(f"{server.user}@{server.host}")
    state = "" if running else text("practice.cli.off")
    password = (
        text("practice.cli.sudo_password", sudo_password_file=server.sudo_password_file) if server.sudo_password else ""
    )
    return f"{server.name}{state}: Debian {server.release}\n  {shlex.join(ssh)}{password}"
