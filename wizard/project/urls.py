"""The addresses of a project that can be told from its URL patterns, `include()` followed, as syntax trees.

Only addresses without parameters are told. Must not run anything; must not know dependencies or the server.
Source: docs.djangoproject.com, "URL dispatcher".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from wizard.project.found import Page
from wizard.project.names import keyword, literal, path_of
from wizard.project.settings import Settings
from wizard.project.source import Source

MAX_FILES = 100
MAX_PAGES = 200
MAX_STEPS = 5000  # lists that are made of lists that are made of lists …
MAX_PATTERN = 200
# Applications of others, by the module that is included: what stands in their URL patterns.
KNOWN: dict[str, tuple[tuple[str, str], ...]] = {
    "django.contrib.auth.urls": (("login/", "login"),),
    "allauth.urls": (("login/", "login"),),
    "allauth.account.urls": (("login/", "login"),),
    "registration.backends.default.urls": (("login/", "login"),),
    "django_registration.backends.activation.urls": (),
    "django.conf.urls.i18n": (),
    "rest_framework.urls": (("login/", "login"),),
    "debug_toolbar.urls": (),
    "django_browser_reload.urls": (),
}
ROUTES = {"path": False, "re_path": True, "url": True}


class UrlPatterns:
    """The URL patterns of a project. `pages`: its addresses; `complete`: every pattern was understood; `files`: where
    they stand."""

    def __init__(self, source: Source, settings: Settings, near: str, bases: tuple[str, ...]) -> None:
        """near: the module that the settings lie in, for a project whose ROOT_URLCONF is no literal."""
        self._source, self._settings, self._bases = source, settings, bases
        self._open: list[str] = []  # the files that are being followed, outermost first
        self._steps = 0
        self.files: list[str] = []
        self.complete = True
        self.pages: tuple[Page, ...] = ()
        module = settings.literal("ROOT_URLCONF")
        if module is None:
            self.complete, module = False, f"{near.partition('.')[0]}.urls"
        path = source.find(module, *bases)
        if path is None:
            self.complete = False
            return
        found: dict[str, Page] = {}
        for page in self._module(path, "/"):
            before = found.get(page.address)
            if before is None or before.kind == "page":
                found[page.address] = page
            if len(found) >= MAX_PAGES:
                self.complete = False
                break
        self.pages = tuple(found.values())

    def go_on(self) -> bool:
        """Whether there is still time to look at one more pattern."""
        self._steps += 1
        self.complete &= self._steps <= MAX_STEPS
        return self._steps <= MAX_STEPS

    # Files --------------------------------------------------------------------------------------------------------

    def _module(self, path: str, prefix: str, name: str = "urlpatterns") -> Iterator[Page]:
        """The pages of one file's patterns, below an address."""
        tree = self._source.module(path)
        self.files.append(path)
        if tree is None or path in self._open or len(self.files) > MAX_FILES:
            self.complete = False
            return
        self._open.append(path)
        yield from _File(self, path, tree).patterns_of(name, prefix)
        self._open.pop()

    def included(self, module: str, file: str, level: int, prefix: str) -> Iterator[Page]:
        """The pages of a module named by a text or by an import, seen from `file`."""
        bases = self._bases if not level else (self.folder_of(file, level),)
        if path := self._source.find(module, *bases):
            yield from self._module(path, prefix)
        elif module in KNOWN:
            yield from (Page(prefix + address, kind, file) for address, kind in KNOWN[module])
        else:
            self.complete = False

    def elsewhere(self, module: str, level: int, file: str, name: str, prefix: str) -> Iterator[Page]:
        """The pages of a list of patterns that another file of the project names."""
        bases = self._bases if not level else (self.folder_of(file, level),)
        if path := self._source.find(module or "__init__", *bases):
            yield from self._module(path, prefix, name)
        else:
            self.complete = False

    def is_module(self, module: str, level: int, file: str) -> bool:
        bases = self._bases if not level else (self.folder_of(file, level),)
        return self._source.find(module, *bases) is not None

    @staticmethod
    def folder_of(file: str, level: int) -> str:
        """The folder that a relative import of this level looks in."""
        return "/".join(file.split("/")[:-level]) or "."

    def language_prefix(self, call: ast.Call) -> str:
        """`en/` in front of what i18n_patterns() has; nothing for the default language where it is told so."""
        default = keyword(call, "prefix_default_language")
        if isinstance(default, ast.Constant) and default.value is False:
            return ""
        return (self._settings.literal("LANGUAGE_CODE") or "en-us").lower() + "/"


class _File:
    """One file with URL patterns in it."""

    def __init__(self, urls: UrlPatterns, path: str, tree: ast.Module) -> None:
        self._urls, self._path = urls, path
        self._imports: dict[str, tuple[str, str, int]] = {}  # name: module, what is taken from it, level
        self._values: dict[str, list[ast.expr]] = {}
        self._seen: set[str] = set()
        self._read(tree.body)

    def _read(self, body: list[ast.stmt]) -> None:
        """The names of this file: imports, and the lists that are assigned, added to and extended."""
        for node in body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._imports[alias.asname or alias.name] = (alias.name, "", 0)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._imports[alias.asname or alias.name] = (node.module or "", alias.name, node.level)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._values[path_of(target)] = [node.value]
            elif isinstance(node, ast.AugAssign):
                self._values.setdefault(path_of(node.target), []).append(node.value)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                self._called(node.value)
            elif isinstance(node, ast.If):
                if not re.search(r"\bDEBUG\b", ast.unparse(node.test)):
                    self._read(node.body)
                self._read(node.orelse)
            elif isinstance(node, ast.Try):
                self._read([*node.body, *node.orelse, *node.finalbody])

    def _called(self, call: ast.Call) -> None:
        """`urlpatterns.append(…)`, `.extend([…])` and a router's `.register("notes", …)`."""
        owner, _, method = path_of(call.func).rpartition(".")
        if method in {"append", "insert", "extend"} and call.args:
            value = call.args[-1]
            added: ast.expr = value if method == "extend" else ast.List([value], ast.Load())
            self._values.setdefault(owner, []).append(added)
        elif method == "register" and call.args:
            self._values.setdefault(f"{owner}.register", []).append(call.args[0])

    # Patterns -----------------------------------------------------------------------------------------------------

    def patterns_of(self, name: str, prefix: str) -> Iterator[Page]:
        if name in self._seen:
            return
        if name not in self._values:
            yield from self._imported_patterns(name, prefix)
            return
        self._seen.add(name)
        for value in self._values[name]:
            yield from self._patterns(value, prefix)
        self._seen.discard(name)

    def _imported_patterns(self, name: str, prefix: str) -> Iterator[Page]:
        if name in self._imports:
            module, taken, level = self._imports[name]
            yield from self._urls.elsewhere(module, level, self._path, taken, prefix)
        else:
            self._urls.complete = False

    def _patterns(self, node: ast.expr, prefix: str) -> Iterator[Page]:
        """A list of patterns in any of the ways in which it can be written."""
        if not self._urls.go_on():
            return
        if isinstance(node, ast.List | ast.Tuple):
            for item in node.elts:
                yield from self._pattern(item, prefix)
        elif isinstance(node, ast.BinOp):
            yield from self._patterns(node.left, prefix)
            yield from self._patterns(node.right, prefix)
        elif isinstance(node, ast.Name):
            yield from self.patterns_of(node.id, prefix)
        elif isinstance(node, ast.Attribute) and node.attr in {"urls", "urlpatterns"}:
            yield from self._router(path_of(node.value), prefix)
        elif isinstance(node, ast.Call):
            yield from self._made(node, prefix)
        else:
            self._urls.complete = False

    def _made(self, call: ast.Call, prefix: str) -> Iterator[Page]:
        """A list of patterns that a function makes."""
        name = path_of(call.func).rpartition(".")[2]
        if name == "i18n_patterns":
            below = prefix + self._urls.language_prefix(call)
            for item in call.args:
                yield from self._pattern(item, below)
        elif name in {"patterns", "format_suffix_patterns", "list", "tuple", "decorator_include"} and call.args:
            items = call.args[1:] if name == "patterns" else call.args[:1]
            for item in items:
                yield from self._pattern(item, prefix) if name == "patterns" else self._patterns(item, prefix)
        elif name not in {"static", "staticfiles_urlpatterns"}:  # those two serve files, and only with DEBUG
            self._urls.complete = False

    def _pattern(self, node: ast.expr, prefix: str) -> Iterator[Page]:
        if not self._urls.go_on():
            return
        if isinstance(node, ast.Starred):
            yield from self._patterns(node.value, prefix)
            return
        name = path_of(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""
        if not isinstance(node, ast.Call) or name not in ROUTES:
            self._urls.complete = False
            return
        route = node.args[0] if node.args else keyword(node, "route", "regex")
        view = node.args[1] if len(node.args) > 1 else keyword(node, "view")
        while isinstance(route, ast.Call) and route.args:  # a translated address: _("shop/")
            route = route.args[0]
        text = literal(route)
        if text is None or view is None:
            self._urls.complete = False
            return
        included = path_of(view.func).rpartition(".")[2] == "include" if isinstance(view, ast.Call) else False
        address = _of_regex(text, included=included) if ROUTES[name] else _of_route(text)
        if address is not None:
            yield from self._view(view, prefix + address, node)

    def _view(self, view: ast.expr, address: str, pattern: ast.Call) -> Iterator[Page]:
        path = path_of(view.func if isinstance(view, ast.Call) else view)
        where = f"{self._path}:{pattern.lineno}"
        if path.rpartition(".")[2] == "include" and isinstance(view, ast.Call):
            argument = view.args[0] if view.args else keyword(view, "arg")
            if argument is not None:
                yield from self._include(argument, address, where)
        elif path.endswith(".urls") and isinstance(view, ast.Attribute):
            yield from self._site(path, address, where)
        else:
            name = literal(keyword(pattern, "name")) or ""
            login = re.search(r"\b(LoginView|login_view|login|obtain_auth_token)\b", path) or name in {
                "login",
                "signin",
            }
            kind = "login" if login else "page"
            yield Page(address, "front" if address == "/" and kind == "page" else kind, where)

    def _site(self, path: str, address: str, where: str) -> Iterator[Page]:
        """Only an admin site's `urls` can stand without include()."""
        if re.search(r"admin|\bsite\b", path, re.I):
            yield Page(address, "admin", where)
        else:
            self._urls.complete = False

    def _include(self, argument: ast.expr, prefix: str, where: str) -> Iterator[Page]:
        if isinstance(argument, ast.Tuple) and argument.elts:  # (patterns, app_name)
            argument = argument.elts[0]
        path, text = path_of(argument), literal(argument)
        if text is not None and isinstance(argument, ast.Constant):
            yield from self._urls.included(text, self._path, 0, prefix)
        elif path.endswith("site.urls"):
            yield Page(prefix, "admin", where)
        elif path in self._imports and path not in self._values:
            module, taken, level = self._imports[path]
            yield from self._included_name(module, taken, level, prefix)
        else:
            yield from self._patterns(argument, prefix)

    def _included_name(self, module: str, taken: str, level: int, prefix: str) -> Iterator[Page]:
        """`include(urls)`, where `urls` is an imported module, or a list of patterns in one."""
        whole = ".".join(part for part in (module, taken) if part)
        if taken and not self._urls.is_module(whole, level, self._path) and whole not in KNOWN:
            yield from self._urls.elsewhere(module, level, self._path, taken, prefix)
        else:
            yield from self._urls.included(whole, self._path, level, prefix)

    def _router(self, name: str, prefix: str) -> Iterator[Page]:
        """A router of Django REST framework: its root, and the lists that are registered."""
        made = self._values.get(name, [])
        classes = {path_of(value.func).rpartition(".")[2] for value in made if isinstance(value, ast.Call)}
        if "DefaultRouter" in classes:
            yield Page(prefix, "front" if prefix == "/" else "page", self._path)
        for value in self._values.get(f"{name}.register", []):
            if (text := literal(value)) and (address := _of_regex(text, included=True)):
                yield Page(f"{prefix}{address}/", "page", f"{self._path}:{value.lineno}")
        if not classes & {"DefaultRouter", "SimpleRouter"}:
            self._urls.complete = False


def _of_route(route: str) -> str | None:
    """The address of a path(); None where a part of it can be anything."""
    return None if "<" in route else _clean(route)


def _of_regex(pattern: str, *, included: bool) -> str | None:
    """The shortest address that a simple regular expression matches; None where that cannot be told."""
    if len(pattern) > MAX_PATTERN:
        return None
    text = pattern.removeprefix("^")
    if not included and not text.removesuffix("$").endswith("/") and _anything(text):
        return ""
    text = text.removesuffix("$").replace(r"\Z", "")
    text = re.sub(r"/\?$", "/", text)
    text = re.sub(r"\\([-./_])", r"\1", text) if not re.search(r"\\[A-Za-z0-9]", text) else text
    plain = re.fullmatch(r"[\w/.~-]*", text)
    return _clean(text) if plain else None


def _anything(text: str) -> bool:
    """A page for whatever is asked, as sites with a JavaScript front have it: `.*`, `(?P<path>.*)$`, `(?:.*)/?$`."""
    return re.fullmatch(r"(\((\?:|\?P<\w+>)?)?\.\*\)?(/\?)?\$?", text) is not None


def _clean(address: str) -> str | None:
    return address.lstrip("/") if re.fullmatch(r"[\w/.~@+-]*", address) else None
