"""The set-up wizard: from a bare Linux server to a hardened, running, verified Django site."""

__version__ = "0.1.0"
