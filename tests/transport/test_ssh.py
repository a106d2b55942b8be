"""SshTransport against a real OpenSSH server."""

from __future__ import annotations

import io
import os
import signal
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wizard.errors import ConnectionLost, WizardError
from wizard.transport.frame import script_frame, store_frame, wrapped
from wizard.transport.ssh import SshTransport

if TYPE_CHECKING:
    from tests.transport.conftest import Sshd


def test_a_script_runs_and_its_output_and_status_come_back(ssh: SshTransport) -> None:
    result = ssh.run("echo out; echo err >&2; exit 7")
    assert (result.status, result.out, result.err) == (7, "out\n", "err\n")


def test_the_status_of_the_last_command_is_the_scripts(ssh: SshTransport) -> None:
    assert ssh.run("true").status == 0
    assert ssh.run("true; false").status == 1
    assert ssh.run("").status == 0


def test_every_script_starts_in_a_clean_environment(ssh: SshTransport) -> None:
    out = ssh.run('echo "$LC_ALL|$LANGUAGE|$(umask)|$(pwd)|$PATH"').out
    assert out == "C.UTF-8||0022|/|/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"


def test_a_script_that_reads_stdin_gets_the_end_at_once(ssh: SshTransport) -> None:
    assert ssh.run('read -r x; echo "$?:$x"; cat; echo end').out == "1:\nend\n"


def test_a_script_of_5_mb_with_heredocs_runs_whole(ssh: SshTransport) -> None:
    line = "x" * 99 + "\n"
    document = line * 26_000
    script = f"wc -c <<'EOF'\n{document}EOF\nwc -c <<'EOF'\n{document}EOF\necho end"
    assert len(script) > 5_000_000
    assert ssh.run(script).out == f"{len(document)}\n{len(document)}\nend\n"


def test_quotes_backslashes_and_dollars_reach_the_shell_as_they_are(ssh: SshTransport) -> None:
    script = "cat <<'EOF'\n'\"\\$(id) `id` !$x é\nEOF"
    assert ssh.run(script).out == "'\"\\$(id) `id` !$x é\n"


def test_no_text_of_the_script_stands_in_a_process_list(ssh: SshTransport) -> None:
    out = ssh.run("planted=s3cr3t-in-the-script; tr '\\0' ' ' </proc/$$/cmdline; ps -eo args").out
    assert "s3cr3t" not in out and "eval" in out


def test_50_mb_on_stderr_do_not_hang_and_the_last_256_kib_are_kept(ssh: SshTransport) -> None:
    result = ssh.run("echo before; head -c 52428800 /dev/zero | tr '\\0' e >&2; echo last >&2; echo after")
    assert result.out == "before\nafter\n"
    assert len(result.err) == 256 * 1024 and result.err.endswith("eelast\n")


def test_lines_come_while_the_script_runs(ssh: SshTransport, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    lines: list[str] = []

    def on_line(line: str) -> None:
        lines.append(line)
        if line == "first":
            gate.touch()

    assert ssh.run(f"echo first; while [ ! -e {gate} ]; do sleep 0.05; done; printf 'é\\n\\nlast'", on_line=on_line)
    assert lines == ["first", "é", "", "last"]


def test_bytes_that_are_no_utf8_and_split_characters_are_decoded(ssh: SshTransport) -> None:
    lines: list[str] = []
    script = "printf 'a\\377b\\n'; printf '\\303'; sleep 0.2; printf '\\251\\n'"
    result = ssh.run(script, on_line=lines.append)
    assert lines == ["a\ufffdb", "é"]
    assert result.out == "a\ufffdb\né\n"


def test_a_line_over_1_mib_comes_in_pieces(ssh: SshTransport) -> None:
    lines: list[str] = []
    result = ssh.run("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo next", on_line=lines.append)
    assert max(map(len, lines)) == 2**20
    assert "".join(lines) == "x" * 3_000_000 + "next"
    assert len(result.out) == 3_000_006


def test_too_much_output_is_an_error_that_says_so(ssh: SshTransport) -> None:
    with pytest.raises(WizardError, match="more than 64 MiB"):
        ssh.run("yes")
    assert ssh.run("echo still here").out == "still here\n"


def test_silence_is_a_lost_connection(ssh: SshTransport) -> None:
    with pytest.raises(ConnectionLost, match=r"silent for 0\.5 s"):
        ssh.run("sleep 30", silence=0.5)
    assert not ssh.alive()


class FreezingSource(io.RawIOBase):
    """Endless content that stops a process after the first block."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.blocks = 0

    def read(self, size: int = -1) -> bytes:
        self.blocks += 1
        if self.blocks == 2:
            os.kill(self.pid, signal.SIGSTOP)
        return b"x" * size


def test_a_server_that_freezes_while_it_is_sent_to_is_a_lost_connection(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("wizard.transport.ssh.PUT_SILENCE", 1)
    transport = sshd.transport()
    before = set(sshd.children())
    transport.connect()
    (child,) = set(sshd.children()) - before
    try:
        with pytest.raises(ConnectionLost, match="silent"):
            transport.put(FreezingSource(child), str(tmp_path / "file"))  # type: ignore[arg-type]
    finally:
        os.kill(child, signal.SIGCONT)
    assert not (tmp_path / "file").exists()


def test_a_script_that_was_cut_off_runs_not_at_all(sshd: Sshd, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    transport = sshd.transport()
    transport.connect()
    frame = script_frame(transport.login, root=True)
    whole = wrapped(f"touch {witness}\necho $((1 + 1))")
    for script in (whole[: whole.index(b"echo")], whole):
        channel = transport._connected().open_session()
        channel.exec_command(frame.command)
        channel.sendall(script)
        channel.shutdown_write()
        assert channel.status_event.wait(30)
        assert witness.exists() is (script is whole)
        assert (channel.exit_status == 0) is (script is whole)
    transport.close()


def test_output_resets_the_measure_of_silence(ssh: SshTransport) -> None:
    script = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.3; done"
    assert ssh.run(script, silence=1.2).status == 0


def test_put_stores_bytes_with_their_mode(ssh: SshTransport, tmp_path: Path) -> None:
    content = os.urandom(3_000_000) + b"\n\0\n"
    target = tmp_path / 'it\'s a "file"'
    target.write_text("old")
    ssh.put(io.BytesIO(content), str(target), mode=0o640)
    assert target.read_bytes() == content
    assert target.stat().st_mode & 0o7777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == [target.name]


def test_put_of_nothing_makes_an_empty_file(ssh: SshTransport, tmp_path: Path) -> None:
    ssh.put(io.BytesIO(), str(tmp_path / "empty"))
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_file_that_was_cut_off_never_gets_its_name(sshd: Sshd, tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    transport = sshd.transport()
    transport.connect()
    channel = transport._connected().open_session()
    channel.exec_command(store_frame(transport.login, 0o600).command)
    channel.sendall(f"{target}\nnew but not all of i".encode())
    channel.shutdown_write()
    assert channel.status_event.wait(30) and channel.exit_status == 1
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("file", "old")]
    transport.close()


def test_put_into_a_missing_folder_is_an_error_with_the_servers_words(ssh: SshTransport, tmp_path: Path) -> None:
    with pytest.raises(WizardError, match="cannot write") as e:
        ssh.put(io.BytesIO(b"x" * 5_000_000), str(tmp_path / "no" / "file"))
    assert "No such file" in e.value.details


def test_a_tunnel_carries_both_directions_and_closes_with_its_context(ssh: SshTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def shout() -> None:
            peer, _ = server.accept()
            with peer, peer.makefile("rb") as file:
                peer.sendall(file.read().upper())

        thread = threading.Thread(target=shout)
        thread.start()
        with ssh.tunnel(server.getsockname()[1]) as port:
            with socket.create_connection(("127.0.0.1", port)) as near:
                near.sendall(b"hello" * 100_000)
                near.shutdown(socket.SHUT_WR)
                with near.makefile("rb") as file:
                    assert file.read() == b"HELLO" * 100_000
            thread.join()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
    assert ssh.run("echo ok").out == "ok\n"
