@{
    RootModule           = 'LowMem.PowerShell.dll'
    # The build fills in what stands in braces: Directory.Build.props has the version, CHANGELOG.md the notes.
    ModuleVersion        = '{Version}'
    GUID                 = '41442671-8c35-4031-9960-1e1b4f8134eb'
    Author               = 'LowMem contributors'
    CompanyName          = 'LowMem contributors'
    Copyright            = '(c) LowMem contributors. MIT licence.'
    Description          = 'Inspects, verifies, compares, converts and loads PyTorch checkpoints: no Python, nothing in the file is executed, and never more than one copy of the model in memory.'

    CompatiblePSEditions = @('Core')
    PowerShellVersion    = '7.6'

    FormatsToProcess     = @('LowMem.format.ps1xml')
    TypesToProcess       = @('LowMem.types.ps1xml')

    # Named one by one: PowerShell then finds a command without loading the module.
    CmdletsToExport      = @(
        'Assert-Checkpoint'
        'Compare-Checkpoint'
        'Convert-Checkpoint'
        'Export-CheckpointReport'
        'Export-CheckpointVerdict'
        'Export-ModelCheckpoint'
        'Get-CheckpointInfo'
        'Get-CheckpointTensor'
        'Get-ModuleParameter'
        'Install-LowMemRuntime'
        'Import-ModelLowMemory'
        'Join-CheckpointPart'
        'Measure-ModelMemory'
        'Move-ModuleToMeta'
        'New-CheckpointManifest'
        'New-CheckpointSignature'
        'New-ModelSkeleton'
        'Test-Checkpoint'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @('PyTorch', 'TorchSharp', 'Checkpoint', 'safetensors', 'Memory', 'PSEdition_Core', 'Linux', 'MacOS', 'Windows')
            ReleaseNotes = '{ReleaseNotes}'
        }
    }
}
