#!/usr/bin/env bash
# Scores of Lighthouse on the public pages and on staff pages of the demo province. Lighthouse and all else stays in a
# temporary folder; BASE=http://… measures a program that runs already.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
trap '[[ -n $server ]] && kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
command -v npx >/dev/null || { echo "Node 20 or newer is needed." >&2; exit 1; }
export CHROME_PATH=${CHROME_PATH:-$(command -v chromium || command -v google-chrome)}
npm install --silent --no-fund --no-audit --prefix "$work" lighthouse@12 >/dev/null

if [[ -z ${BASE:-} ]]; then
  CGO_ENABLED=0 go build -o "$work/zhudian" ./cmd/zhudian
  port=${PORT:-9777}
  BASE=http://127.0.0.1:$port
  "$work/zhudian" demo --data "$work/demo" --addr "127.0.0.1:$port" >"$work/log" 2>&1 &
  server=$!
  until curl -fs -o /dev/null "$BASE/readyz" && curl -fs -o /dev/null "$BASE/portal/"; do
    kill -0 "$server" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 2
  done
fi

# first gives the first address of a page that looks so.
first() { curl -fsL ${3:+-b "$3"} "$BASE$1" | grep -oE "$2" | sed -n 1p; }

signed_in() { # login: gives the Cookie header
  curl -fs -o /dev/null -c "$work/jar" -H 'Content-Type: application/json' -d "{\"login\":\"$1\",\"password\":\"zhudian-demo\"}" "$BASE/api/v1/session"
  awk '$0 ~ /^(#HttpOnly_)?127/ {printf "%s%s=%s", sep, $6, $7; sep="; "}' "$work/jar"
}

worst=100
measure() { # name, path, which scores count, preset, cookie
  local out=$work/out.json extra=()
  [[ $4 == desktop ]] && extra+=(--preset=desktop)
  if [[ -n ${5:-} ]]; then
    printf '{"Cookie":"%s"}' "$5" >"$work/headers.json"
    extra+=(--extra-headers="$work/headers.json")
  fi
  "$work/node_modules/.bin/lighthouse" "$BASE$2" --quiet --output=json --output-path="$out" --only-categories=performance,accessibility,best-practices \
    --chrome-flags="--headless=new --no-sandbox --disable-gpu" "${extra[@]}"
  node -e '
    const r = require(process.argv[1]), of = (c) => Math.round(100 * r.categories[c].score);
    console.log(`| ${process.argv[2]} | ${process.argv[3]} | ${of("performance")} | ${of("accessibility")} | ${of("best-practices")} |`);
    for (const c of ["accessibility", "best-practices"]) for (const a of r.categories[c].auditRefs) {
      const x = r.audits[a.id];
      if (a.weight > 0 && x.score !== null && x.score < 1) console.error(`  ${c}: ${x.id}: ${x.title} ${JSON.stringify((x.details?.items ?? []).slice(0, 3).map((i) => i.node?.snippet ?? i.description ?? i.url))}`);
    }
    process.exitCode = Math.min(...process.argv[4].split(",").map(of)) < 95 ? 1 : 0;
  ' "$out" "$1" "$4" "$3" || worst=0
}

public=performance,accessibility,best-practices
staff=accessibility,best-practices
echo "| page | as | performance | accessibility | best practices |"
echo "|---|---|---|---|---|"
article=$(first /portal/ '/portal/articles/[0-9a-f-]+')
site=$(first '/portal/sites?kind=park' '/portal/sites/[0-9a-f-]{36}')
for as in mobile desktop; do
  measure "portal home" /portal/ $public $as
  measure "portal article" "$article" $public $as
  measure "portal sites" /portal/sites $public $as
  measure "portal site" "$site" $public $as
  measure "portal search" '/portal/news?q=%E5%8E%82%E6%88%BF' $public $as
done
cookie=$(signed_in province)
measure "workbench" / $staff desktop "$cookie"
measure "companies" /companies $staff desktop "$cookie"
measure "project" "$(first /projects '/projects/[0-9a-f-]{36}' "$work/jar")" $staff desktop "$cookie"
measure "sites on the map" '/sites?view=map' $staff desktop "$cookie"
measure "dashboard" /dashboard $staff desktop "$(signed_in leader)"
[[ $worst == 100 ]] || { echo "A score that counts is below 95." >&2; exit 1; }
