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
        rows.append(("inspect", "Look at a Django project: what is in it, what it needs."))
        rows.append(("practice", "Practise on this computer: disposable real Debian servers."))
        rows.append(("recipes", "Recipes of your own: what is wrong with them."))
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows))


@click.group(
    cls=Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="wizard")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """From a bare Linux server to a running Django site, step by step: explained, journalled, reversible.

    \b
    Examples:
      wizard                                        the first screen: practise, set up a server, or go on with one
      wizard practice                               try it all on a disposable server on this computer
      wizard inspect ~/src/mysite                   what is in a Django project, and what it needs
      wizard answers ~/src/mysite >answers.toml     every question, its default, what was found in the project
      wizard plan root@203.0.113.7 --answers answers.toml
      wizard setup root@203.0.113.7 --answers answers.toml
      wizard rollback root@203.0.113.7 --to postgres

    \b
    Exit status: 0 done · 1 a step or a check failed · 2 wrong usage or answers · 3 cannot reach or log in
                 4 stopped because of drift, a lock, or what is there already · 130 interrupted
    Tab completion: eval "$(_WIZARD_COMPLETE=bash_source wizard)" in ~/.bashrc (or zsh_source, fish_source)
    """
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
        click.option("--key", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Private key file to log in with."),
        click.option("--host-key", metavar="SHA256:…", help="The server's host key, for the first contact without a terminal."),
        click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), help="Answers file (TOML)."),
        click.option("--recipes", type=click.Path(path_type=Path), multiple=True, help="A folder with recipes of your own."),
        click.option("--only", multiple=True, metavar="RECIPE", shell_complete=_complete("recipes"), help="Only this recipe."),
        click.option("--until", metavar="RECIPE", shell_complete=_complete("recipes"), help="Stop after this recipe."),
        click.option("--wait", "when_held", flag_value="wait", help="Where another wizard is at work: wait until it is done."),
        click.option("--watch", "when_held", flag_value="watch", help="Where another wizard is at work: show what it does."),
        click.option("--take-over", is_flag=True, help="Take the lock from another wizard at work on this server."),
        click.option("--drift", type=click.Choice(["stop", "keep", "restore"]), help="What was changed by hand."),
        click.option("--accessible", is_flag=True, help="Numbered questions and plain lines (or ACCESSIBLE=1)."),
        click.option("--verbose", "-v", is_flag=True, help="Show commands and their output, too."),
        click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout; words on stderr."),
    ]):  # fmt: skip
        command = option(command)
    return command


FRONT = click.option("--front", type=click.Choice(["tui", "plain", "headless"]), help="How to talk to you.")
YES = click.option(
    "--yes", "-y", is_flag=True, help="Ask nothing: defaults where an answer is missing, points of no return agreed to."
)

ADOPT = click.option(
    "--adopt", multiple=True, metavar="THING", help="Take over what is there already, by the name that plan shows: user:deploy."
)  # fmt: skip


@cli.command()
@click.argument("target", required=False, default="", shell_complete=_complete("targets"))
@connection
@ADOPT
@FRONT
@YES
@click.option(
    "--skip-check", "skip_checks", multiple=True, metavar="STEP",
    help="Go on where a check of this step (recipe/step, or recipe) does not pass; it is shown at the end.",
)  # fmt: skip
def setup(yes: bool, front: str | None, **options: Any) -> None:
    """Set up a site on TARGET, or go on with a set-up that stopped. Without TARGET you are asked for it, in a terminal.

    TARGET is user@host[:port], a Host of ~/.ssh/config, or practice:NAME. Running it again resumes, or says that nothing is
    left to do. Passwords, where they are needed: WIZARD_SSH_PASSWORD, WIZARD_SUDO_PASSWORD, WIZARD_KEY_PASSPHRASE.

    \b
    Examples:
      wizard setup root@203.0.113.7 --answers answers.toml
      wizard setup practice:one --answers answers.toml --yes --json
      wizard setup deploy@myserver --until postgres
    """
    chosen = _options(options, yes=yes, front=front)
    if chosen.chosen_front() == "tui":
        _full_screen(chosen, setup=True)
    if not chosen.target and chosen.asks:
        from wizard.fronts.start import setup_somewhere

        setup_somewhere(chosen)
        return
    if not chosen.target:
        raise click.UsageError("Missing argument 'TARGET'. (In a terminal you are asked for it.)")
    _commands().setup(chosen)


@cli.command()
@TARGET
@connection
@ADOPT
def plan(**options: Any) -> None:
    """Show what setup would change on TARGET: commands and differences. Touches nothing.

    \b
    Example:
      wizard plan root@203.0.113.7 --answers answers.toml --verbose
    """
    _commands().plan(_options(options))


@cli.command()
@TARGET
@connection
def status(**options: Any) -> None:
    """Show the checkpoints on TARGET, and what was changed by hand since.

    \b
    Example:
      wizard status deploy@203.0.113.7
    """
    _commands().status(_options(options))


@cli.command()
@TARGET
@connection
def verify(**options: Any) -> None:
    """Prove that everything on TARGET works: every check, read-only.

    \b
    Example:
      wizard verify deploy@203.0.113.7 --answers answers.toml
    """
    _commands().verify(_options(options))


@cli.command()
@TARGET
@connection
@click.option(
    "--to",
    "checkpoint",
    metavar="CHECKPOINT",
    shell_complete=_complete("recipes"),
    help="Undo what came after this checkpoint: a step, a step as an earlier run left it (project/code@1), or all of one (@1).",
)
@click.option("--all", "everything", is_flag=True, help="Undo everything, to the server as it was before.")
@YES
def rollback(checkpoint: str | None, everything: bool, yes: bool, **options: Any) -> None:
    """Go back on TARGET to a checkpoint, or to the very beginning. Data is saved under /var/backups/wizard first.

    \b
    Examples:
      wizard status deploy@203.0.113.7              lists the checkpoints
      wizard rollback deploy@203.0.113.7 --to postgres/database
      wizard rollback deploy@203.0.113.7 --to project/code@1    the first release again
      wizard rollback deploy@203.0.113.7            shows the checkpoints, to choose from
      wizard rollback deploy@203.0.113.7 --all
    """
    chosen = _options(options, yes=yes)
    if (everything and checkpoint) or not (everything or checkpoint or chosen.asks):
        raise UsageError("cannot tell how far to go back", hint="give --to CHECKPOINT or --all")
    _commands().rollback(chosen, checkpoint, everything=everything)


@cli.command()
@click.argument("project", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--recipes", type=click.Path(path_type=Path), multiple=True, help="A folder with recipes of your own.")
def answers(project: Path | None, recipes: tuple[Path, ...]) -> None:
    """Print a commented answers file: every question, its default, and what was found in PROJECT.

    \b
    Example:
      wizard answers ~/src/mysite >answers.toml
    """
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
        click.echo(
            "\nInterrupted. Nothing is lost: run the same command again, and it goes on where it stopped.", err=True
        )
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
