# Runs one practice server for as long as it is on: in a mount namespace of its own, so that no mount can be left behind.
# Started by nspawn.py in the server's folder with its facts in the environment; the arguments are systemd-nspawn's.
set -eu
for group in $WIZARD_GROUPS; do
    case $group in *.scope/server) mkdir -p "$group" ;; esac # the others were made for us
    echo $$ > "$group/cgroup.procs"
done
# Whoever stops us takes `on` away first and kills the group then: one of the two finds us, however late we are.
[ -e on ]
eval "$WIZARD_MOUNT"
network=root/etc/systemd/network/10-eth0.network
cmp -s eth0.network $network || cp eth0.network $network
while :; do
    systemd-nspawn "$@" &
    nspawn=$!
    until ip link set "$WIZARD_INTERFACE" mtu "$WIZARD_MTU" up 2>/dev/null; do
        kill -0 $nspawn || break
        sleep 0.05
    done
    ip address add "$WIZARD_GATEWAY/30" dev "$WIZARD_INTERFACE"
    cut -d ' ' -f 1 /proc/$nspawn/task/$nspawn/children > leader.new
    leader=$(cat leader.new)
    mv leader.new leader
    if [ -e meminfo ]; then
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            nsenter --target "$leader" --mount mount --bind /run/host/meminfo /proc/meminfo 2>/dev/null && break
            sleep 0.2
        done
    fi
    status=0
    wait $nspawn || status=$?
    rm -f leader
    # systemd-nspawn leaves with 133 when the server wants to reboot, and whoever keeps it running starts it again
    [ $status -eq 133 ] || exit $status
done
