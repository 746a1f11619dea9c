#!/usr/bin/env bash
# From a file to a published video by curl alone; prints the finished post as JSON.
#   BASE_URL=http://127.0.0.1:8000 API_KEY=cd_… scripts/api-journey.sh video.mp4
# ACCOUNT_ID   the account to post to (default: the first active one)
# PRIVACY      who may see it (default: the first that TikTok offers)
# CAPTION      the caption
# UPLOAD       tus (default, in pieces of PIECE_BYTES) or multipart
# TIMEOUT_S    how long to wait for "published" (default 600)
set -euo pipefail

: "${BASE_URL:?}" "${API_KEY:?}"
video=${1:?usage: api-journey.sh VIDEO}
api=${BASE_URL%/}/api/v1
piece=${PIECE_BYTES:-16777216}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf '%s\n' "$*" >&2; }

# call METHOD PATH [curl options]: prints the body; on an error prints the problem and ends.
call() {
  local method=$1 path=$2 status
  shift 2
  status=$(curl -sS -X "$method" -H "Authorization: Bearer $API_KEY" -o "$scratch/body" -D "$scratch/headers" \
    -w '%{http_code}' "$@" "$path")
  if [ "$status" -ge 400 ]; then
    say "$method $path: $status"
    cat "$scratch/body" >&2
    say
    exit 1
  fi
  cat "$scratch/body"
}

# value EXPRESSION: evaluates Python on the JSON "d" from standard input.
value() { python3 -c 'import json, sys; d = json.load(sys.stdin); v = eval(sys.argv[1]); print("" if v is None else v)' "$1"; }
header() { tr -d '\r' <"$scratch/headers" | sed -n "s/^$1: //Ip" | tail -n 1; }

by_multipart() { call POST "$api/media" -F "file=@$video" | value 'd["id"]'; }

by_tus() {
  local size offset=0 place name
  size=$(stat -c %s "$video")
  name=$(basename "$video" | base64 -w 0)
  call POST "$api/media/uploads" -H 'Tus-Resumable: 1.0.0' -H "Upload-Length: $size" \
    -H "Upload-Metadata: filename $name" >/dev/null
  place=$(header Location)
  case $place in /*) place=${BASE_URL%/}$place ;; esac
  while [ "$offset" -lt "$size" ]; do
    tail -c "+$((offset + 1))" "$video" | head -c "$piece" >"$scratch/piece" || true
    call PATCH "$place" -H 'Tus-Resumable: 1.0.0' -H "Upload-Offset: $offset" \
      -H 'Content-Type: application/offset+octet-stream' -H 'Expect:' --data-binary "@$scratch/piece" >/dev/null
    offset=$(header Upload-Offset)
    say "uploaded $offset of $size bytes"
  done
  header Clipdesk-Media-Id
}

account=${ACCOUNT_ID:-$(call GET "$api/accounts" | value 'next(a["id"] for a in d["items"] if a["status"] == "active")')}
privacy=${PRIVACY:-$(call GET "$api/accounts/$account/creator-info" | value 'd["privacy_level_options"][0]')}
if [ "${UPLOAD:-tus}" = multipart ]; then media=$(by_multipart); else media=$(by_tus); fi
say "media $media"
until state=$(call GET "$api/media/$media" | value 'd["state"]') && [ "$state" != checking ]; do sleep 1; done
if [ "$state" != ready ]; then
  call GET "$api/media/$media"
  exit 1
fi

body=$(python3 -c 'import json, sys; a, m, p, c = sys.argv[1:]; print(json.dumps({"account_id": a, "media_ids": [m],
  "mode": "DIRECT_POST", "caption": c, "privacy_level": p, "consent": True}))' \
  "$account" "$media" "$privacy" "${CAPTION:-Sent by curl}")
post=$(call POST "$api/posts" -H 'Content-Type: application/json' -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" \
  --data-binary "$body" | value 'd["id"]')
say "post $post"

end=$((SECONDS + ${TIMEOUT_S:-600}))
while [ "$SECONDS" -lt "$end" ]; do
  call GET "$api/posts/$post" >"$scratch/post"
  state=$(value 'd["state"]' <"$scratch/post")
  say "$state $(value '"%(sent_bytes)d of %(total_bytes)d bytes" % d["progress"] if d["progress"] else ""' <"$scratch/post")"
  case $state in
    published)
      # The public link follows once TikTok has moderated a post that everyone may see.
      if [ "$privacy" != PUBLIC_TO_EVERYONE ] || [ -n "$(value '" ".join(d["share_urls"])' <"$scratch/post")" ]; then
        cat "$scratch/post"
        echo
        exit 0
      fi
      ;;
    failed | cancelled | needs_attention | waiting_account)
      cat "$scratch/post"
      echo
      exit 1
      ;;
  esac
  sleep 1
done
say "not published in time"
exit 1
