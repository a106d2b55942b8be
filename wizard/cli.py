"""The command line: parses, picks a front, maps errors to exit statuses. Nothing heavy is imported at the top."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from wizard import __version__
from wizard.errors import UsageError
from wizard.text import text as words

if TYPE_CHECKING:
    from wizard.fronts.options import Options

LAZY = {
    "inspect": "wizard.fronts.plain.inspect:inspect",
    "practice": "wizard.practice.cli:practice",
    "recipes": "wizard.fronts.plain.recipes:recipes",
}


class Lazy(click.Group):
    """A group some of whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *LAZY})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in LAZY:
            module, _, name = LAZY[cmd_name].partition(":")
            loaded = importlib.import_module(module)
            if cmd_name == "practice":
                vars(loaded)["default_action"] = practise  # it cannot import us
            command: click.Command = getattr(loaded, name)
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # the usual listing would import the lazy ones for their first line of help
        rows = [(name, c.get_short_help_str(90)) for name, c in sorted(self.commands.items())]
        rows.append(("inspect", words("cli.say.inspect")))
        rows.append(("practice", words("cli.say.practice")))
        rows.append(("recipes", words("cli.say.own_recipes")))
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=words("cli.help.cli"),
)
@click.version_option(__version__, prog_name="wizard")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """From a bare Linux server to a running Django site, step by step."""
    if ctx.invoked_subcommand is None:
        _first_screen(ctx)


def _full_screen(options: Options, *, setup: bool = False) -> NoReturn:
    from wizard.fronts import splash

    with splash.shown():
        from wizard.fronts.tui.app import run
    raise click.exceptions.Exit(run(options, setup=setup))


def _first_screen(ctx: click.Context) -> None:
    """`wizard` alone: practise, set up a server, or go on with one; what can be typed where nobody can be asked."""
    options = _options({"target": ""})
    if not options.asks:
        click.echo(ctx.get_help(), err=True)
        raise click.exceptions.Exit(2)
    if options.chosen_front() == "tui":
        _full_screen(options)
    from wizard.fronts.start import start

    start(options)


def practise(ctx: click.Context) -> None:
    """`wizard practice` alone: a practice server, and the sample project set up on it."""
    options = _options({"target": ""}, **ctx.params)
    options.yes = not options.asks
    if options.chosen_front() == "tui":
        _full_screen(options)
    from wizard.fronts.start import start

    start(options)


def _complete(what: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """What the shell offers on Tab, found out by a module that is loaded only then."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from wizard.fronts.plain import completion

        return completion.targets(incomplete) if what == "targets" else completion.recipes(ctx, incomplete)

    return complete


TARGET = click.argument("target", shell_complete=_complete("targets"))


def connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that talks to a server."""
    for option in reversed([
        click.option("--key", type=click.Path(path_type=Path, dir_okay=False, exists=True), help=words("cli.say.key")),
        click.option("--host-key", metavar="SHA256:…", help=words("cli.say.host_key")),
        click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), help=words("cli.say.answers")),
        click.option("--recipes", type=click.Path(path_type=Path), multiple=True, help=words("cli.say.recipes")),
        click.option("--only", multiple=True, metavar="RECIPE", shell_complete=_complete("recipes"), help=words("cli.say.only")),
        click.option("--until", metavar="RECIPE", shell_complete=_complete("recipes"), help=words("cli.say.until")),
        click.option("--wait", "when_held", flag_value="wait", help=words("cli.say.wait")),
        click.option("--watch", "when_held", flag_value="watch", help=words("cli.say.watch")),
        click.option("--take-over", is_flag=True, help=words("cli.say.take_over")),
        click.option("--drift", type=click.Choice(["stop", "keep", "restore"]), help=words("cli.say.drift")),
        click.option("--accessible", is_flag=True, help=words("cli.say.accessible")),
        click.option("--verbose", "-v", is_flag=True, help=words("cli.say.verbose")),
        click.option("--json", "as_json", is_flag=True, help=words("cli.say.json")),
    ]):  # fmt: skip
        command = option(command)
    return command


FRONT = click.option("--front", type=click.Choice(["tui", "plain", "headless"]), help=words("cli.say.front"))
YES = click.option("--yes", "-y", is_flag=True, help=words("cli.say.yes"))

ADOPT = click.option(
    "--adopt", multiple=True, metavar="THING", help=words("cli.say.adopt")
)  # fmt: skip


@cli.command(help=words("cli.help.setup"))
@click.argument("target", required=False, default="", shell_complete=_complete("targets"))
@connection
@ADOPT
@FRONT
@YES
@click.option(
    "--skip-check", "skip_checks", multiple=True, metavar="STEP",
    help=words("cli.say.skip_check"),
)  # fmt: skip
def setup(yes: bool, front: str | None, **options: Any) -> None:
    """Set up a site on TARGET, or go on with a set-up that stopped."""
    chosen = _options(options, yes=yes, front=front)
    if chosen.chosen_front() == "tui":
        _full_screen(chosen, setup=True)
    if not chosen.target and chosen.asks:
        from wizard.fronts.start import setup_somewhere

        setup_somewhere(chosen)
        return
    if not chosen.target:
        raise click.UsageError(words("cli.say.no_target"))
    _commands().setup(chosen)


@cli.command(help=words("cli.help.plan"))
@TARGET
@connection
@ADOPT
def plan(**options: Any) -> None:
    """Show what setup would change on TARGET."""
    _commands().plan(_options(options))


@cli.command(help=words("cli.help.status"))
@TARGET
@connection
def status(**options: Any) -> None:
    """Show the checkpoints on TARGET, and what was changed by hand since."""
    _commands().status(_options(options))


@cli.command(help=words("cli.help.verify"))
@TARGET
@connection
def verify(**options: Any) -> None:
    """Prove that everything on TARGET works."""
    _commands().verify(_options(options))


@cli.command(help=words("cli.help.rollback"))
@TARGET
@connection
@click.option(
    "--to",
    "checkpoint",
    metavar="CHECKPOINT",
    shell_complete=_complete("recipes"),
    help=words("cli.say.to"),
)
@click.option("--all", "everything", is_flag=True, help=words("cli.say.all"))
@YES
def rollback(checkpoint: str | None, everything: bool, yes: bool, **options: Any) -> None:
    """Go back on TARGET to a checkpoint, or to the very beginning."""
    chosen = _options(options, yes=yes)
    if (everything and checkpoint) or not (everything or checkpoint or chosen.asks):
        raise UsageError("cli.say.cannot_tell_how_far")
    _commands().rollback(chosen, checkpoint, everything=everything)


@cli.command(help=words("cli.help.answers"))
@click.argument("project", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--recipes", type=click.Path(path_type=Path), multiple=True, help=words("cli.say.recipes"))
def answers(project: Path | None, recipes: tuple[Path, ...]) -> None:
    """Print a commented answers file."""
    from wizard.fronts.plain.answers_file import render

    click.echo(render(project, recipes), nl=False)


def _commands() -> Any:
    return importlib.import_module("wizard.fronts.commands")


def _options(options: dict[str, Any], **more: Any) -> Options:
    from wizard.fronts.options import Options

    return Options(**options, **more)


def _speak() -> None:
    """Files and programs get UTF-8; a terminal with another encoding gets ? for what it cannot show. Nothing ends in an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            utf_8 = stream.encoding.lower().replace("-", "") == "utf8"
            if utf_8 or stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="replace")


def main(argv: list[str] | None = None) -> None:
    """The entry point: one place where errors become words and an exit status."""
    _speak()
    if "_WIZARD_COMPLETE" in os.environ:
        from wizard.fronts.plain.completion import register

        register()
    try:
        status = cli.main(argv, prog_name="wizard", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo(words("cli.say.interrupted_nothing_lost_run"), err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        from wizard.crash import as_error
        from wizard.fronts.plain.numbered import wrapped
        from wizard.fronts.words import explain
        from wizard.secret import without_secrets

        text = without_secrets(explain(known := as_error(error)))  # a program's own output may be in it
        click.echo(wrapped(text) if sys.stderr.isatty() else text, err=True)
        sys.exit(known.exit_status)


if __name__ == "__main__":
    main()
