"""A Python virtual environment beside a release's code, made of its dependency file.

Debian's own Python is only used to make it: PEP 668 keeps pip out of the system. Must not know Django or an app server.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any, ClassVar

from wizard.operations.base import Operation, State
from wizard.operations.quoting import heredoc, sh
from wizard.operations.user import run_as
from wizard.project import listed

ABSENT = "absent"
NOT_THERE = (ABSENT, "unfinished")
MARK = ".made-of"  # written last, so that an environment without it is unfinished


@dataclass(frozen=True)
class VirtualenvState(State):
    """made_of: the hash of what it was made of, "absent" or "unfinished"; inputs: the hash of what is there now.

    `inputs` follows from the code and is not journalled.
    """

    made_of: str = ABSENT
    inputs: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"made_of": self.made_of}


@dataclass(frozen=True)
class Virtualenv(Operation):
    """The environment `directory`/.venv with what `requirements` names and `extra` packages, readable by `group`.

    requirements: requirements.txt, pyproject.toml or uv.lock by name or path within `directory`; "" for none.
    replaced: requirements (psycopg2==2.9.5) that take the place of what that file says of these packages.
    imports and programs prove that it works, as the user `user`. notify runs where one that was in use has been replaced.
    """

    kind: ClassVar[str] = "virtualenv"
    long: ClassVar[bool] = True
    state = VirtualenvState
    directory: str
    requirements: str
    user: str
    extra: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    notify: str = ""
    replaced: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for one in self.replaced:
            if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", _name(one)):  # it stands in a script of sed
                raise ValueError(f"no name of a package: {one!r}")

    @property
    def identity(self) -> str:
        return f"{self.directory}/.venv"

    def _inputs(self) -> str:
        """Shell text that prints the hash of all that decides what is installed."""
        extra = "\n".join([*self.extra, *(f"instead: {one}" for one in self.replaced)])
        lock = posixpath.join(posixpath.dirname(self.requirements), "poetry.lock")
        # nested files (-r base.txt) and a lock's pyproject.toml count too; a release's own code does not change
        return (
            "{ python3 --version; "
            f"printf '%s\\n' {sh(self.requirements)} {sh(extra)}; "
            f"cd {sh(self.directory)} && head -qc 1M {sh(self.requirements) if self.requirements else ''} "
            f"./*requirements*.txt requirements/*.txt pyproject.toml {sh(lock)} </dev/null; }} 2>/dev/null | sha256sum | cut -c1-16"
        )

    def observe(self) -> str:
        venv = sh(self.identity)
        return (
            # while it is being made, the site's user can write in it: a mark that isn't root's is none
            f"if [ -s {venv}/{MARK} ] && [ -O {venv}/{MARK} ] && [ ! -L {venv}/{MARK} ]; then cat {venv}/{MARK}; "
            f"elif [ -e {venv} ]; then echo unfinished; else echo {ABSENT}; fi\n{self._inputs()}"
        )

    def parse(self, text: str) -> VirtualenvState:
        made_of, inputs = text.split()
        return VirtualenvState(made_of, inputs)

    def by_hand(self, found: VirtualenvState) -> bool:
        return found.made_of in NOT_THERE  # a mark that root wrote, of another release: one that is here once more

    def wanted(self, found: VirtualenvState) -> VirtualenvState:
        return replace(found, made_of=found.inputs)

    def apply(self, before: VirtualenvState, after: VirtualenvState) -> str:
        if after.made_of in NOT_THERE:
            return f"rm -rf {sh(self.identity)}"
        notify = self.notify or ":"
        return (
            f"cd -P {sh(self.directory)}\n"
            f'old="$change/venv"\n'
            f'if [ "$(cat "$old/{MARK}" 2>/dev/null)" = {sh(after.made_of)} ]; then\n'
            f'rm -rf .venv; mv -T "$old" .venv\n{notify}\n'
            "else\n"
            f'if [ -s .venv/{MARK} ] && [ ! -e "$old" ]; then mv -T .venv "$old"; fi\n'
            f"{self._build()}\n"
            f'if [ -e "$old" ]; then {notify}; fi\n'
            "fi"
        )

    def _build(self) -> str:
        user = sh(self.user)
        lines = [
            # in the release's own folder: programs in an environment name its place, which must survive the next release
            f"umask 027; rm -rf .venv; install -d -m 0750 -o {user} -g {user} .venv",
            "# as the site's user: building a package runs a program of whoever published it",
            f"{run_as(self.user)} sh -e {heredoc(self._install())}",
            f"chown -hR root:{user} .venv",
            CLOSED,
            "sync -f .venv; rm -f .venv/.new",
            f"{{ {self._inputs()}; }} >.venv/.new; sync .venv/.new; mv .venv/.new .venv/{MARK}",
        ]
        return "\n".join(lines)

    def _install(self) -> str:
        lines = [
            "{",
            "# its home, and pip's cache unless this server's pip.conf names a place for it, go when it is done",
            'export HOME="$PWD/.venv/.build"; export XDG_CACHE_HOME="$HOME/cache"; mkdir "$HOME"',
            "export PIP_NO_INPUT=1 PIP_PROGRESS_BAR=off PIP_DISABLE_PIP_VERSION_CHECK=1",
            'python3 -m venv "$PWD/.venv"',
        ]
        lines += self._install_listed() if self.requirements else []
        if self.extra:
            lines.append(".venv/bin/pip install -- " + " ".join(map(sh, self.extra)))
        lines += ['rm -rf "$HOME"; chmod -R u=rwX,g=rX,o= .venv', "} </dev/null"]
        return "\n".join(lines)

    def _install_listed(self) -> list[str]:
        """The lines that install what the project's own file names."""
        folder, _, name = self.requirements.rpartition("/")
        exported, options, lines = '"$HOME/requirements.txt"', "", []
        if name == "uv.lock":
            lines.append(EXPORT_LOCK.format(folder=sh(folder or ".")))
        elif name == "pyproject.toml":
            lines.append(EXPORT_PYPROJECT.format(path=sh(self.requirements)))
            options = ' --constraint "$HOME/constraints.txt"'
        elif name in listed.FILES:
            lines.append(EXPORT_LISTED.format(path=sh(self.requirements), program=_program("listed")))
        else:
            exported = sh(self.requirements)
        if name in COMPLETE:
            options += " --no-deps"
        if self.replaced:
            names = " ".join(sh(_name(one)) for one in self.replaced)
            words = {"path": exported, "names": names, "program": _program("flattened")}
            lines.append(REPLACE.format(**words, requirements=" ".join(map(sh, self.replaced))))
            exported = '"$HOME/flattened.txt"'
        return [*lines, f".venv/bin/pip install{options} --requirement {exported}"]

    def verify(self, after: VirtualenvState) -> str:
        venv = self.identity
        if after.made_of in NOT_THERE:
            return f"[ ! -e {sh(venv)} ]"
        as_site = run_as(self.user)
        lines = [f"[ -s {sh(venv)}/{MARK} ]", "cd /"]
        if self.imports:
            lines.append(f"{as_site} {sh(venv)}/bin/python -c {sh('import ' + ', '.join(self.imports))}")
        lines += [f"{as_site} {sh(f'{venv}/bin/{program}')} --version >/dev/null" for program in self.programs]
        return "\n".join(lines)


# What the build left running could still write where it has opened the door to its group.
CLOSED = """\
if [ -n "$(find .venv ! -type l '(' ! -user root -o -perm /027 ')' -print -quit)" ]; then
    say operations.virtualenv.changed >&2; exit 1
fi"""

# What pip does not read itself, but whose packages it can be told.
EXPORT_LISTED = """\
python3 - {path} >"$HOME/requirements.txt" <<'PYTHON'
{program}
PYTHON"""

# uv does not read pip's configuration, and this server may reach nothing but an index of its own: so uv only translates
# its lock file, with the hashes in it, and pip fetches.
EXPORT_LOCK = """\
python3 -m venv "$HOME/uv"
"$HOME/uv/bin/pip" install --quiet uv
options=
if grep -q 'source = {{ git' {folder}/uv.lock; then options=--no-hashes; fi # pip cannot check a hash of a git repository
"$HOME/uv/bin/uv" --no-cache --no-python-downloads export --quiet --project {folder} --python python3 --frozen --no-dev \\
    --no-emit-project --format requirements-txt $options --output-file "$HOME/requirements.txt\""""

# The dependencies only: a site's code runs from its folder, and many a project's pyproject.toml cannot be built. What only
# Poetry can read (^4.2, ~5.2, its own extras and markers) its own library translates; with a lock, pip keeps to its releases.
EXPORT_PYPROJECT = """\
kind=0; python3 - {path} >"$HOME/requirements.txt" <<'PYTHON' || kind=$?
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    data = tomllib.load(file)
named = data.get("project", {{}}).get("dependencies")
if named is None and "dependencies" in data.get("tool", {{}}).get("poetry", {{}}):
    sys.exit(3)
if named is None:
    sys.exit(f"{{sys.argv[1]}} names no packages: neither under [project] nor under [tool.poetry.dependencies]")
print(*named, sep="\\n")
PYTHON
: >"$HOME/constraints.txt"
case $kind in
0) ;;
3)
    python3 -m venv "$HOME/poetry"
    "$HOME/poetry/bin/pip" install --quiet 'poetry-core>=1.9,<3'
    "$HOME/poetry/bin/python" - {path} "$HOME" <<'PYTHON'
import sys, tomllib
from collections import Counter
from pathlib import Path
from poetry.core.factory import Factory

folder, home = Path(sys.argv[1]).resolve().parent, Path(sys.argv[2])
wanted = [one for one in Factory().create_poetry(folder).package.requires if not one.is_optional()]
(home / "requirements.txt").write_text("".join(one.to_pep_508() + "\\n" for one in wanted))
lock = folder / "poetry.lock"
locked = tomllib.loads(lock.read_text(encoding="utf-8")).get("package", []) if lock.is_file() else []
times = Counter(one["name"] for one in locked)  # one that is there twice depends on the platform
fixed = [one for one in locked if "source" not in one and times[one["name"]] == 1]
(home / "constraints.txt").write_text("".join(f"{{one['name']}}=={{one['version']}}\\n" for one in fixed))
PYTHON
    ;;
*) exit "$kind" ;;
esac"""

# What was pinned to a release that does not work with this Python.
REPLACE = """\
python3 - {path} {names} >"$HOME/flattened.txt" <<'PYTHON'
{program}
PYTHON
printf '%s\\n' {requirements} >>"$HOME/flattened.txt"
if [ -e "$HOME/constraints.txt" ]; then
    for name in {names}; do sed -i "/^$name==/d" "$HOME/constraints.txt"; done
fi"""

# Each names all that is to be installed: pipenv and uv do not look for more either, so that what does not go together on paper
# (a lock that was edited by a machine) is installed as it is written.
COMPLETE = ("Pipfile.lock", "uv.lock")


def _program(name: str) -> str:
    return resources.files("wizard.project").joinpath(f"{name}.py").read_text(encoding="utf-8")


def _name(requirement: str) -> str:
    """The package's name, as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[=<>!~ ]", requirement)[0]).lower()


def virtualenv(
    directory: str,
    requirements: str,
    *,
    user: str,
    extra: tuple[str, ...] = (),
    imports: tuple[str, ...] = (),
    programs: tuple[str, ...] = (),
    notify: str = "",
    replaced: tuple[str, ...] = (),
) -> Virtualenv:
    """The environment `directory`/.venv with these dependencies; see Virtualenv."""
    return Virtualenv(directory, requirements, user, extra, imports, programs, notify, replaced)
