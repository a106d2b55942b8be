"""Lines for [Service] that shut a service of the site in. Text only; must not know which program the service starts."""

from __future__ import annotations

# systemd.exec(5), "Sandboxing" and "System call filtering"
SHUT_IN = """\
# What it may write, beside its own temporary files. Everything else is read-only or not there at all.
ProtectSystem=strict
ReadWritePaths={paths}
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
PrivateIPC=true
PrivateUsers=true
# uploads must be readable for the web server, which is another user
UMask=0022

# It needs no rights of the system, and gets none.
NoNewPrivileges=true
CapabilityBoundingSet=
AmbientCapabilities=
RestrictSUIDSGID=true
RemoveIPC=true
LockPersonality=true
RestrictRealtime=true
RestrictNamespaces=true
MemoryDenyWriteExecute=true
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

# It does not see the rest of the machine.
ProtectProc=invisible
ProcSubset=pid
ProtectClock=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectControlGroups=true
# the database, mail servers and other services on the network; no raw packets
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
"""


def shut_in(*paths: str) -> str:
    """The lines for a service that may write below these paths, and its own temporary files."""
    return SHUT_IN.format(paths=" ".join(paths))
