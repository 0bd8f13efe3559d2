#!/usr/bin/env bash
# Makes this machine ready for every test: PostgreSQL, Chromium with a Chinese font, LibreOffice Writer.
# On Debian, as root or with passwordless sudo, it installs what is missing. Elsewhere it says which tests
# will NOT RUN and the command to type. It does nothing when nothing is missing.
set -euo pipefail

any() { for f in "$@"; do [ -e "$f" ] && return 0; done; return 1; }
have() { for p in "$@"; do command -v "$p" >/dev/null && return 0; done; return 1; }

missing=()
have initdb || any /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb || missing+=(postgresql)
have chromium chromium-browser google-chrome || any "/Applications/Google Chrome.app" || missing+=(chromium)
any /usr/share/fonts/opentype/noto/NotoSansCJK-*.ttc /System/Library/Fonts/PingFang.ttc \
    /usr/share/fonts/*cjk* || missing+=(fonts-noto-cjk)
have soffice libreoffice || missing+=(libreoffice-writer-nogui)
[ ${#missing[@]} -eq 0 ] && exit 0

declare -A tests=(
    [postgresql]="the PostgreSQL half of the database tests"
    [chromium]="the browser tests"
    [fonts-noto-cjk]="the Chinese text of the screenshots"
    [libreoffice-writer-nogui]="the tests of Word documents"
)
install=(apt-get install -y --no-install-recommends "${missing[@]}")
root=()
[ "$(id -u)" -eq 0 ] || root=(sudo -n)

if grep -qs '^ID=debian' /etc/os-release && { [ ${#root[@]} -eq 0 ] || sudo -n true 2>/dev/null; }; then
    echo "installing ${missing[*]}" >&2
    "${root[@]}" apt-get update -q >&2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >&2
    exit 0
fi
for m in "${missing[@]}"; do echo "NOT RUN: ${tests[$m]} ($m is missing)" >&2; done
echo "To run them on Debian: sudo ${install[*]}" >&2
echo "Elsewhere, install the same programs with your own package manager." >&2
[ "${CI:-}" != true ] # in CI what cannot run is a failure
