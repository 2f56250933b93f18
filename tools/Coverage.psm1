# Counts what the tests run of the assemblies that we ship, in copies of them.

$root = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..'))
$project = "$PSScriptRoot/Coverage/Coverage.csproj"
$shipped = 'LowMem.Checkpoints', 'LowMem.Loader', 'LowMem.PowerShell', 'LowMem.PackageSources'
Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/Build.psm1"))

function New-CoverageCopy {
    <#
    .SYNOPSIS
        Copies a folder of programs, makes the assemblies in it that we ship count what runs, and returns what Export-Coverage needs.
    #>
    [CmdletBinding()]
    param(
        # Folders, whose files go into one; of two files of the same name, the first.
        [Parameter(Mandatory)][string[]] $Source,

        # Where the copy goes; what is there is removed.
        [Parameter(Mandatory)][string] $Destination,

        # The report, without extension, that all copies together end in.
        [Parameter(Mandatory)][string] $Report,
        [Parameter(Mandatory)][string] $Configuration
    )

    $Destination = [IO.Path]::GetFullPath($Destination, $PWD.ProviderPath)
    $Source = $Source.ForEach({ [IO.Path]::GetFullPath($_, $PWD.ProviderPath) })
    if ([IO.Directory]::Exists($Destination)) { [IO.Directory]::Delete($Destination, $true) }
    foreach ($folder in $Source) {
        foreach ($file in [IO.Directory]::GetFiles($folder, '*', 'AllDirectories')) {
            $target = [IO.Path]::Combine($Destination, [IO.Path]::GetRelativePath($folder, $file))
            if (-not [IO.File]::Exists($target)) { Copy-ProgramFile $file $target }
        }
    }

    # One call for each folder: the module has an assembly that is loaded apart.
    $assemblies = @([IO.Directory]::GetFiles($Destination, 'LowMem.*.dll', 'AllDirectories').Where({ [IO.Path]::GetFileNameWithoutExtension($_) -in $shipped }))
    foreach ($assembly in $assemblies) {
        $name = [IO.Path]::GetFileNameWithoutExtension($assembly)
        # Without symbols nothing is known of its lines. The module has none.
        $symbols = [IO.Path]::ChangeExtension($assembly, 'pdb')
        if (-not [IO.File]::Exists($symbols)) { [IO.File]::Copy("$root/src/$name/bin/$Configuration/net10.0/$name.pdb", $symbols) }
    }
    foreach ($folder in $assemblies.ForEach({ [IO.Path]::GetDirectoryName($_) }) | Sort-Object -Unique) {
        $first = $assemblies.Where({ [IO.Path]::GetDirectoryName($_) -eq $folder }, 'First')[0]
        # The symbols of a package name sources below '/_/', wherever those were: coverlet reads here where they are.
        $map = [IO.Path]::Combine($folder, "CoverletSourceRootsMapping_$([IO.Path]::GetFileNameWithoutExtension($first))")
        [IO.File]::WriteAllText($map, "$project|$root/=/_/`n", [Text.Encoding]::Unicode)
        # What the commands are compiled against, which PowerShell has and the module has not.
        $engine = [IO.Path]::Combine($folder, 'System.Management.Automation.dll')
        $borrowed = -not [IO.File]::Exists($engine)
        if ($borrowed) { [IO.File]::Copy([PSObject].Assembly.Location, $engine) }
        $state = Invoke-Native dotnet @(
            'msbuild', $project, '-t:Instrument', "-p:Instrumented=$first", "-p:MergeWith=$Report.json", '-getProperty:InstrumenterState', '-nologo')
        if (-not [IO.File]::Exists($state)) { throw "coverlet did not take '$folder': $state" }
        if ($borrowed) { [IO.File]::Delete($engine) }
        $state
    }
}

# Half a gigabyte of natives is on the disk once.
function Copy-ProgramFile([string] $Path, [string] $Destination) {
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Destination))
    if ([IO.FileInfo]::new($Path).Length -gt 16MB) {
        $linked = New-Item -ItemType HardLink -Path $Destination -Target ([WildcardPattern]::Escape($Path)) -ErrorAction Ignore
        if ($linked) { return }
    }
    [IO.File]::Copy($Path, $Destination)
}

function Initialize-Coverage {
    <#
    .SYNOPSIS
        Gets coverlet through NuGet and removes an earlier report.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)][string] $Report)

    Invoke-Native dotnet @('msbuild', $project, '-restore', '-v:quiet', '-nologo')
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Report))
    foreach ($kind in 'json', 'cobertura.xml') { [IO.File]::Delete("$Report.$kind") }
}

function Export-Coverage {
    <#
    .SYNOPSIS
        Merges what the copies counted into one report, with pages for a browser beside it, and returns a row for each assembly.
    #>
    [CmdletBinding()]
    param(
        # What New-CoverageCopy returned.
        [Parameter(Mandatory)][string[]] $State,
        [Parameter(Mandatory)][string] $Report,

        # Where ReportGenerator is kept.
        [Parameter(Mandatory)][string] $ToolDirectory
    )

    foreach ($one in $State) {
        # It prints a table for each copy, of which none is the whole.
        $said = & dotnet msbuild $project -t:Collect "-p:InstrumenterState=$one" "-p:Report=$Report" -v:quiet -nologo
        if ($LASTEXITCODE -ne 0) { throw "coverlet gave no report: $said" }
    }
    $folder = [IO.Path]::GetDirectoryName($Report)
    $program = Install-DotnetTool -Package dotnet-reportgenerator-globaltool -Version 5.6.0 -Command reportgenerator -Destination $ToolDirectory
    Invoke-Native $program @(
        "-reports:$Report.cobertura.xml", "-targetdir:$folder/html", '-reporttypes:Html;JsonSummary', '-verbosity:Error') | Out-Host

    $summary = [IO.File]::ReadAllText("$folder/html/Summary.json") | ConvertFrom-Json
    foreach ($assembly in $summary.coverage.assemblies) {
        ConvertTo-CoverageRow $assembly.name $assembly
    }
    ConvertTo-CoverageRow 'all' $summary.summary
}

function ConvertTo-CoverageRow([string] $Name, $Counts) {
    [pscustomobject]@{
        Assembly      = $Name
        Lines         = $Counts.coverablelines
        'Lines run'   = '{0:p1}' -f ($Counts.coveredlines / $Counts.coverablelines)
        Branches      = $Counts.totalbranches
        'Branches run' = '{0:p1}' -f ($Counts.coveredbranches / $Counts.totalbranches)
    }
}

Export-ModuleMember -Function Initialize-Coverage, New-CoverageCopy, Export-Coverage
