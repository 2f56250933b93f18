# TestDrive: and $TestDrive: one temporary directory per test file. What a block leaves there is gone when it ends.

function New-TestDrive {
    $root = [IO.Directory]::CreateTempSubdirectory('TestDrive-').FullName
    $provider = $ExecutionContext.SessionState.Provider.GetOne('FileSystem')
    $drive = [Management.Automation.PSDriveInfo]::new('TestDrive', $provider, $root, '', $null)
    $null = $ExecutionContext.SessionState.Drive.New($drive, 'Global')
    $global:TestDrive = $root
    $root
}

function Remove-TestDrive([string] $Root) {
    $ExecutionContext.SessionState.Drive.Remove('TestDrive', $true, 'Global')
    $ExecutionContext.SessionState.PSVariable.Remove('global:TestDrive')
    [IO.Directory]::Delete($Root, $true)
}

function Get-TestDriveContent {
    , [Collections.Generic.HashSet[string]]::new(
        [IO.Directory]::GetFileSystemEntries($global:TestDrive, '*', [IO.SearchOption]::AllDirectories))
}

function Restore-TestDriveContent([Collections.Generic.HashSet[string]] $Before) {
    $now = [IO.Directory]::GetFileSystemEntries($global:TestDrive, '*', [IO.SearchOption]::AllDirectories)
    foreach ($entry in $now) {
        if ($Before.Contains($entry)) { continue }
        if ([IO.File]::Exists($entry)) { [IO.File]::Delete($entry) }
        elseif ([IO.Directory]::Exists($entry)) { [IO.Directory]::Delete($entry, $true) }
    }
}
