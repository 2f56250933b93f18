#!/usr/bin/env bash
# Runs build.ps1 in PowerShell 7.6 or later: the pwsh on the PATH, else the .NET tool of .config/dotnet-tools.json.
# It needs the .NET SDK and nothing else. With no argument: builds the module and shows the main job on the sample.
# Otherwise the arguments are those of build.ps1, e.g. ./build.sh Test
#   --tool   use the .NET tool even where there is a pwsh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

tool=false
if [[ "${1:-}" == --tool ]]; then
    tool=true
    shift
fi
(($#)) || set -- Build,Demo

if ! command -v dotnet >/dev/null; then
    echo "build.sh: 'dotnet' is not on the PATH. Install the .NET SDK 10 (the runtime alone does not build)." >&2
    exit 1
fi
if ! dotnet --version >/dev/null 2>&1; then
    echo "build.sh: there is no .NET SDK that fits global.json (10.0.100 or a later 10.0). 'dotnet --list-sdks' says:" >&2
    dotnet --list-sdks >&2
    exit 1
fi

if [[ $tool == false ]] && pwsh -NoProfile -Command 'exit [int]($PSVersionTable.PSVersion -lt "7.6")' >/dev/null 2>&1; then
    exec pwsh -NoProfile -File ./build.ps1 "$@"
fi
if ! log=$(dotnet tool restore 2>&1); then
    echo "$log" >&2
    echo "build.sh: PowerShell 7.6 is not on the PATH, and 'dotnet tool restore' cannot get it (see above)." >&2
    exit 1
fi
exec dotnet pwsh -NoProfile -File ./build.ps1 "$@"
