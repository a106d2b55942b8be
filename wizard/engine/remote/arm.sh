# The timed auto-revert (failsafe.sh): armed before a guarded change, disarmed only after a new connection got in. Comes with prelude.sh.

check_failsafe() { # first|next change of a step: a later one must not be made where the earlier ones were taken back already
    [ "$1" = first ] || [ -e $W/failsafe/armed ] || { rm -f $W/failsafe/reverted; echo yes | emit reverted; exit 0; }
}
arm_failsafe() { # SECONDS undo|redo; the way back from this change on stdin. $id and $change are this change's.
    # a later change of the step finds the earlier ones armed: a power cut now must not leave them with half a way back
    write_whole "$W/failsafe/$id.$2" || cannot_write
    [ -e $W/failsafe/armed ] || ssh_doors | write_whole $W/failsafe/doors || cannot_write
    rm -f $W/failsafe/reverted $W/failsafe/tries
    write_whole /etc/systemd/system/wizard-failsafe.service <<'UNIT' || cannot_write
# A power cut inside the window: go back at boot, before the firewall and sshd start. Removed when the change is proved.
[Unit]
Description=Undo a change of the set-up wizard that nobody proved to be safe
DefaultDependencies=no
RequiresMountsFor=/var/lib/wizard
After=local-fs.target systemd-remount-fs.service
Before=network-pre.target ufw.service nftables.service ssh.service ssh.socket
ConditionPathExists=/var/lib/wizard/failsafe/armed
[Service]
Type=oneshot
ExecStart=/bin/sh /var/lib/wizard/failsafe/revert boot
UNIT
    mkdir -p /etc/systemd/system/sysinit.target.wants
    ln -sf ../wizard-failsafe.service /etc/systemd/system/sysinit.target.wants/wizard-failsafe.service || cannot_write
    touch $W/failsafe/armed || cannot_write
    sync -f $W && sync -f /etc || cannot_write
    systemctl stop wizard-failsafe-timer.timer 2>/dev/null
    # counted on the clock that nobody can set
    systemd-run --quiet --collect --unit=wizard-failsafe-timer --on-active="$1" --timer-property=AccuracySec=100ms \
        /bin/sh $W/failsafe/revert timer || cannot_write
}
disarm_failsafe() { # prints the record `reverted` where it was too late
    if [ -e $W/failsafe/reverted ]; then rm -f $W/failsafe/reverted; echo yes | emit reverted; return 0; fi
    systemctl stop wizard-failsafe-timer.timer 2>/dev/null
    rm -f $W/failsafe/*.undo $W/failsafe/*.redo $W/failsafe/armed $W/failsafe/doors $W/failsafe/tries /etc/systemd/system/wizard-failsafe.service \
        /etc/systemd/system/sysinit.target.wants/wizard-failsafe.service
    [ ! -e $W/failsafe/armed ] || cannot_write
    rmdir /etc/systemd/system/sysinit.target.wants 2>/dev/null
    sync -f $W
}
