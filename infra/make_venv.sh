#!/usr/bin/env bash
# Make a virtual environment with a Python that really runs: 3.13, or 3.12.
# PYTHON=/path/to/python names one. Version managers put programs on the PATH that exist and refuse,
# so each candidate is tried.
set -eu
venv=$1

fits() {
    "$1" - >/dev/null 2>&1 <<'PROBE'
import sys, venv, ensurepip, ssl, zlib
sys.exit(sys.version_info[:2] not in ((3, 13), (3, 12)))
PROBE
}

candidates() {
    if [ -n "${PYTHON:-}" ]; then
        echo "$PYTHON"
        return
    fi
    printf '%s\n' python3.13 python3.12 python3 python
    for root in "${PYENV_ROOT:-$HOME/.pyenv}/versions" "$HOME/.local/share/uv/python" "$HOME/.asdf/installs/python" \
        "$HOME/.local/share/mise/installs/python"; do
        ls -1d "$root"/*3.13*/bin/python "$root"/*3.12*/bin/python 2>/dev/null | sort -rV || true
    done
    printf '%s\n' /opt/homebrew/bin/python3.13 /opt/homebrew/bin/python3.12 /usr/local/bin/python3.13 \
        /usr/local/bin/python3.12 /usr/bin/python3.13 /usr/bin/python3.12
}

while read -r candidate; do
    if fits "$candidate"; then
        echo "Using $("$candidate" -c 'import sys; print("Python", sys.version.split()[0], "at", sys.executable)')"
        rm -rf "$venv"
        "$candidate" -m venv "$venv"
        exit 0
    fi
done < <(candidates)

if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a working Python 3.13 or 3.12 with venv and ssl." >&2
else
    cat >&2 <<'TEXT'
No working Python 3.13 or 3.12 was found. Install one, for example
    Debian, Ubuntu:  apt install python3.13 python3.13-venv     (or python3.12)
    macOS:           brew install python@3.13
    any system:      pyenv install 3.13    or    uv python install 3.13
or say where it is:  make run PYTHON=/path/to/python3.13
TEXT
fi
exit 1
