# The lock: who is at work here, with a heartbeat (the file's time) and the sshd process that their connection has. Comes with prelude.sh.

ssh_ancestor() { # prints: PID START-TIME of the sshd process that this script came through
    _p=$$
    while [ "$_p" -gt 1 ]; do
        _s=$(sed 's/.*) //' "/proc/$_p/stat") || return 0
        case $(cat "/proc/$_p/comm") in sshd*) echo "$_p $(echo "$_s" | cut -d' ' -f20)"; return 0 ;; esac
        _p=$(echo "$_s" | cut -d' ' -f2)
    done
}
holder_field() { sed -n "s/^$1=//p" $W/holder 2>/dev/null; }
holder_alive() {
    [ -e $W/holder ] || return 1
    [ "$(holder_field boot)" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
    [ $(($(date +%s) - $(stat -c %Y $W/holder))) -lt 120 ] || return 1
    # shellcheck disable=SC2046 # its two fields
    set -- $(holder_field sshd)
    [ $# -lt 2 ] || [ "$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)" = "$2" ]
}
acquire() { # RUN yes|no (take over); what is known of the new holder on stdin
    { mkdir -p $W/blobs $W/changes $W/secrets $W/failsafe && touch $W/lock; } || cannot_write
    exec 9>>$W/lock
    flock -w 20 9 || { echo "another script" | emit held; exit 0; }
    if [ "$2" = no ] && [ "$(holder_field run)" != "$1" ] && holder_alive; then emit held <$W/holder; exit 0; fi
    _since=$([ "$(holder_field run)" != "$1" ] || holder_field since)
    { cat; echo "run=$1"; echo "since=${_since:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}"; echo "sshd=$(ssh_ancestor)"; echo "boot=$(boot_id)"; } >$W/.holder && mv $W/.holder $W/holder || cannot_write
    forget_other_preludes "$1"
}
hold() { # RUN: fails unless this run still has the lock
    exec 9>>$W/lock
    flock -w 30 9 || { echo "another script" | emit held; exit 0; }
    run=$1
    [ "$(holder_field run)" = "$1" ] || { { cat $W/holder 2>/dev/null || echo 'done'; } | emit taken; exit 0; }
    # one that ended while this waited: nobody listens, and a lock without a connection would look alive for long
    _sshd=$(ssh_ancestor)
    if [ -z "$_sshd" ] && [ -n "$(holder_field sshd)" ]; then exit "$NOBODY_LISTENS"; fi
    # the connection may be another one than before; writing it anew is the heartbeat, too
    { grep -v '^sshd=' $W/holder; echo "sshd=$_sshd"; } >$W/.holder && mv $W/.holder $W/holder || cannot_write
    echo yes | emit holding
}
release() { [ "$(holder_field run)" != "$1" ] || rm -f $W/holder; }
