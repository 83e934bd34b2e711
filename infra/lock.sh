#!/usr/bin/env bash
# `make lock`: the lock files, for Python 3.10 and newer on any system. No index is named in them: pip's own setting counts.
set -euo pipefail
uv=$1

compile() { # file, what it is for, options
  local file=$1 purpose=$2
  shift 2
  {
    printf '# %s\n# Made by `make lock` from pyproject.toml; do not edit.\n' "$purpose"
    UV_SYSTEM_CERTS=1 "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.10 --upgrade \
      --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"
  } >"$file.new"
  mv "$file.new" "$file"
}

compile requirements.lock "Everything: running, testing, checking. \`make test\` installs it." --extra dev
compile requirements-run.lock "What \`make run\` installs (chalice names pip and its like for packaging only)." --extra local \
  --constraint requirements.lock --no-emit-package pip --no-emit-package setuptools --no-emit-package wheel
compile requirements-lint.lock "What \`make check\` installs besides, to check the CloudFormation templates." --extra lint \
  --constraint requirements.lock
compile requirements-fuzz.lock "What \`make fuzz\` installs." --extra fuzz --constraint requirements.lock
compile requirements-mutants.lock "What \`make mutants\` installs." --extra mutants --constraint requirements.lock
compile requirements.txt "What Chalice packs into the Lambda zip (botocore comes with Lambda, chalice packs itself)." \
  --constraint requirements.lock
