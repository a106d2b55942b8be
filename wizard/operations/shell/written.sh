# What a release writes beside its code, as a link to a place where the site may write. as_site: runs a command as the site's own
# user. What the release brings in such a folder is copied there, never over what the site has.
link_written() { # RELEASE PATH PLACE
    if [ -L "$1/$2" ]; then return 0; fi
    case ${2##*/} in
    *.*) as_site mkdir -p "$3/$(dirname "$2")" ;;
    *) as_site mkdir -p "$3/$2" ;;
    esac
    if [ -d "$1/$2" ]; then
        as_site tar --create --file - --directory "$1/$2" --mode u=rwX,go=rX . |
            as_site tar --extract --file - --directory "$3/$2" --skip-old-files
    elif [ -f "$1/$2" ] && [ ! -e "$3/$2" ]; then
        as_site cat "$1/$2" | as_site sh -c 'cat >"$1"' sh "$3/$2"
    fi
    rm -rf "${1:?}/$2"
    mkdir -p "$1/$(dirname "$2")"
    ln -s "$3/$2" "$1/$2"
}
