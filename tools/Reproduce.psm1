# Makes the packages of one commit twice, and compares them byte for byte.

Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/Build.psm1"))

function Compare-Package {
    <#
    .SYNOPSIS
        Compares two folders of packages and says what differs: a package, or the entries of one.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)][string] $First,
        [Parameter(Mandatory)][string] $Second
    )

    $names = @(foreach ($folder in $First, $Second) { [IO.Directory]::GetFiles($folder).ForEach({ [IO.Path]::GetFileName($_) }) })
    foreach ($name in $names | Sort-Object -Unique) {
        $one, $other = [IO.Path]::Combine($First, $name), [IO.Path]::Combine($Second, $name)
        $missing = @($First, $Second).Where({ -not [IO.File]::Exists([IO.Path]::Combine($_, $name)) })
        if ($missing) { "${name}: it is not in '$missing'."; continue }
        if ((Get-FileHash -LiteralPath $one).Hash -eq (Get-FileHash -LiteralPath $other).Hash) { continue }

        $entries = Get-EntryMark $one
        $others = Get-EntryMark $other
        $differ = @(@($entries.Keys) + @($others.Keys) | Sort-Object -Unique | Where-Object { $entries[$_] -ne $others[$_] })
        if ($differ.Count -gt 0) { "${name}: $($differ -join ', ')" }
        else { "${name}: the order of its entries, or how they are compressed" }
    }
}

function Test-Reproduction {
    <#
    .SYNOPSIS
        Clones the commit that is checked out into two folders, makes the packages in each, and throws when one is not the same.
    .DESCRIPTION
        The folders have names of different lengths, and the second build runs in another time zone, with another umask and without the address that
        the clone came from: none of these may get into a package.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)][string] $Repository,

        # Where the clones go; outside of the repository, whose settings would hold for them.
        [Parameter(Mandatory)][string] $WorkingDirectory
    )

    $changes = @(Invoke-Native git @('-C', $Repository, 'status', '--porcelain'))
    if ($changes) { Write-Warning "What is not committed is not built: $($changes.Count) files." }
    $zone = $env:TZ
    $packages = foreach ($turn in 1, 2) {
        $folder = [IO.Path]::Combine($WorkingDirectory, $turn -eq 1 ? 'one' : 'a folder of another length')
        Invoke-Native git @('clone', '--quiet', '--no-hardlinks', $Repository, $folder) | Out-Host
        if ($turn -eq 2) { Invoke-Native git @('-C', $folder, 'remote', 'remove', 'origin') }
        try {
            $env:TZ = $turn -eq 1 ? 'UTC' : 'Asia/Kathmandu'
            $build = @(Get-PowerShellCommand) + @('-NoProfile', '-File', "$folder/build.ps1", 'Package')
            if ($IsWindows) { Invoke-Native -Command $build[0] -ArgumentList $build[1..($build.Count - 1)] | Out-Host }
            else { Invoke-Native sh (@('-c', 'umask "$0"; exec "$@"', ($turn -eq 1 ? '022' : '077')) + $build) | Out-Host }
        }
        finally { $env:TZ = $zone }
        "$folder/out/packages"
    }

    $differences = @(Compare-Package -First $packages[0] -Second $packages[1])
    foreach ($package in [IO.Directory]::GetFiles($packages[0]) | Sort-Object) {
        '{0}  {1}' -f (Get-FileHash -LiteralPath $package).Hash.ToLowerInvariant(), [IO.Path]::GetFileName($package) | Out-Host
    }
    if ($differences) { throw "Two builds of one commit differ; both are kept in '$WorkingDirectory'.`n$($differences -join "`n")" }
    Write-Host 'Two builds of one commit gave the same bytes.'
    Remove-Item -LiteralPath $WorkingDirectory -Recurse -Force
}

# What an entry of a package is, by its name: content, time and rights.
function Get-EntryMark([string] $Path) {
    $zip = [IO.Compression.ZipFile]::OpenRead($Path)
    try {
        $marks = @{}
        foreach ($entry in $zip.Entries) {
            $stream = $entry.Open()
            try { $hash = (Get-FileHash -InputStream $stream).Hash } finally { $stream.Dispose() }
            $marks[$entry.FullName] = "$hash $($entry.LastWriteTime.DateTime.Ticks) $($entry.ExternalAttributes)"
        }
        $marks
    }
    finally { $zip.Dispose() }
}

Export-ModuleMember -Function Compare-Package, Test-Reproduction
