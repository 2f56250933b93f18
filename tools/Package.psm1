# Makes what is given to others: the module for Install-PSResource, a zip for one platform, and packages for programs in C#.

$root = [IO.Path]::GetFullPath("$PSScriptRoot/..")
Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/Build.psm1"))

function New-ModulePackage {
    <#
    .SYNOPSIS
        Makes the package for Install-PSResource, of IL without natives, and returns its path.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        # Where the package goes.
        [Parameter(Mandatory)][string] $Destination,

        # The module that goes into it, as the build stages it.
        [Parameter(Mandatory)][string] $Stage
    )

    Invoke-Pack "$root/tools/Package/Module.csproj" $Destination "-p:ModuleStage=$([IO.Path]::GetFullPath($Stage))/"
}

function New-LibraryPackage {
    <#
    .SYNOPSIS
        Makes the packages for programs in C#, of the libraries that are built, and returns their paths.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)][string] $Destination,
        [string] $Configuration = 'Release'
    )

    foreach ($name in 'LowMem.Checkpoints', 'LowMem.Loader') {
        Invoke-Pack "$root/src/$name/$name.csproj" $Destination @('--no-build', "-p:Configuration=$Configuration")
    }
}

function New-ModuleArchive {
    <#
    .SYNOPSIS
        Makes a zip of a staged module with the natives of one platform, and returns its path.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)][string] $Destination,
        [Parameter(Mandatory)][string] $Stage
    )

    $version = (Test-ModuleManifest ([WildcardPattern]::Escape("$Stage/LowMem.psd1"))).Version
    $mainLibraries = @{ 'linux-x64' = 'libLibTorchSharp.so'; 'win-x64' = 'LibTorchSharp.dll'; 'osx-arm64' = 'libLibTorchSharp.dylib' }
    $rids = @($mainLibraries.Keys.Where({ [IO.File]::Exists("$Stage/$($mainLibraries[$_])") }))
    if ($rids.Count -ne 1) { throw "One platform was to be staged in '$Stage', not $($rids.Count)." }

    $null = [IO.Directory]::CreateDirectory($Destination)
    $path = [IO.Path]::Combine($Destination, "LowMem-$version-$($rids[0]).zip")
    [IO.File]::Delete($path)
    $zip = [IO.Compression.ZipFile]::Open($path, 'Create')
    try {
        $files = [IO.Directory]::GetFiles($Stage, '*', 'AllDirectories').ForEach({ [IO.Path]::GetRelativePath($Stage, $_).Replace('\', '/') })
        [array]::Sort($files, [StringComparer]::Ordinal)
        foreach ($file in $files) {
            # The same files give the same bytes, whenever and by whom they were made.
            $entry = $zip.CreateEntry("LowMem/$file", 'Optimal')
            $entry.LastWriteTime = [DateTimeOffset]::new(2000, 1, 1, 0, 0, 0, [TimeSpan]::Zero)
            $from = [IO.File]::OpenRead("$Stage/$file")
            try {
                $to = $entry.Open()
                try { $from.CopyTo($to) } finally { $to.Dispose() }
            }
            finally { $from.Dispose() }
        }
    }
    finally { $zip.Dispose() }
    $path
}

function New-PackageBom {
    <#
    .SYNOPSIS
        Writes beside a package what is in it, and what that was made of (SPDX), and returns the path. Gets the program for it through NuGet.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param(
        [Parameter(Mandatory)][string] $Destination,

        # The module that is in the package.
        [Parameter(Mandatory)][string] $Stage,

        # Where the program is kept, and what it writes meanwhile.
        [Parameter(Mandatory)][string] $WorkingDirectory
    )

    $program = Install-DotnetTool -Package Microsoft.Sbom.DotNetTool -Version 4.1.13 -Command sbom-tool -Destination $WorkingDirectory

    $version = (Import-PowerShellDataFile ([WildcardPattern]::Escape("$Stage/LowMem.psd1"))).ModuleVersion
    $manifests = [IO.Path]::Combine($WorkingDirectory, 'manifest')
    if ([IO.Directory]::Exists($manifests)) { [IO.Directory]::Delete($manifests, $true) }
    $null = [IO.Directory]::CreateDirectory($manifests)
    $rollForward = $env:DOTNET_ROLL_FORWARD
    # It is made for .NET 8.
    $env:DOTNET_ROLL_FORWARD = 'Major'
    try {
        # A document has a namespace, which is a URI: names in 'invalid' are reserved for what leads nowhere.
        Invoke-Native $program @(
            'generate', '-b', $Stage, '-bc', "$root/src", '-m', $manifests, '-pn', 'LowMem', '-pv', $version, '-ps', 'LowMem contributors'
            '-nsb', 'https://lowmem.invalid', '-V', 'Error') | Out-Null
    }
    finally { $env:DOTNET_ROLL_FORWARD = $rollForward }

    $null = [IO.Directory]::CreateDirectory($Destination)
    $path = [IO.Path]::Combine($Destination, "LowMem.$version.spdx.json")
    [IO.File]::Copy("$manifests/_manifest/spdx_2.2/manifest.spdx.json", $path, $true)
    $path
}

function Invoke-Pack([string] $Project, [string] $Destination, [string[]] $Argument) {
    $Destination = [IO.Path]::GetFullPath($Destination)
    $lines = @(Invoke-Native dotnet (@('pack', $Project, '-o', $Destination, '--nologo', '-v', 'minimal') + $Argument))
    $made = @($lines | Select-String "'([^']+\.nupkg)'" | ForEach-Object { $_.Matches[0].Groups[1].Value })
    if ($made.Count -eq 0) { throw "'dotnet pack $Project' made no package: $lines" }
    $made
}

Export-ModuleMember -Function New-ModulePackage, New-LibraryPackage, New-ModuleArchive, New-PackageBom
