@{
    RootModule           = 'LowMem.PowerShell.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '41442671-8c35-4031-9960-1e1b4f8134eb'
    Author               = 'LowMem contributors'
    CompanyName          = 'LowMem contributors'
    Copyright            = '(c) LowMem contributors. MIT licence.'
    Description          = 'Inspects and loads PyTorch checkpoints: no Python, nothing in the file is executed, and never more than one copy of the model in memory.'

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
            ReleaseNotes = 'First version: inspect a checkpoint, build a model on the meta device, and load it mapped or resident.'
        }
    }
}
