"""Redis for the site's cache, sessions and waiting tasks, reachable from this server only."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.api import (
    Answers,
    Check,
    Found,
    Operation,
    PythonPackages,
    Question,
    Recipe,
    Secret,
    Variables,
    daemon_reload,
    data_directory,
    directory,
    file,
    one_redis,
    packages,
    port_closed,
    redis_answers,
    restart,
    service,
)


def asked_for(found: Found | None) -> bool:
    return found is not None and found.redis is not None


recipe = Recipe("redis", role="broker", needs=["hardening"], fits=asked_for)

HOST, PORT = "127.0.0.1", 6379
UNIT = "redis-server.service"
CONFIGURATION, DATA = "/etc/redis/wizard.conf", "/var/lib/redis/wizard"
DROP_IN = f"/etc/systemd/system/{UNIT}.d"

memory_mb = recipe.ask(
    Question("memory_mb", int, lambda a: max(64, min(a.server.memory_mb // 8, 1024)), minimum=16, maximum=1_000_000)
)


def with_password(a: Answers) -> bool:
    """Whether a password can be asked for: not where the project's code has the address, or nothing in it reads one."""
    return a.found is None or a.found.redis is None or a.found.redis.written is None


def password(a: Answers) -> str:
    return a.secret("redis_password").reveal() if with_password(a) else ""


def url(a: Answers, scheme: str = "redis", database: str = "0") -> str:
    login = f":{password(a)}@" if with_password(a) else ""
    return f"{scheme}://{login}{HOST}:{PORT}" + (f"/{database}" if database else "")


def where_it_is(a: Answers) -> Variables:
    """Every variable of the project that says where Redis is."""
    values: dict[str, str | Secret] = {}
    for one in a.found.redis.variables if a.found and a.found.redis else ():
        match one.part:
            case "url":
                values[one.name] = Secret(url(a, one.scheme, one.database))
            case "address":
                values[one.name] = f"{HOST}:{PORT}"
            case "host":
                values[one.name] = HOST
            case "port":
                values[one.name] = str(PORT)
            case "password":
                values[one.name] = Secret(password(a))
            case "database":
                values[one.name] = one.database or "0"
    return Variables(values)


def client(a: Answers) -> PythonPackages:
    """Redis's Python client, where the project does not name it."""
    missing = a.found.redis.package if a.found and a.found.redis else None
    return PythonPackages((missing,) if missing else (), imports=("redis",))


def answers_this_server_only(a: Answers) -> Iterator[Check]:
    yield redis_answers(HOST, PORT, "redis_password" if with_password(a) else None, set_in=CONFIGURATION)
    yield port_closed(PORT, "Redis")


@recipe.step("install")
def install(a: Answers) -> Iterator[Operation]:
    yield one_redis(packages="redis-server")
    yield packages("redis-server")


@recipe.step("server", check=answers_this_server_only)
def server(a: Answers) -> Iterator[Operation]:
    text = recipe.template("wizard.conf", a, host=HOST, port=PORT, data=DATA, password=password(a))
    if with_password(a):
        yield a.keep("redis_password")
    yield data_directory(DATA, owner="redis", mode=0o750)
    yield file(CONFIGURATION, Secret(text), mode=0o640, group="redis", notify=restart(UNIT))
    yield directory(DROP_IN)
    unit = recipe.template("redis-server.service", a, configuration=CONFIGURATION)
    yield file(f"{DROP_IN}/wizard.conf", unit, notify=f"{daemon_reload}\n{restart(UNIT)}")
    yield service(UNIT)


recipe.output("title", lambda a: "Redis")
recipe.output("units", lambda a: (UNIT,))
recipe.output("host", lambda a: HOST)
recipe.output("port", lambda a: PORT)
recipe.output("url", url)
recipe.contribute(Variables, where_it_is)
recipe.contribute(PythonPackages, client)
