#!/usr/bin/env bash
# Runs build.ps1 on a machine with or without PowerShell. With no argument: builds the module and shows the main job on
# the sample. Otherwise the arguments are those of build.ps1, e.g. ./build.sh Test
#   --embedded   use tools/PowerShellHost even where pwsh is installed
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

embedded=false
if [[ "${1:-}" == --embedded ]]; then
    embedded=true
    shift
fi
if [[ $# -eq 0 ]]; then
    set -- Build,Demo
fi

if ! command -v dotnet >/dev/null; then
    echo "build.sh: 'dotnet' is not on the PATH. Install the .NET SDK 10 (the runtime alone does not build)." >&2
    exit 1
fi
if ! dotnet --version >/dev/null 2>&1; then
    echo "build.sh: there is no .NET SDK that fits global.json (10.0.100 or a later 10.0). 'dotnet --list-sdks' says:" >&2
    dotnet --list-sdks >&2
    exit 1
fi

# True when the pwsh on the PATH is 7.6 or later.
has_pwsh() {
    command -v pwsh >/dev/null || return 1
    local version major minor
    version=$(pwsh --version 2>/dev/null) || return 1
    version=${version#PowerShell }
    IFS=.- read -r major minor _ <<<"$version"
    [[ "$major" =~ ^[0-9]+$ && "$minor" =~ ^[0-9]+$ ]] || return 1
    ((major > 7 || (major == 7 && minor >= 6)))
}

if [[ $embedded == false ]] && has_pwsh; then
    exec pwsh -NoProfile -File "$root/build.ps1" "$@"
fi

# The host is built when one of its sources is newer than the last build: asking MSBuild would take two seconds.
project=$root/tools/PowerShellHost
host=$project/bin/Release/net10.0/PowerShellHost.dll
stamp=$project/obj/build.sh.stamp
if [[ ! -f $host || ! -f $stamp ]] || [[ -n $(find "$project" "$root"/Directory.*.props "$root/global.json" \
    \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit) ]]; then
    started=$(mktemp)
    if ! log=$(dotnet build "$project" -c Release -v quiet --nologo -nodeReuse:false 2>&1); then
        echo "$log" >&2
        echo "build.sh: the embedded PowerShell host does not build." >&2
        exit 1
    fi
    mv "$started" "$stamp"
fi
exec dotnet "$host" -File "$root/build.ps1" "$@"
