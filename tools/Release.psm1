# What has to hold before a version is given to others. docs/releasing.md says who does what.

$root = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..'))

function Test-Release {
    <#
    .SYNOPSIS
        Checks a checkout and the packages made of it. Returns one object for each check: its name, whether it passed, and what was wrong.
    #>
    [CmdletBinding()]
    param(
        # The checkout.
        [string] $Path = $root,

        # The module that went into the package.
        [string] $Stage = "$Path/out/module",

        # Where the packages are.
        [string] $Packages = "$Path/out/packages",

        # Which checks, by a pattern of their names.
        [string] $Name = '*'
    )

    $version = Get-ReleaseVersion $Path
    # What a check writes is what is wrong.
    $checks = [ordered]@{
        'The tree has no changes that are not committed'       = { git -C $Path status --porcelain }
        'One file says the version'                            = { Get-SecondVersion $Path }
        "CHANGELOG.md has a dated section for $version, and nothing after it" = { Get-ChangelogFault $Path $version }
        "No tag is v$version yet, or it is this commit"        = { Get-TagFault $Path $version }
        "The manifest is valid and of $version"                = { Get-ManifestFault $Stage $version }
        'The help file is made of the pages as they are'       = { Get-HelpFault $Path }
        'Lock files are those of the projects'                 = { Get-LockFault $Path }
        'All packages are there, and the list of what is in them' = { Get-PackageFault $Packages $version }
        'NOTICE.txt names each assembly that is not ours'      = { Get-NoticeFault $Stage }
        'Links in the docs lead to files and headings'         = { Get-BrokenLink $Path }
    }
    foreach ($check in $checks.GetEnumerator() | Where-Object Key -Like $Name) {
        $faults = @(try { & $check.Value } catch { "$_" }) -ne ''
        [pscustomobject]@{ Check = $check.Key; Passed = $faults.Count -eq 0; Fault = $faults }
    }
}

function Get-ReleaseVersion([string] $Path) {
    ([xml] [IO.File]::ReadAllText("$Path/Directory.Build.props")).Project.PropertyGroup.Version
}

function Get-SecondVersion([string] $Path) {
    $projects = git -C $Path ls-files '*.csproj' '*.props' '*.targets' | Where-Object { $_ -ne 'Directory.Build.props' }
    foreach ($file in $projects) {
        if ([IO.File]::ReadAllText("$Path/$file") -cmatch '<(Assembly|File|Package|Informational)?Version>|<VersionPrefix>') { "'$file' has a version of its own" }
    }
    if ([IO.File]::ReadAllText("$Path/LowMem.psd1") -notmatch "ModuleVersion\s*=\s*'\{Version\}'") { 'LowMem.psd1 has a version of its own' }
}

function Get-ChangelogFault([string] $Path, [string] $Version) {
    $text = [IO.File]::ReadAllText("$Path/CHANGELOG.md").ReplaceLineEndings("`n")
    $sections = @([regex]::Matches($text, '(?ms)^## \[(?<name>[^\]]+)\](?<rest>[^\n]*)\n(?<body>.*?)(?=^## \[|\z)'))
    foreach ($section in $sections) {
        $name = $section.Groups['name'].Value
        if ($name -eq 'Unreleased') {
            if ($section.Groups['body'].Value.Trim()) { "[Unreleased] has text that belongs to a version" }
            continue
        }
        # The newest comes first.
        if ($name -ne $Version) { "the newest section is [$name]" }
        elseif ($section.Groups['rest'].Value -notmatch '^ - \d{4}-\d{2}-\d{2}$') { "[$name] has no date: '## [$name] - 2000-12-31'" }
        return
    }
    "there is no section [$Version]"
}

function Get-TagFault([string] $Path, [string] $Version) {
    $tagged = git -C $Path rev-parse --verify --quiet "refs/tags/v$Version^{commit}"
    if ($tagged -and $tagged -ne (git -C $Path rev-parse HEAD)) { "v$Version is another commit, $tagged" }
}

function Get-ManifestFault([string] $Stage, [string] $Version) {
    $manifest = Test-ModuleManifest ([WildcardPattern]::Escape("$Stage/LowMem.psd1")) -WarningVariable warnings -WarningAction SilentlyContinue -ErrorAction Stop
    $warnings.ForEach({ "$_" })
    if ("$($manifest.Version)" -ne $Version) { "its version is $($manifest.Version)" }
    if ($manifest.ExportedCmdlets.Count -eq 0) { 'it exports no cmdlet' }
    if (-not $manifest.ReleaseNotes) { 'it has no release notes' }
}

function Get-HelpFault([string] $Path) {
    Import-Module ([WildcardPattern]::Escape("$PSScriptRoot/Help.psm1"))
    $made = [IO.File]::ReadAllLines("$Path/src/LowMem.PowerShell/en-US/pages.sha256")
    (Compare-Object $made @(Get-PageDigest "$Path/docs/en-US")).ForEach({ ($_.InputObject -split '  ')[1] }) |
        Sort-Object -Unique | ForEach-Object { "$_ has changed: ./build.ps1 Help" }
}

function Get-LockFault([string] $Path) {
    $said = & dotnet restore "$Path/LowMem.slnx" --locked-mode -v quiet --nologo
    if ($LASTEXITCODE -ne 0) { $said }
}

function Get-PackageFault([string] $Packages, [string] $Version) {
    $names = @(
        "LowMem.$Version.nupkg", "LowMem.$Version.spdx.json"
        foreach ($library in 'LowMem.Checkpoints', 'LowMem.Loader') { "$library.$Version.nupkg"; "$library.$Version.snupkg" })
    foreach ($name in $names) {
        if (-not [IO.File]::Exists("$Packages/$name")) { "'$name' is missing: ./build.ps1 Package, Bom" }
    }
    if (-not (Get-ChildItem -LiteralPath $Packages -Filter "LowMem-$Version-*.zip" -ErrorAction Ignore)) { 'there is no zip for a platform' }
    # What is left of another version would be published with this one.
    (Get-ChildItem -LiteralPath $Packages -File -ErrorAction Ignore).Where({ -not $_.Name.Contains($Version) }).ForEach({ "'$($_.Name)' is of another version" })
}

function Get-NoticeFault([string] $Stage) {
    $notice = [IO.File]::ReadAllText("$Stage/NOTICE.txt")
    foreach ($file in [IO.Directory]::GetFiles($Stage, '*.dll', 'AllDirectories')) {
        $name = [IO.Path]::GetFileNameWithoutExtension($file)
        if ($name -notlike 'LowMem.*' -and -not $notice.Contains($name)) { "it does not name $name" }
    }
}

function Get-BrokenLink {
    <#
    .SYNOPSIS
        The links in the Markdown files of a checkout that lead to no file of it, or to no heading of one.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)][string] $Path)

    foreach ($file in git -C $Path ls-files '*.md') {
        $text = Get-Prose "$Path/$file"
        foreach ($link in [regex]::Matches($text, '(?<!`)\]\((?<target>[^)\s]+)\)')) {
            $target, $heading = $link.Groups['target'].Value -split '#', 2
            if ($target -match '^[a-z]+:') { continue }
            $full = $target ? [IO.Path]::GetFullPath($target, [IO.Path]::GetDirectoryName("$Path/$file")) : "$Path/$file"
            if (-not [IO.Path]::Exists($full)) { "$($file): $target" }
            elseif ($heading -and $heading -notin @(Get-HeadingId $full)) { "$($file): $target#$heading" }
        }
    }
}

# A page without its code, where brackets and numbers mean something else.
function Get-Prose([string] $Path) {
    [IO.File]::ReadAllText($Path) -replace '(?ms)^[ ]*```.*?^[ ]*```[ ]*\r?$' -replace '`[^`\n]*`', '`'
}

# What a link to a heading is called where the pages are shown: small letters, blanks as hyphens, no other sign.
function Get-HeadingId([string] $Path) {
    foreach ($line in [IO.File]::ReadAllText($Path) -replace '(?ms)^```.*?^```[ ]*\r?$' -split '\r?\n' -match '^#+ ') {
        ($line -replace '^#+ ').ToLowerInvariant() -replace '[^\w\- ]' -replace ' ', '-'
    }
}

function Get-ManualStep {
    <#
    .SYNOPSIS
        What docs/releasing.md leaves to a person, step by step.
    #>
    [CmdletBinding()]
    [OutputType([string])]
    param([string] $Path = $root)

    $page = [IO.File]::ReadAllText("$Path/docs/releasing.md").ReplaceLineEndings("`n")
    $section = [regex]::Match($page, '(?ms)^## By hand\n(.*?)(?=^## |\z)').Groups[1].Value
    [regex]::Matches($section, '(?ms)^\d+\. (.*?)(?=^\d+\. |\n\n|\z)').ForEach({ $_.Groups[1].Value.Trim() -replace '\s*\n\s*', ' ' })
}

Export-ModuleMember -Function Test-Release, Get-BrokenLink, Get-ManualStep
