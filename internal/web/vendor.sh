#!/bin/sh
# Fetches the third-party files of static/vendor, unchanged, and builds the icon sprite from static/icons.txt.
# Run from anywhere; needs npm for downloading only (npm pack runs no package script).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/static/vendor
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fetch() { # fetch PACKAGE VERSION: unpacks into $tmp/pkg
    rm -rf "$tmp/pkg" && mkdir "$tmp/pkg"
    (cd "$tmp" && npm pack --silent --ignore-scripts "$1@$2" >name && tar -xzf "$(cat name)" -C pkg --strip-components=1)
}
keep() { # keep FILE NAME: copies one file of the package
    cp "$tmp/pkg/$1" "$out/$2"
    chmod 644 "$out/$2"
}

mkdir -p "$out"
rm -f "$out"/*.js "$out"/*.css "$out"/*.woff2 "$out"/*.LICENSE

fetch htmx.org 2.0.11
keep dist/htmx.min.js htmx.min.js
keep LICENSE htmx.LICENSE
fetch @tabler/core 1.6.1
keep dist/css/tabler.min.css tabler.min.css
fetch echarts 6.1.0
keep dist/echarts.min.js echarts.min.js
keep LICENSE echarts.LICENSE
keep NOTICE echarts.NOTICE
fetch tom-select 2.6.2
keep dist/js/tom-select.complete.min.js tom-select.complete.min.js
keep LICENSE tom-select.LICENSE
fetch idb 8.0.4
keep build/umd.js idb.js
keep LICENSE idb.LICENSE
fetch @fontsource-variable/inter 5.3.0
keep files/inter-latin-wght-normal.woff2 inter-latin.woff2
keep LICENSE inter.LICENSE

fetch @tabler/icons 3.51.0
keep LICENSE tabler-icons.LICENSE
{
    printf '<svg xmlns="http://www.w3.org/2000/svg">'
    while read -r name; do
        test -f "$tmp/pkg/icons/outline/$name.svg" || { echo "no icon $name" >&2; exit 1; }
        printf '<symbol id="%s" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">' "$name"
        sed -n '/^  <path/,/^<\/svg>/p' "$tmp/pkg/icons/outline/$name.svg" | grep -v 'M0 0h24v24H0z' | sed 's/<\/svg>//' | tr -d '\n' | sed 's/  *</</g'
        printf '</symbol>\n'
    done <"$here/static/icons.txt"
    printf '</svg>\n'
} >"$here/static/icons.svg"

# for the tests only, never served: the accessibility checks run it in the browser
out=$here/testdata/axe
mkdir -p "$out"
rm -f "$out"/*
fetch axe-core 4.14.1
keep axe.min.js axe.min.js
keep LICENSE axe.LICENSE
keep LICENSE-3RD-PARTY.txt axe.LICENSE-3RD-PARTY
cat >"$out/README" <<'EOF'
axe-core 4.14.1 by Deque Systems, unchanged from the npm package, Mozilla Public License 2.0 (axe.LICENSE;
what it contains of others: axe.LICENSE-3RD-PARTY). Tests run it in a browser; the program does not contain it.
Refresh: make vendor.
EOF
