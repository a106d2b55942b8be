# Media files that come with a release, in the site's folder of uploads. as_site: runs a command as the site's own user. Who can
# write there must not lead root elsewhere; what it may not read stays where it is.
media_missing() { # SOURCE TARGET: the files of SOURCE whose names TARGET has not
    as_site find "$1" -type f ! -name '*
*' -printf '%P\n' | sort | as_site sh -c 'cd "$1" || exit
        while IFS= read -r file; do [ -e "$file" ] || [ -L "$file" ] || printf "%s\n" "$file"; done' sh "$2"
}
media_sums() { # SOURCE, names on stdin: a checksum in front of each
    as_site sh -c 'cd "$1" || exit
        while IFS= read -r file; do
            printf "%s %s\n" "$(sha256sum <"$file" | cut -d" " -f1)" "$file"
        done' sh "$1"
}
media_copy() { # SOURCE TARGET, names on stdin
    as_site tar --create --file - --directory "$1" --verbatim-files-from --mode u=rwX,go=rX --files-from - |
        as_site tar --extract --file - --directory "$2" --skip-old-files
}
media_remove() { # TARGET, sums on stdin: what was changed since is somebody's own
    as_site sh -c 'cd "$1" || exit
        while read -r sum file; do
            if [ ! -f "$file" ] || [ -L "$file" ] || [ "$(sha256sum <"$file")" != "$sum  -" ]; then continue; fi
            rm -- "$file"
            case $file in */*) rmdir -p --ignore-fail-on-non-empty -- "${file%/*}" ;; esac
        done' sh "$1"
}
