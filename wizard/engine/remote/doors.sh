# What accepts SSH on this server: as it is, and not as a configuration says. Comes with prelude.sh.

ssh_connection() { # prints: OUR-ADDRESS:PORT THEIR-ADDRESS:PORT of the connection that this script came by, as the kernel has it
    _all=$(ss -Htnp state established) _p=$$
    while [ "${_p:-0}" -gt 1 ]; do
        echo "$_all" | awk -v pid="pid=$_p," 'index($0, pid) {print $3, $4; found = 1; exit} END {exit !found}' && return 0
        _p=$(sed 's/.*) //' "/proc/$_p/stat" 2>/dev/null | cut -d' ' -f2)
    done
    return 0
}
# Prints a line for each socket that accepts SSH, of one of these forms:
#   ADDRESS:PORT socket SOCKET-UNIT SERVICE-UNIT    systemd listens, and starts or feeds the service
#   ADDRESS:PORT service SERVICE-UNIT               sshd listens, as a service of systemd
#   ADDRESS:PORT process COMMAND                    sshd listens, started by hand
ssh_doors() {
    _sockets=$(ssh_sockets)
    ss -Hltnp | while read -r _ _ _ _where _ _who; do
        case $_who in
            *'"systemd",pid=1,'*)
                _unit=$(echo "$_sockets" | awk -v port="${_where##*:}" '$1 == port {print $2, $3; exit}')
                [ -z "$_unit" ] || echo "$_where socket $_unit"
                ;;
            *'"sshd",pid='* | *'"dropbear",pid='*)
                _p=${_who#*pid=} _p=${_p%%,*}
                by_root "$_p" || continue
                _unit=$(sed -n 's/^[0-9]*:\(name=systemd\)\{0,1\}:.*\///p' "/proc/$_p/cgroup" | head -n 1)
                case $_unit in
                    user@*) echo "$_where process $(sshd_command "$_p")" ;;
                    *.service) echo "$_where service $_unit" ;;
                    *) echo "$_where process $(sshd_command "$_p")" ;;
                esac
                ;;
        esac
    done | LC_ALL=C sort -u
}
ssh_sockets() { # prints: PORT SOCKET-UNIT SERVICE-UNIT of each of systemd's sockets that is active and starts an sshd
    systemctl show -p Id -p Listen -p Triggers '*.socket' --state=active | awk '
        function flush(i) {
            if (triggers == "") { triggers = id; sub(/\.socket$/, "@.service", triggers) }
            for (i in ports) print i, id, triggers
            id = triggers = ""; delete ports
        }
        NF == 0 {flush()}
        /^Id=/ {id = substr($0, 4)}
        /^Triggers=/ {triggers = $1; sub(/^Triggers=/, "", triggers)}
        /^Listen=vsock/ {next}
        /^Listen=.*:[0-9]+ \(Stream\)/ {port = $1; sub(/.*:/, "", port); ports[port] = 1}
        END {flush()}' |
        while read -r _port _socket _service; do
            if systemctl cat "$_service" 2>/dev/null | grep -qE '^ExecStart=.*(sshd|dropbear)'; then echo "$_port $_socket $_service"; fi
        done
}
by_root() { [ "$(stat -c %u "/proc/$1" 2>/dev/null)" = 0 ]; } # PID: anybody may call a program of theirs sshd
sshd_command() { # PID: the command that this sshd of root's was started with; its title keeps the options
    _exe=$(readlink "/proc/$1/exe")
    echo "${_exe% (deleted)} $(tr '\0' ' ' <"/proc/$1/cmdline" | sed 's/^sshd: //; s/^[^ ]* *//; s/ *\[listener\].*//; s/ *$//')"
}
sshd_next() { # prints ADDRESS:PORT of each socket that the sshds of today open once they read their files anew
    ss -Hltnp | grep -v '"systemd",pid=1,' | grep -o '"sshd",pid=[0-9]*' | cut -d= -f2 | sort -u | while read -r _p; do
        by_root "$_p" || continue
        $(sshd_command "$_p") -T 2>/dev/null | sed -n 's/^listenaddress //p'
    done
}
sshd_lines() { # prints FILE:LINE:TEXT of all that sshd's files say, those that they include too
    _files='' _new=/etc/ssh/sshd_config
    for _round in 1 2 3; do
        _files="$_files $_new"
        # the patterns are sshd's own, and are spread by the shell as sshd spreads them
        # shellcheck disable=SC2086 # several files
        _new=$(cd /etc/ssh && for _f in $(sed -n 's/^[[:space:]]*[Ii][Nn][Cc][Ll][Uu][Dd][Ee][[:space:]=]*//p' $_new | tr -d '"'); do
            [ ! -f "$_f" ] || realpath -s "$_f"
        done)
        [ -n "$_new" ] || break
    done
    # shellcheck disable=SC2046,SC2086 # several files
    grep -nHE '^[[:space:]]*[^#[:space:]]' $(printf '%s\n' $_files | awk '!seen[$0]++') /dev/null 2>/dev/null | head -c 65536
}
listening() { # ADDRESS:PORT; "*" is both families, which one socket or two may serve
    ss -Hltn | awk -v where="$1" '$4 == where || (where ~ /^\*:/ && $4 == "0.0.0.0" substr(where, 2)) {found = 1} END {exit !found}'
}

# After a take-back: what accepted SSH before ($W/failsafe/doors) does so again, as it was: by its socket, its service, or at
# least at its port. Fails where it does not.
reopen_doors() {
    reopened && return 0
    for _again in start restart; do
        while read -r _where _how _unit _service; do
            case $_how in
                socket)
                    # a service that listens by itself would keep its socket from the port
                    if [ $_again = restart ] || ! systemctl is-active --quiet "$_unit"; then
                        case $_service in *@.service) ;; *) systemctl stop "$_service" ;; esac
                        systemctl restart "$_unit"
                    fi
                    ;;
                service)
                    if [ $_again = restart ]; then
                        for _s in $(systemctl show -P TriggeredBy "$_unit"); do systemctl stop "$_s"; done
                        systemctl restart "$_unit"
                    elif ! systemctl is-active --quiet "$_unit"; then
                        systemctl reset-failed "$_unit" 2>/dev/null
                        systemctl start "$_unit"
                    fi
                    ;;
            esac
        done <$W/failsafe/doors
        for _n in 1 2 3 4 5 6 7 8 9 10; do reopened && return 0; sleep 0.3; done
    done
    # whatever its files and units say now: one that listens where one listened
    while read -r _where _how _command; do
        listening "$_where" && continue
        [ "$_how" = process ] || _command=/usr/sbin/sshd
        _at="-o ListenAddress=$_where"
        case $_where in "*:"*) _at="-o ListenAddress=0.0.0.0:${_where#*:} -o ListenAddress=[::]:${_where#*:}" ;; esac
        mkdir -p /run/sshd
        systemd-run --quiet --collect --unit="wizard-ssh-${_where##*:}-$(date +%s%N)" /bin/sh -c 'exec $1 -D $2' - "$_command" "$_at"
        for _n in 1 2 3 4 5 6 7 8 9 10; do listening "$_where" && break; sleep 0.3; done
    done <$W/failsafe/doors
    for _where in $(cut -d' ' -f1 $W/failsafe/doors); do listening "$_where" || return 1; done
}
reopened() { [ "$(ssh_doors)" = "$(cat $W/failsafe/doors)" ]; }
