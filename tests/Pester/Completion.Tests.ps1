# What Tab offers for arguments that are names in a file or a module.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"

    function Get-Completion([string] $Line) {
        [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches.CompletionText
    }
}

Describe 'Completion' {
    It 'offers the keys of a checkpoint for <_>' -ForEach @(
        'Get-CheckpointInfo <path> -Key', 'Get-CheckpointInfo -LiteralPath <path> -Key', 'Test-Checkpoint <path> -AllowNonFinite') {
        Get-Completion "$($_.Replace('<path>', "'$samples/boring.pt'")) in_p" | Should -Be @('in_proj.weight', 'in_proj.bias')
    }

    It 'offers the keys of a file that the pipeline names, in <_>' -ForEach @(
        "'<path>' | Get-CheckpointInfo -Key", 'Get-Item <path> | Get-CheckpointInfo -Key', 'gci -LiteralPath <path> | Test-Checkpoint -AllowNonFinite',
        'Get-ChildItem <folder> -Filter boring.pt | Get-CheckpointInfo -Key', 'Get-Item <path> | Import-ModelLowMemory -Include',
        'Get-CheckpointInfo <path> | Where-Object Key | Get-CheckpointInfo -Key') {
        Get-Completion "$($_.Replace('<path>', "$samples/boring.pt").Replace('<folder>', $samples)) in_p" | Should -Be @('in_proj.weight', 'in_proj.bias')
    }

    It 'runs nothing to complete, in <_>' -ForEach @(
        'Set-Variable LowMemRun 1 -Scope Global -PassThru | Get-CheckpointInfo -Key', '$(Set-Variable LowMemRun 1 -Scope Global) | Get-CheckpointInfo -Key') {
        @(Get-Completion "$_ in_p" | Where-Object { $_ -like 'in_p*' }).Count | Should -Be 0
        Get-Variable LowMemRun -Scope Global -ErrorAction Ignore | Should -BeNullOrEmpty
    }

    It 'offers the keys of all files that a pattern matches, each once' {
        $keys = Get-Completion "Get-CheckpointInfo '$samples/boring*.pt' -Key "

        $keys | Should -Contain 'in_proj.weight'
        $keys | Should -Contain 'model_state_dict.in_proj.weight'
        @($keys | Sort-Object -Unique).Count | Should -Be $keys.Count
    }

    It 'offers the keys of the state dict for -Include and -Exclude, without what stands in front of them' {
        Get-Completion "Import-ModelLowMemory '$samples/boring-training.pt' -Include in_p" | Should -Be @('in_proj.weight', 'in_proj.bias')
        Get-Completion "Import-ModelLowMemory '$samples/boring-training.pt' -Prefix optimizer_state_dict -Exclude state.0." |
            Should -Contain 'state.0.exp_avg'
    }

    It 'offers the keys of the module that a variable holds' {
        # Completion looks at the variables of the session.
        Set-Variable -Name LowMemCompleted -Scope Global -Value (New-BoringSkeleton)
        try {
            Get-Completion 'Get-ModuleParameter $LowMemCompleted -Key in_p' | Should -Be @('in_proj.weight', 'in_proj.bias')
            Get-Completion "Import-ModelLowMemory '$fixtures/state-dict.pt' `$LowMemCompleted -Include in_p" |
                Should -Be @('in_proj.weight', 'in_proj.bias')
        }
        finally {
            Remove-Variable -Name LowMemCompleted -Scope Global
        }
    }

    It 'offers prefixes of several keys for -Prefix of <_>' -ForEach @(
        'Import-ModelLowMemory', 'Measure-ModelMemory', 'New-ModelSkeleton -Checkpoint') {
        Get-Completion "$_ '$samples/boring-training.pt' -Prefix m" |
            Should -Be @('model_state_dict', 'model_state_dict.in_proj', 'model_state_dict.stages', 'model_state_dict.out_proj', 'model_state_dict.stages.0', 'model_state_dict.stages.1')
    }

    It 'offers devices, and the globals that somebody has to trust' {
        Get-Completion "Import-ModelLowMemory '$samples/boring.pt' -Device c" | Should -Be @('cpu', 'cuda')
        Get-Completion "Convert-Checkpoint '$samples/boring.pt' out.pt -Shard 1/2 -ShardRule gpt" | Should -Be @('Gpt2', 'GptJ', 'GptNeoX')
        $file = (Get-ChildItem $fixtures -Filter *.pt | Where-Object { (Get-CheckpointInfo $_ -Summary -WarningAction Ignore -ErrorAction Ignore).UnknownGlobals })[0]
        Get-Completion "Test-Checkpoint '$($file.FullName)' -AllowGlobal " | Should -Be (Get-CheckpointInfo $file -Summary -WarningAction Ignore).UnknownGlobals
    }

    Context 'names in an archive' {
        BeforeAll {
            New-Item "$TestDrive/rl/it's [1]" -ItemType Directory
            Copy-Item "$samples/boring.pt" "$TestDrive/rl/policy.pth"
            Copy-Item "$samples/boring.pt" "$TestDrive/rl/it's [1]/pol.pth"
            Push-Location $TestDrive/rl
            Compress-Archive * agent.zip
        }

        AfterAll { Pop-Location }

        It 'offers them behind !/ for <_>' -ForEach 'Get-CheckpointInfo ', 'Get-CheckpointInfo -LiteralPath ', 'Test-Checkpoint -Path ', 'New-ModelSkeleton -Checkpoint ' {
            Get-Completion "${_}agent.zip!/pol" | Should -Be 'agent.zip!/policy.pth'
            Get-Completion "$_'./agent.zip!/pol" | Should -Be "'./agent.zip!/policy.pth'"
        }

        It 'quotes them, and takes brackets as they are' {
            Get-Completion "Get-CheckpointInfo agent.zip!/it" | Should -Be "'agent.zip!/it''s ``[1``]/pol.pth'"
            Get-Completion "Get-CheckpointInfo -LiteralPath agent.zip!/it" | Should -Be "'agent.zip!/it''s [1]/pol.pth'"
            $found = & ([scriptblock]::Create("Get-CheckpointInfo $(Get-Completion 'Get-CheckpointInfo agent.zip!/it') -Summary"))
            $found.TensorCount | Should -Be 8
        }

        It 'leaves all other paths to PowerShell' {
            Get-Completion 'Get-CheckpointInfo pol' | Should -BeLike '*policy.pth'
            Get-Completion 'New-ModelSkeleton -Checkpoint age' | Should -BeLike '*agent.zip'
            Get-Completion 'Get-CheckpointInfo -LiteralPath ./pol' | Should -BeLike '*policy.pth'
        }

        It 'offers none of <_>' -ForEach 'policy.zip!/', 'none.zip!/', 'nodrive:/a.zip!/', '[!/' {
            $Error.Clear()
            Get-Completion "Get-CheckpointInfo $_" | Should -BeNullOrEmpty
            $Error.Count | Should -Be 0
        }
    }

    It 'says of a key what it names' {
        $line = "Get-CheckpointInfo '$samples/boring.pt' -Key in_p"
        (TabExpansion2 $line $line.Length).CompletionMatches.ToolTip | Should -Be @('in_proj.weight  [10, 2] float32  80 B', 'in_proj.bias  [10] float32  40 B')
    }

    It 'sees that a file is another one now' {
        Copy-Item "$samples/boring.pt" "$TestDrive/changing.pt"
        $line = "gi '$TestDrive/changing.pt' | Get-CheckpointInfo -Key "
        Get-Completion $line | Should -Contain 'in_proj.weight'
        Copy-Item "$samples/boring-training.pt" "$TestDrive/changing.pt"
        Get-Completion $line | Should -Contain 'model_state_dict.in_proj.weight'
        Get-Completion $line | Should -Not -Contain 'in_proj.weight'
        Remove-Item "$TestDrive/changing.pt"
        Get-Completion "$($line)in_p" | Should -BeNullOrEmpty
    }

    It 'offers the modules of an assembly, which is not loaded for it' {
        $assembly = "$TestDrive/Models.dll"
        $code = 'namespace My { public class Encoder : TorchSharp.torch.nn.Module { public Encoder() : base("e") { } public class Block : TorchSharp.torch.nn.Module<int, int> { public Block() : base("b") { } public override int forward(int x) { return x; } } } public class Other { } public abstract class Base : Encoder { } }'
        Add-Type -TypeDefinition $code -OutputAssembly $assembly -ReferencedAssemblies "$moduleFolder/TorchSharp.dll" -IgnoreWarnings
        Get-Completion "New-ModelSkeleton -AssemblyPath '$assembly' -TypeName " | Should -Be @('Encoder', 'Block', 'My.Encoder', "'My.Encoder+Block'")
        Get-Completion "New-ModelSkeleton -AssemblyPath '$assembly' -TypeName My.E" | Should -Be @('My.Encoder', "'My.Encoder+Block'")
        [AppDomain]::CurrentDomain.GetAssemblies().Location | Should -Not -Contain $assembly
        @(Get-Completion "New-ModelSkeleton -AssemblyPath '$samples/boring.pt' -TypeName Enc" | Where-Object { $_ -like '*Encoder*' }).Count | Should -Be 0
    }

    It 'offers <Expected> for <Line>' -ForEach @(
        @{ Line = 'Import-ModelLowMemory x -Device c'; Expected = 'cpu', 'cuda' }
        @{ Line = 'Convert-Checkpoint x -MaxShardSize 5'; Expected = '5GB', '50GB' }
        @{ Line = 'Convert-Checkpoint x -Shard 1/'; Expected = "'1/2'", "'1/4'", "'1/8'", "'1/16'" }
        @{ Line = 'Measure-ModelMemory x -Shard 2/2'; Expected = , "'2/2'" }
        @{ Line = 'Get-CheckpointInfo x -Group S'; Expected = 'Shape', 'Storage' }
    ) {
        Get-Completion $Line | Should -Be $Expected
    }

    It 'quotes a key that needs it' {
        $header = '{"it''s":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'
        [IO.File]::WriteAllBytes(
            "$TestDrive/quoted.safetensors",
            [BitConverter]::GetBytes([long] $header.Length) + [Text.Encoding]::ASCII.GetBytes($header) + [byte[]] @(7))

        Get-Completion "Get-CheckpointInfo '$TestDrive/quoted.safetensors' -Key " | Should -Be "'it''s'"
    }

    It 'offers nothing, and says nothing, for <_>' -ForEach 'not-there.pt', 'bad-random.pt', 'bad-truncated-zip.pt' {
        $Error.Clear()
        @(Get-Completion "Get-CheckpointInfo '$fixtures/$_' -Key in_p" | Where-Object { $_ -like 'in_p*' }).Count | Should -Be 0
        $Error.Count | Should -Be 0
    }
}
