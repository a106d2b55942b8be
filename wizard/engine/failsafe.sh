# The way back that needs nobody: undoes the guarded changes of a step, newest first. Started by a timer, or at boot.
# $1: timer, boot or now. The file stands behind prelude.sh in /var/lib/wizard/failsafe/revert.
exec 9>>$W/lock
flock -w 60 9
[ -e $W/failsafe/armed ] || exit 0
if [ "$1" = boot ]; then
    # nothing is running yet that could be reloaded, and waiting for a unit that waits for us would hang the boot
    systemctl() { case $1 in enable | disable | mask | unmask | daemon-reload) command systemctl --no-reload "$@" ;; esac; }
fi
for _f in $(ls -r $W/failsafe/*.sh 2>/dev/null); do
    id=$(basename "$_f" .sh)
    number=$(echo "$id" | sed 's/^0*//')
    change=$W/changes/$id
    journal "{\"event\":\"undoing\",\"id\":$number,\"by\":\"failsafe\"}"
    # not as the condition of `if`: the shell would ignore set -e inside it
    (umask 022; set -e; . "$_f") >>"$change/out" 2>&1 9>&-
    if [ $? = 0 ]; then
        journal "{\"event\":\"undone\",\"id\":$number,\"by\":\"failsafe\"}"
    fi
    rm -f "$_f"
done
sync -f $W
touch $W/failsafe/reverted
[ "$1" != now ] || systemctl stop wizard-failsafe-timer.timer
rm -f $W/failsafe/armed /etc/systemd/system/wizard-failsafe.service \
    /etc/systemd/system/sysinit.target.wants/wizard-failsafe.service
rmdir /etc/systemd/system/sysinit.target.wants 2>/dev/null || :
