"""How a project gets at Redis: the variables that say where it is, or the address that stands in its code.

Reads settings only. Must not know the server or the recipes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from wizard.project import dependencies as deps
from wizard.project.found import Celery, EnvName, Problem, Redis, RedisVariable
from wizard.project.names import literal, path_of
from wizard.project.settings import Settings

ROLE = "broker"
LOCAL = {"localhost", "127.0.0.1", "::1", ""}
# Celery takes these variables before what the settings say: celery.app.utils.Settings
CELERY = {"CELERY_BROKER_URL": "CELERY_BROKER_URL", "BROKER_URL": "CELERY_BROKER_URL",
          "CELERY_RESULT_BACKEND": "CELERY_RESULT_BACKEND"}  # fmt: skip
SETTINGS = ("CACHES", *CELERY, "CHANNEL_LAYERS", "RQ_QUEUES", "HUEY", "Q_CLUSTER", "REDIS_URL", "REDIS_HOST")
PARTS = {"redis_host": "host", "redis_port": "port", "redis_password": "password", "redis_database": "database"}
URLS = ("cache_url", "broker_url", "results_url", "channels_url", "redis_url")
CLIENTS = {"redis", "django-redis", "channels-redis", "django-rq", "rq", "django-redis-cache"}
# The database where a default names none: a cache is emptied as a whole, and must not take the queue along.
DATABASES = {"broker_url": "0", "cache_url": "1", "channels_url": "2", "results_url": "3", "redis_url": "0"}


@dataclass(frozen=True)
class _Address:
    """An address that stands in the code, with the host that it names."""

    host: str
    database: str = ""
    password: bool = False


def redis_use(
    settings: Settings, env_names: tuple[EnvName, ...], celery: Celery | None, packages: deps.Packages
) -> tuple[Redis | None, list[Problem]]:
    """How it gets at Redis, None where it does without or where the set-up cannot give it; and what must be said of that."""
    client = bool(CLIENTS & set(packages.specifiers)) or "redis" in packages.extras.get("celery", ())
    look = _Look(settings, env_names, client)
    variables = {name.name: _variable(name) for name in env_names if look.is_redis(name)}
    problems: list[Problem] = []
    written: list[tuple[str, str, int]] = []
    used: list[tuple[str, str, int]] = []
    for setting in SETTINGS:
        value = settings.values.get(setting)
        if value is None or not look.asks(setting):
            continue
        place = (setting, value.path, value.line)
        addresses = list(look.addresses(setting))
        away = [one for one in addresses if one.host not in LOCAL or one.password]
        if setting in CELERY and celery is not None:
            if addresses:
                name = CELERY[setting]
                variables.setdefault(name, RedisVariable(name, "url", database=addresses[0].database or "0"))
        elif away:
            problems.append(Problem("needs_redis", value.path, value.line, setting, away[0].host or "?"))
            continue
        elif addresses or not look.variables(setting):
            written.append(place)
        used.append(place)
    if celery is not None and celery.broker == "redis" and not any(place[0] in CELERY for place in used):
        file, _, line = celery.where.rpartition(":")
        used.append(("broker", file, int(line)))
        variables.setdefault("CELERY_BROKER_URL", RedisVariable("CELERY_BROKER_URL", "url", database="0"))
    parts = {one.part for one in variables.values()}
    if "password" not in parts and ({"address", "host"} & parts or (parts and "url" not in parts)):
        written += used[:1]  # nothing of the project asks for a password
    if not used:
        return None, problems
    problems += [Problem("uses_redis", file, line, setting) for setting, file, line in used[:1]]
    problems += [Problem("redis_without_password", file, line, setting) for setting, file, line in written[:1]]
    place_written = f"{written[0][1]}:{written[0][2]}" if written else None
    named = "celery[redis]" if celery is not None and celery.broker == "redis" else "redis"
    return Redis(tuple(variables.values()), place_written, None if client else named), problems


def given(env_names: tuple[EnvName, ...], redis: Redis | None) -> tuple[EnvName, ...]:
    """The variables, with the role whose recipe gives those of Redis a value."""
    ours = {one.name for one in redis.variables} if redis else set()
    return tuple(replace(name, role=ROLE) if name.name in ours else name for name in env_names)


def _variable(name: EnvName) -> RedisVariable:
    default = name.default or ""
    if part := PARTS.get(name.purpose or ""):
        return RedisVariable(name.name, part, database=default if part == "database" else "")
    if re.fullmatch(r"[\w.-]+:\d+", default):
        return RedisVariable(name.name, "address")
    parts = urlsplit(default) if "://" in default else None
    # redis over TLS and over a socket are not what is set up
    scheme = re.sub(r"^(rediss|unix|redis\+socket)$", "redis", parts.scheme) if parts else "redis"
    database = parts.path.strip("/") if parts else DATABASES.get(name.purpose or "", "0")
    return RedisVariable(name.name, "url", scheme, database)


class _Look:
    def __init__(self, settings: Settings, env_names: tuple[EnvName, ...], client: bool) -> None:
        self.settings, self.client = settings, client
        self.names = {name.name: name for name in env_names}

    def is_redis(self, name: EnvName) -> bool:
        """Whether a variable says where Redis is: by its default, its name, or the setting that it ends in."""
        default = name.default or ""
        if name.purpose in PARTS:
            return True
        if name.purpose not in URLS:
            return False
        if "://" in default:
            return bool(re.match(r"redis|unix", default))
        if name.purpose == "redis_url" or "REDIS" in name.name.upper():
            return True
        if name.purpose == "cache_url":
            return self.client or self._mentions("CACHES")
        if name.purpose == "channels_url":
            return self._mentions("CHANNEL_LAYERS")
        return self.client

    def asks(self, setting: str) -> bool:
        """Whether a setting has to do with Redis."""
        if setting in ("RQ_QUEUES", "REDIS_URL", "REDIS_HOST"):
            return True
        return self._mentions(setting) or any(map(self.is_redis, self.variables(setting)))

    def _mentions(self, setting: str) -> bool:
        parts = [
            part for name in self.settings.names_behind(setting) if name in self.settings.values
            for part in self.settings.values[name].parts
        ]  # fmt: skip
        return any("redis" in ast.unparse(part).lower() for part in parts)

    def variables(self, setting: str) -> list[EnvName]:
        """The variables that a setting is made of."""
        seen: set[str] = set()
        for part in self.settings.values[setting].parts if setting in self.settings.values else ():
            for _, node in self._walk(part, set()):
                if name := self._read(node):
                    seen.add(name)
        return [self.names[name] for name in sorted(seen)]

    def addresses(self, setting: str) -> Iterator[_Address]:
        """The addresses that stand in the code for it; not the defaults of variables."""
        for part in self.settings.values[setting].parts:
            for key, node in self._walk(part, set()):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    if re.match(r"(redis\w*|unix)://", node.value):
                        yield _written(node.value)
                    elif (key or setting).upper() in ("HOST", "REDIS_HOST"):
                        yield _Address(node.value)
                elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and (literal(node.elts[1]) or "").isdecimal():
                    yield _Address(literal(node.elts[0]) or "")

    def _walk(self, node: ast.AST, seen: set[str], key: str | None = None) -> Iterator[tuple[str | None, ast.AST]]:
        """Each part of a value with the dict key that it is under, through names of other settings; nothing of how a variable
        is read."""
        yield key, node
        if self._read(node):
            return
        if isinstance(node, ast.JoinedStr):  # "redis://" and what follows are no address by themselves
            yield from (pair for part in node.values if isinstance(part, ast.FormattedValue)
                        for pair in self._walk(part.value, seen, key))  # fmt: skip
        elif isinstance(node, ast.Name) and node.id in self.settings.values and node.id not in seen:
            seen.add(node.id)
            for part in self.settings.values[node.id].parts:
                yield from self._walk(part, seen, node.id)
        elif isinstance(node, ast.Dict):
            for name, value in zip(node.keys, node.values, strict=True):
                yield from self._walk(value, seen, literal(name) if name else key)
        elif isinstance(node, ast.BoolOp) and any(map(self._read, node.values)):  # X or default
            yield from ((key, value) for value in node.values if self._read(value))
        else:
            for child in ast.iter_child_nodes(node):
                yield from self._walk(child, seen, key)

    def _read(self, node: ast.AST) -> str | None:
        """The variable that this expression reads."""
        if isinstance(node, ast.Subscript):
            name = literal(node.slice)
        elif isinstance(node, ast.Call):
            name = literal(node.args[0]) if node.args else None
            if name is None and path_of(node.func).rpartition(".")[2] in {"cache", "cache_url"}:
                name = "CACHE_URL"
        else:
            return None
        return name if name in self.names else None


def _written(text: str) -> _Address:
    try:
        parts = urlsplit(text)
        host = "" if parts.scheme == "unix" else parts.hostname or ""
        usual = parts.port in (6379, None) and parts.scheme not in ("unix", "rediss")
    except ValueError:
        return _Address(text)
    return _Address(host if usual else parts.netloc or text, parts.path.strip("/"), bool(parts.password))
