# Services and sockets of new packages are held back: they neither run nor start at boot before their settings are there. Read together
# with residue.sh, whose words it uses. What Debian's packages start asks /usr/sbin/policy-rc.d first (invoke-rc.d(8),
# deb-systemd-invoke(1p)); ours stands there while apt works, and is of no effect for anybody else, also where it is left
# behind by a power cut: it does something only for programs that have $WIZARD_HOLD from us.
# shellcheck disable=SC2046,SC2086 # lists of packages, units and files are split into words on purpose
policy=/usr/sbin/policy-rc.d
theirs=/usr/sbin/policy-rc.d.before-wizard # the person's own, which is asked as before

# Notes which packages are held: the new ones that are made from the same source as one that is asked for (nginx.service
# comes with nginx-common). What else comes along, such as dbus, runs as usual.
hold_back() { # STARTING PACKAGE…: of these, those in STARTING may start at once
    _starting=$1
    shift
    _new=$(would install --no-install-recommends -- "$@" | sed -nE 's/^Inst ([^ ]+) \(([^ ]+).*/\1=\2/p')
    if [ -z "$_new" ]; then return 0; fi
    apt-cache show $_new >"$change/.show"
    {
        cat "$change/hold" 2>/dev/null || true # a first try may have unpacked some of them
        awk -v asked="$*" -v starting="$_starting" '
            BEGIN { split(asked, a, " "); for (i in a) is_asked[a[i]] = 1; split(starting, s, " "); for (i in s) starts[s[i]] = 1 }
            /^Package:/ { name = $2; source[name] = name } /^Source:/ { source[name] = $2 }
            END {
                for (n in source) if (n in is_asked) { held[source[n]] = held[source[n]] || !(n in starts) }
                for (n in source) if (held[source[n]] && !(n in starts)) print n
            }' "$change/.show"
    } | sort -u >"$change/.hold"
    sync "$change/.hold"
    mv "$change/.hold" "$change/hold"
}

policy_text() {
    cat <<'POLICY'
#!/bin/sh
# Put here by the set-up wizard while it installs packages, and taken away right after. Without $WIZARD_HOLD it does nothing.
theirs=/usr/sbin/policy-rc.d.before-wizard
unit= action=
for word; do
    case $word in -*) continue ;; esac
    if [ -z "$unit" ]; then unit=$word; elif [ -z "$action" ]; then action=$word; fi
done
case $unit in *.timer | *.path | *.target | *.slice | *.mount) action=none ;; esac
case ${WIZARD_HOLD:-} in "") action=none ;; esac
case $action in *start*)
    name=${unit%.service}
    case $name in *@*) name=${name%%@*}@ ;; esac
    for file in /usr/lib/systemd/system/$unit /lib/systemd/system/$unit /usr/lib/systemd/system/$name.service \
        /lib/systemd/system/$name.service; do
        # one that is not switched on by itself is not started by its package either, and may be named beside a timer
        if [ -f "$file" ] && ! grep -q '^\[Install\]' "$file"; then action=none; fi
    done ;;
esac
case $action in *start*)
    cd /var/lib/dpkg/info
    while read -r package; do
        for list in "$package.list" "$package":*.list; do
            if [ -e "$list" ] && grep -qFx -e "/lib/systemd/system/$unit" -e "/usr/lib/systemd/system/$unit" \
                -e "/lib/systemd/system/$name.service" -e "/usr/lib/systemd/system/$name.service" \
                -e "/etc/init.d/$name" "$list"; then
                # nor at the next boot, which may come before its settings do
                systemctl disable --quiet "$unit" >/dev/null 2>&1
                exit 101
            fi
        done
    done <"${WIZARD_HOLD:-/dev/null}" ;;
esac
if [ -x $theirs ]; then exec $theirs "$@"; fi
exit 0
POLICY
}
is_ours() { if [ -f $policy ] && [ ! -L $policy ]; then grep -q 'Put here by the set-up wizard' $policy; else false; fi; }
put_policy() {
    if is_ours; then return 0; fi
    if [ -e $policy ] || [ -L $policy ]; then
        cp -a $policy $theirs.new
        sync -f /usr
        mv -fT $theirs.new $theirs
    fi
    policy_text >$policy.new
    chmod 0755 $policy.new
    sync $policy.new
    mv -fT $policy.new $policy
}
take_policy() { # also what a power cut has left
    rm -f $policy.new $theirs.new
    if ! is_ours; then rm -f $theirs; return 0; fi
    if [ -e $theirs ] || [ -L $theirs ]; then mv -fT $theirs $policy; else rm -f $policy; fi
    sync -f /usr
}
held() { # COMMAND…: with the services of the packages noted held back
    take_policy
    if [ ! -s "$change/hold" ]; then "$@"; return; fi
    put_policy
    _held=0
    WIZARD_HOLD=$change/hold
    export WIZARD_HOLD
    "$@" || _held=$?
    unset WIZARD_HOLD
    take_policy
    return $_held
}
