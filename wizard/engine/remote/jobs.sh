# What takes long: a transient unit that outlives the connection; its output goes to a file that is followed. Comes with prelude.sh.

proxies() { # prints shell text that sets the proxies of this login, which systemd's jobs do not have
    for _v in $PROXIES; do
        eval "_value=\$$_v"
        [ -z "$_value" ] || printf "export %s='%s'\n" "$_v" "$(printf %s "$_value" | sed "s/'/'\\\\''/g")"
    done
}
PROXIES='http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY'
run_job() { # NAME LINES-ALREADY-SEEN; the script on stdin. Attaches to the job if it is running.
    _unit=wizard-$1.service
    _exit=$change/exit.${1%%-*}
    if systemctl is-active --quiet "$_unit"; then
        cat >/dev/null
    elif [ "$(cat "$_exit" 2>/dev/null)" = 0 ]; then
        cat >/dev/null
    else
        rm -f "$_exit"
        { proxies; with_functions; } >"$change/script"
        : >"$change/out"
        oom_kills >"$change/oom-kills"
        systemctl reset-failed "$_unit" 2>/dev/null
        # what a job leaves running ends with it: systemd ends all that is in its control group (systemd.kill(5))
        systemd-run --quiet --collect --unit="$_unit" -p TimeoutStopSec=10 -p StandardOutput="append:$change/out" \
            -p StandardError="append:$change/out" /bin/sh -c \
            '/bin/sh "$1/script"; echo $? >"$2.new"; sync "$2.new"; mv "$2.new" "$2"' - "$change" "$_exit" || return 1
    fi
    # followed without the lock: a connection that hangs must not keep others, or ourselves on a new one, from the server
    exec 9>&-
    follow_job "$_unit" "$2"
    _n=0
    while [ ! -e "$_exit" ] && [ $_n -lt 20 ] && systemctl is-active --quiet "$_unit"; do sleep 0.2; _n=$((_n + 1)); done
    exec 9>>$W/lock
    flock -w 30 9 || exit "$NOBODY_LISTENS"
    # who took the server over, or the same run on a new connection, brings this to its end
    [ "$(holder_field run)" = "$run" ] && [ "$(holder_field sshd)" = "$(ssh_ancestor)" ] || exit "$NOBODY_LISTENS"
    if [ ! -e "$_exit" ] && systemctl is-active --quiet "$_unit"; then exit "$NOBODY_LISTENS"; fi # nobody listens; the job goes on
    _status=$(cat "$_exit" 2>/dev/null) # empty where the disk was full
    return "${_status:-$JOB_VANISHED}"
}
wait_job() { # NAME: until it is over, where it is running at all
    while systemctl is-active --quiet "wizard-$1.service"; do follow_job "wizard-$1.service" 0; sleep 0.2; done
}
beat_on() { # a sign of life now and then, for the client's watchdog and for the lock, for as long as this script lives
    (exec 9>&-; while sleep 5 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do touch -c $W/holder; printf '\036%s beat \n' "$MARK"; done) &
    _beat=$!
}
beat_off() { kill "$_beat"; wait "$_beat" 2>/dev/null; }
follow_job() { # UNIT LINES-ALREADY-SEEN
    beat_on
    _pid=$(systemctl show -p MainPID --value "$1")
    case $_pid in
        "" | 0) tail -n +$(($2 + 1)) "$change/out" ;; # it has ended already; tail would wait for ever
        *) tail -n +$(($2 + 1)) -s 0.2 -f --pid="$_pid" "$change/out" 9>&- ;;
    esac
    beat_off
}
