"""Site: names and paths of a project on the server. The only place that knows them.

Pure text, nothing is looked up. Must not know which recipe makes what is there.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    """Where everything of the site `name` is. All paths are absolute and on the server.

    The name is that of the site's user and group, its units and its folders: lower-case letters, digits and "-".
    """

    name: str

    # -- the code and what it makes -----------------------------------------------------------------------------------

    @property
    def root(self) -> str:
        """The folder of everything that the site's user may read."""
        return f"/srv/{self.name}"

    @property
    def releases(self) -> str:
        """A folder for each release of the code."""
        return f"{self.root}/releases"

    @property
    def current(self) -> str:
        """The link to the release that is live."""
        return f"{self.root}/current"

    @property
    def next(self) -> str:
        """The link to the newest release, which goes live when it has answered."""
        return f"{self.root}/next"

    @property
    def shared(self) -> str:
        """What outlives a release."""
        return f"{self.root}/shared"

    @property
    def static(self) -> str:
        """The collected static files (STATIC_ROOT)."""
        return f"{self.shared}/static"

    @property
    def media(self) -> str:
        """What visitors upload (MEDIA_ROOT)."""
        return f"{self.shared}/media"

    @property
    def written(self) -> str:
        """What the code writes beside itself (logs, data): links lead here from each release."""
        return f"{self.shared}/written"

    # -- its configuration ---------------------------------------------------------------------------------------------

    @property
    def config(self) -> str:
        """The folder of its configuration, which belongs to root."""
        return f"/etc/{self.name}"

    @property
    def env_file(self) -> str:
        """Its variables, for systemd's EnvironmentFile=. Holds secrets: for root alone."""
        return f"{self.config}/env"

    @property
    def python(self) -> str:
        """Python modules of this server: settings and an entry point in front of the project's own."""
        return f"{self.config}/python"

    @property
    def deploy_key(self) -> str:
        """The SSH key that may fetch the code."""
        return f"{self.config}/deploy_key"

    # -- its service ---------------------------------------------------------------------------------------------------

    @property
    def user(self) -> str:
        """The account without a login that the site runs as; its group has the same name."""
        return self.name

    @property
    def unit(self) -> str:
        """The service, with its type."""
        return f"{self.name}.service"

    @property
    def socket_unit(self) -> str:
        """The socket that systemd holds for the service."""
        return f"{self.name}.socket"

    @property
    def unit_file(self) -> str:
        return f"/etc/systemd/system/{self.unit}"

    @property
    def socket_unit_file(self) -> str:
        return f"/etc/systemd/system/{self.socket_unit}"

    @property
    def worker_unit(self) -> str:
        """The service that works off tasks beside the site."""
        return f"{self.name}-worker.service"

    @property
    def schedule_unit(self) -> str:
        """The service that starts tasks at their times."""
        return f"{self.name}-schedule.service"

    @property
    def worker_unit_file(self) -> str:
        return f"/etc/systemd/system/{self.worker_unit}"

    @property
    def schedule_unit_file(self) -> str:
        return f"/etc/systemd/system/{self.schedule_unit}"

    @property
    def schedule(self) -> str:
        """The folder in which it is kept when each task was started last."""
        return f"{self.shared}/schedule"

    @property
    def run(self) -> str:
        """The folder of its sockets. It is gone after each reboot."""
        return f"/run/{self.name}"

    @property
    def manage(self) -> str:
        """The command that runs manage.py as the site's user, with the site's variables."""
        return f"/usr/local/bin/{self.name}-manage"

    @property
    def manage_next(self) -> str:
        """The same for the newest release, which need not be live yet."""
        return f"env WIZARD_RELEASE=next {self.manage}"

    @property
    def logs(self) -> str:
        """The command that shows what the service logs."""
        return f"journalctl -u {self.name}"

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that bear its name."""
        return (self.config, self.root, self.run)
