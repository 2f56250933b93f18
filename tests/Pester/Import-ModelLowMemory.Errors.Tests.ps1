# What does not fit or cannot be loaded, and a load that is stopped: the module stays as it was.

BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Import-ModelLowMemory' {
    Context 'what may not fit' {
        BeforeAll {
            function New-UnfitSkeleton {
                New-ModelSkeleton {
                    $nn = [TorchSharp.torch+nn]
                    [ordered]@{ in_proj = $nn::Linear(2, 10); stages = @($nn::Linear(10, 10)); out_proj = $nn::Linear(10, 3); head = $nn::Linear(1, 1) }
                }
            }
        }

        It 'is reported when it is allowed, and stays as it was' {
            $report = (Import-ModelLowMemory "$samples/boring.pt" (New-UnfitSkeleton) -AllowMissing -AllowUnexpected -AllowShapeMismatch -WarningAction SilentlyContinue -WarningVariable warnings).LoadReport

            $report.MissingKeys | Should -Be @('head.weight', 'head.bias')
            $report.UnexpectedKeys | Should -Be @('stages.1.weight', 'stages.1.bias')
            $report.ShapeMismatchKeys | Should -Be @('out_proj.weight', 'out_proj.bias')
            $report.MetaKeys | Should -Be @('out_proj.weight', 'out_proj.bias', 'head.weight', 'head.bias')
            "$warnings" | Should -BeLike 'Still on meta, without values: out_proj.weight, out_proj.bias, head.weight, head.bias.'
        }

        It 'is an error where it is not (<Allowed>)' -ForEach @(
            @{ Allowed = 'AllowMissing' }, @{ Allowed = 'AllowUnexpected' }, @{ Allowed = 'AllowShapeMismatch' }) {
            $allow = @{ $Allowed = $true }
            Import-ModelLowMemory "$samples/boring.pt" (New-UnfitSkeleton) @allow -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModelMismatch,*'
            $message = $problems[0].Exception.Message
            ($message -like '*head.weight is missing*') | Should -Be ($Allowed -ne 'AllowMissing')
            ($message -like '*stages.1.weight is unexpected*') | Should -Be ($Allowed -ne 'AllowUnexpected')
            ($message -like '*out_proj.weight: the module has*') | Should -Be ($Allowed -ne 'AllowShapeMismatch')
        }
    }

    Context 'what does not fit' {
        It 'names every mismatch in one error and leaves the module as it was' {
            $module = New-ModelSkeleton {
                $nn = [TorchSharp.torch+nn]
                [ordered]@{ in_proj = $nn::Linear(2, 10); stages = @($nn::Linear(10, 11)); other = $nn::Linear(1, 1) }
            }

            Import-ModelLowMemory "$samples/boring.pt" $module -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModelMismatch,*'
            $message = $problems[0].Exception.Message
            foreach ($part in 'stages.0.weight', 'stages.0.bias', 'other.weight', 'other.bias', 'stages.1.weight', 'out_proj.bias') {
                $message | Should -BeLike "*$part*"
            }
            $problems[0].TargetObject | Should -BeExactly ([IO.Path]::GetFullPath("$samples/boring.pt"))
            $problems[0].ErrorDetails.RecommendedAction | Should -BeLike '*-KeyMap*-Prefix*-AllowMissing*'
            @(($module | Get-ModuleParameter).Device | Sort-Object -Unique) | Should -Be @('meta')
        }

        It 'refuses a file that names os.system, and executes nothing' {
            Import-ModelLowMemory "$fixtures/unsafe_os_system.pt" -WarningAction SilentlyContinue -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsafe,*'
            $problems[0].Exception.Message | Should -BeLike '*os.system*'
            $problems[0].CategoryInfo.Category | Should -Be 'SecurityError'
            $problems[0].ErrorDetails.RecommendedAction | Should -BeLike '*-AllowUnsafeGlobals*'
        }

        It 'advises nothing that does not help: what versions of Python read differently cannot be allowed' {
            # A frame inside a frame.
            [IO.File]::WriteAllBytes("$TestDrive/frames.pkl", [Convert]::FromHexString('80059516000000000000009500000000000000009602000000000000006162942e'))
            foreach ($allow in $false, $true) {
                Import-ModelLowMemory "$TestDrive/frames.pkl" -AllowUnsafeGlobals:$allow -ErrorAction SilentlyContinue -ErrorVariable problems

                $problems[0].FullyQualifiedErrorId | Should -BeLike 'CheckpointUnsafe,*'
                $problems[0].ErrorDetails | Should -BeNullOrEmpty
                [regex]::Matches($problems[0].Exception.Message, 'versions of Python').Count | Should -Be 1
            }
        }

        It 'loads the tensors of such a file with -AllowUnsafeGlobals, and executes nothing' {
            $file = "$fixtures/unsafe_os_system.pt"
            $model = Import-ModelLowMemory $file -AllowUnsafeGlobals -WarningAction SilentlyContinue -WarningVariable warnings

            $model.LoadReport.TensorCount | Should -Be 1
            $model.LoadReport.PrivateBytesAfter | Should -BeGreaterThan 0
            "$warnings" | Should -BeLike '*os.system*'
        }

        It 'reports <Name> as <Id> and goes on with the next file' -ForEach @(
            @{ Name = 'not-there.pt'; Id = 'CheckpointNotFound' }
            @{ Name = 'bad-random.pt'; Id = 'CheckpointFormatInvalid' }
            @{ Name = 'bad-truncated-zip.pt'; Id = 'CheckpointTruncated' }
            @{ Name = 'bad-header-longer-than-file.safetensors'; Id = 'CheckpointTruncated' }) {
            $loaded = @(Import-ModelLowMemory "$fixtures/$Name", "$samples/boring.pt" -ErrorAction SilentlyContinue -ErrorVariable problems)

            $loaded.Count | Should -Be 1
            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        }

        It 'refuses a device that is not there' {
            Import-ModelLowMemory "$samples/boring.pt" -Device cuda -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'DeviceUnavailable,*'
        }

        It 'refuses a tensor that cannot be read' {
            Import-ModelLowMemory "$fixtures/bad-storage-missing.pt" -ErrorAction SilentlyContinue -ErrorVariable problems
            $problems.Count | Should -Be 1
        }
    }

    Context 'Ctrl+C' {
        It 'is not over before the work is' {
            # The pipeline is stopped when it looks for the first time; the work ends by itself half a second later.
            $source = [Threading.CancellationTokenSource]::new()
            $work = [Delegate]::CreateDelegate([Func[bool]], $source.Token.WaitHandle, 'WaitOne')
            $type = [LowMem.PowerShell.Commands.LowMemCommand].Assembly.GetType('LowMem.PowerShell.Pipeline.BackgroundWork')

            { $type.GetMethod('Run').MakeGenericMethod([bool]).Invoke($null, @($work, [Action] { $source.CancelAfter(500); throw 'stopped' })) } |
                Should -Throw '*stopped*'

            $source.IsCancellationRequested | Should -BeTrue
            $source.Dispose()
        }

        It 'ends a load and leaves the module as it was' {
            # Four gibibytes of zeros, most of them holes, and a cast on the way: a load that cannot end before it is stopped.
            $tensors = 0..3
            $header = '{' + (($tensors | ForEach-Object {
                        '"w{0}":{{"dtype":"F32","shape":[268435456],"data_offsets":[{1},{2}]}}' -f $_, ($_ * 1GB), (($_ + 1) * 1GB)
                    }) -join ',') + '}'
            $header = $header.PadRight([int] [Math]::Ceiling($header.Length / 8) * 8)
            $file = [IO.File]::Create("$TestDrive/large.safetensors")
            $file.Write([BitConverter]::GetBytes([long] $header.Length))
            $file.Write([Text.Encoding]::ASCII.GetBytes($header))
            $file.SetLength(8 + $header.Length + 4GB)
            $file.Dispose()
            $module = New-ModelSkeleton -Checkpoint "$TestDrive/large.safetensors"
            $before = [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes()

            $runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault2())
            $runspace.Open()
            $shell = [powershell]::Create()
            $shell.Runspace = $runspace
            $null = $shell.AddScript('param($Manifest, $Path, $Module) Import-Module $Manifest; Import-ModelLowMemory $Path $Module -Resident -DType float64').
                AddArgument([WildcardPattern]::Escape($modulePath)).AddArgument("$TestDrive/large.safetensors").AddArgument($module)
            try {
                $running = $shell.BeginInvoke()
                while (-not $running.IsCompleted -and [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() -lt $before + 256MB) {
                    [Threading.Thread]::Sleep(5)
                }
                $shell.Stop()
                $shell.InvocationStateInfo.State | Should -Be 'Stopped'
            }
            finally {
                $shell.Dispose()
                $runspace.Dispose()
                # Other tests here measure memory too.
                [GC]::Collect()
            }

            # A load that had gone on to its end would have bound the module.
            @(($module | Get-ModuleParameter).Device | Sort-Object -Unique) | Should -Be @('meta')
            [LowMem.Loader.Memory.ProcessMemory]::GetPrivateBytes() | Should -BeLessThan ($before + 256MB)
        }
    }
}
