#!/bin/sh
# Prints the path of Chromium, which is installed by apt where there is none.
set -eu
find_one() {
  for name in chromium chromium-browser google-chrome; do
    if command -v "$name"; then return 0; fi
  done
  return 1
}
if find_one; then exit 0; fi
if ! command -v apt-get > /dev/null; then
  echo "The tests of the page need Chromium: install it, so that 'chromium' runs it." >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
$as_root apt-get update -qq >&2
$as_root apt-get install -y -qq --no-install-recommends chromium >&2
find_one
