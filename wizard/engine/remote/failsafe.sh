# The way back that needs nobody: takes the guarded changes of a step back. Started by a timer, or at boot.
# $1: timer, boot or now. The file stands behind prelude.sh in /var/lib/wizard/failsafe/revert.
trap '' HUP # the connection may go while we are at it
exec 9>>$W/lock
flock -w 60 9
[ -e $W/failsafe/armed ] || exit 0
if [ "$1" = boot ]; then
    # nothing is running yet that could be reloaded, and waiting for a unit that waits for us would hang the boot
    systemctl() { case $1 in enable | disable | mask | unmask | daemon-reload) command systemctl --no-reload "$@" ;; esac; }
fi
take_back() { # FILE BEGIN END: runs it; the journal says what it was. The file stays when it fails.
    id=$(basename "$1" ".${1##*.}")
    change=$W/changes/$id
    id_=$(echo "$id" | sed 's/^0*//')
    # a journal that cannot be written (a full disk) must not keep anybody out: hence the parentheses
    (journal "{\"event\":\"$2\",\"id\":$id_,\"by\":\"failsafe\"}")
    # not as a condition: the shell would ignore set -e inside it
    _way=$1
    it() { umask 022; set -e; . "$_way"; }
    apart "$change/out"
    [ $? = 0 ] || return 1
    (journal "{\"event\":\"$3\",\"id\":$id_,\"by\":\"failsafe\"}")
    rm -f "$1"
}
failed=
# changes are undone newest first; changes that a rollback undid are made again oldest first
for _f in $(ls -r $W/failsafe/*.undo 2>/dev/null); do [ -n "$failed" ] || take_back "$_f" undoing undone || failed=yes; done
for _f in $(ls $W/failsafe/*.redo 2>/dev/null); do [ -n "$failed" ] || take_back "$_f" redoing redone || failed=yes; done
# an sshd that died of the change is not started by a reload, and one that a socket started may have left it. At boot its
# units start by themselves, after this
[ "$1" = boot ] || reopen_doors || failed=yes
sync -f $W && sync -f /etc
if [ -n "$failed" ]; then
    # it stays armed: at the next boot, and a few times more by the timer
    echo try >>$W/failsafe/tries
    [ "$(grep -c . $W/failsafe/tries)" -ge 5 ] ||
        systemd-run --quiet --collect --no-block --on-active=30 --timer-property=AccuracySec=100ms /bin/sh $W/failsafe/revert timer
    exit 1
fi
touch $W/failsafe/reverted
[ "$1" != now ] || systemctl stop wizard-failsafe-timer.timer 2>/dev/null
rm -f $W/failsafe/armed $W/failsafe/doors $W/failsafe/tries /etc/systemd/system/wizard-failsafe.service \
    /etc/systemd/system/sysinit.target.wants/wizard-failsafe.service
rmdir /etc/systemd/system/sysinit.target.wants 2>/dev/null || :
