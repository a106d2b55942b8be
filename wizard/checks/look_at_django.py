# mypy: ignore-errors
# ruff: noqa: PTH109, PTH119, PTH123, UP031
# ruff: noqa: F821
# Runs on the server, never here: in the site's own sandbox, by its own Python, as the app server would be started. It loads
# the site as that does (load, defined above by its recipe) and compares what Django has with what is wanted (WANTED, set
# above). Prints no secret.
import ast
import json
import os
import re
import sys

WANTED = json.loads(globals().get("WANTED", "{}"))


def where(setting):
    """The file and line that set it last: of a module that has this very value, the one of the project first."""
    from django.conf import settings

    value, found = getattr(settings, setting, None), ""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None) or ""
        if name == "__main__" or "site-packages" in path or not path.endswith(".py"):
            continue
        if vars(module).get(setting, where) is not value:
            continue
        line = last_line(path, setting)
        if line and (not found or path.startswith(os.getcwd())):
            found = "%s:%d" % (os.path.relpath(path) if path.startswith(os.getcwd()) else path, line)
    return " (%s)" % found if found else ""


def last_line(path, setting):
    lines = [0]
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for node in ast.walk(ast.parse(file.read())):
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                if isinstance(node, (ast.Assign, ast.AnnAssign)):
                    lines += [node.lineno for t in targets if isinstance(t, ast.Name) and t.id == setting]
    except (OSError, SyntaxError, ValueError):
        pass
    return max(lines)


def assigned_by():
    """Where the project puts other settings in place of those that the variables of this server name."""
    if os.environ.get("DJANGO_SETTINGS_MODULE") == STARTED_WITH:
        return ""
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None) or ""
        if not path.startswith(os.getcwd()) or "site-packages" in path or not path.endswith(".py"):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            for number, text in enumerate(file, 1):
                if re.search(r"""^[^#]*environ\[["']DJANGO_SETTINGS_MODULE["']\]\s*=""", text):
                    return "%s:%d" % (os.path.relpath(path), number)
    return "?"


def problems():
    from django.conf import settings
    from django.db import connection
    from django.http.request import validate_host

    other = assigned_by()
    if STARTED_WITH not in (None, settings.SETTINGS_MODULE):
        code = "assigned" if other else "other"
        yield said(code, runs=settings.SETTINGS_MODULE, manage=STARTED_WITH, place=other, named=named())
    if settings.DEBUG:
        yield said("debug", where=where("DEBUG"))
    database = (connection.vendor, os.path.basename(str(connection.settings_dict["NAME"])))
    ours = database == (WANTED["vendor"], WANTED["database"]) or (not WANTED["database"] and database[0] != "sqlite")
    if not ours and database[0] != "unknown":  # a site may have none at all
        wanted = ("%s %s" % (WANTED["vendor"], WANTED["database"])).strip()
        yield said("database", vendor=database[0], name=database[1], wanted=wanted, where=where("DATABASES"))
    key = settings.SECRET_KEY
    key = key.decode(errors="replace") if isinstance(key, bytes) else str(key)
    if key not in os.environ.values():
        yield said("key", where=where("SECRET_KEY"))
    hosts = [str(host) for host in settings.ALLOWED_HOSTS]
    if "*" in hosts:
        yield said("all_hosts", host=WANTED["host"], where=where("ALLOWED_HOSTS"))
    elif not validate_host(WANTED["host"], hosts):
        yield said("hosts", hosts=hosts[:9], host=WANTED["host"], where=where("ALLOWED_HOSTS"))


def named():
    return os.environ["DJANGO_SETTINGS_MODULE"]


def said(code, **fields):
    """A code and its fields, for which the client has the words (text.py)."""
    values = (("%s=%s" % (name, re.sub(r"[^\x20-\x7e\xa0-\uffff]", "?", str(v))[:400])) for name, v in fields.items())
    return "\t".join(("::checks.settings." + code, *values))


STARTED_WITH = os.environ.get("DJANGO_SETTINGS_MODULE")
if WANTED:
    load()
    from django.conf import settings

    found = list(problems())
    from django.db import connection

    fine = [said("fine", settings=settings.SETTINGS_MODULE, vendor=connection.vendor)]
    other = assigned_by()
    fine += [said("unused", place=other, named=named())] if other else []
    sys.stdout.flush()
    print("\nlooked: " + "\t".join(found or fine), flush=True)
    os._exit(1 if found else 0)  # threads of the site must not keep it
