"""What a backend needs of this computer: said in one sentence where it can't be had, installed where it can.

Must not know what the tools are for.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping

from wizard.errors import WizardError
from wizard.practice import cgroup
from wizard.practice.backend import Say, clean_environment, run, still
from wizard.text import text


def has(tool: str) -> bool:
    return shutil.which(tool, path=clean_environment()["PATH"]) is not None


def lacking(tools: Mapping[str, str]) -> str | None:
    """None when this computer can boot servers with those tools (name to package or packages), or one sentence why not."""
    if platform.system() != "Linux":
        return text("practice.tools.practice_servers_need_linux")
    if os.geteuid() != 0:
        return text("practice.tools.practice_servers_need_root", value=shlex.join(["sudo", *sys.argv]))
    packages = _packages(tools)
    if packages and not has("apt-get"):
        return text("practice.tools.practice_servers_need_computer", packages=", ".join(packages))
    probe = ["unshare", "--mount", "--net", "true"]
    if subprocess.run(probe, capture_output=True, check=False, env=clean_environment()).returncode:
        return text("practice.tools.practice_servers_need_namespaces")
    if not cgroup.writable():
        return text("practice.tools.practice_servers_need_control")
    return None


def install(tools: Mapping[str, str], say: Say) -> None:
    """Installs the tools that are missing, saying so. WizardError where that is not possible."""
    if reason := lacking(tools):
        raise WizardError("practice.tools.cannot_boot_practice_servers", details=reason, hint=reason)
    if packages := _packages(tools):
        say(text("practice.tools.installing_computer_practice_servers", packages=" ".join(packages)))
        argv = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", "install"]
        doing = text("practice.tools.install_computer", packages=" ".join(packages))
        with still(say, "installing them"):
            run(["apt-get", "update"], doing=text("practice.tools.update_package_lists_computer"))
            run([*argv, "--yes", "--no-install-recommends", *packages], doing=doing)


def _packages(tools: Mapping[str, str]) -> list[str]:
    return [package for tool, packages in tools.items() if not has(tool) for package in packages.split()]
