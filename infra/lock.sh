#!/usr/bin/env bash
# infra/lock.sh UV [--upgrade]: the lock files, for Python 3.10 and newer on any system, with the hash of every file that
# pip may take. Versions that are in them already stay, unless `--upgrade` is given, as `make lock` does.
# No index is named in them: pip's own setting counts.
set -euo pipefail
uv=$1
upgrade=${2:-}

compile() { # file, what it is for, options
  local file=$1 purpose=$2
  shift 2
  [ ! -e "$file" ] || cp "$file" "$file.new" # uv looks there for the versions to keep
  UV_SYSTEM_CERTS=1 "$uv" pip compile --quiet --universal --python-version 3.10 --generate-hashes ${upgrade:+"$upgrade"} \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$file.new" "$@" >/dev/null
  {
    printf '# %s\n# Made by `make lock` from pyproject.toml; do not edit.\n' "$purpose"
    cat "$file.new"
  } >"$file"
  rm "$file.new"
}

compile requirements.lock "Everything: running, testing, checking. \`make test\` installs it." pyproject.toml --extra dev
compile requirements-run.lock "What \`make run\` installs (chalice names pip and its like for packaging only)." \
  pyproject.toml --extra local --constraint requirements.lock \
  --no-emit-package pip --no-emit-package setuptools --no-emit-package wheel
compile requirements-lint.lock "What \`make check\` installs besides, to check the CloudFormation templates." \
  pyproject.toml --extra lint --constraint requirements.lock
compile requirements-load.lock "What \`make load\` installs besides, for its plot." pyproject.toml --extra load \
  --constraint requirements.lock
compile requirements-fuzz.lock "What \`make fuzz\` installs." pyproject.toml --extra fuzz --constraint requirements.lock
compile requirements-mutants.lock "What \`make mutants\` installs." pyproject.toml --extra mutants \
  --constraint requirements.lock
compile requirements.txt "What Chalice packs into the Lambda zip (botocore comes with Lambda, chalice packs itself)." \
  pyproject.toml --constraint requirements.lock
compile requirements-argon2.lock "What Argon2 is built with for the Lambda zip." --group argon2 \
  --constraint requirements.lock
compile requirements-uv.lock "What \`make lock\` installs." --group lock
