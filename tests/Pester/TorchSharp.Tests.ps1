BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'TorchSharp in a session with the module' {
    It 'is known right after the import, works when it is the first thing that needs libtorch, takes that of the module, and copies nothing' {
        $output = @(Invoke-ChildScript @"
$importModule
[TorchSharp.torch].FullName
@([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch_cpu*' })).Count
[TorchSharp.torch]::zeros(2).sum().item[float]()
@([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch_cpu*' })).FileName
(Import-ModelLowMemory '$samples/boring.pt').LoadReport.TensorCount
"@)

        $output[0..2] | Should -Be @('TorchSharp.torch', '0', '0')
        $natives = [LowMem.Loader.Native.RuntimeFolder]::Find([LowMem.Loader.Native.RuntimeFolder]::CurrentRid)
        $output[3] | Should -BeLike "$natives/*torch_cpu*"
        $output[4] | Should -Be '8'
        @([IO.Directory]::GetDirectories($natives)).ForEach({ [IO.Path]::GetFileName($_) }) | Should -Not -Contain 'cpu'
    }

    It 'is known in jobs and on other threads, and after the module was imported again, as the first thing that needs libtorch' {
        $first = "$importModule; [TorchSharp.torch]::zeros(2).numel()"
        $output = Invoke-ChildScript @"
1..3 | ForEach-Object -Parallel { $first }
Start-ThreadJob { $first } | Receive-Job -Wait
Start-Job { $first } | Receive-Job -Wait
$importModule
$importModule -Force
[TorchSharp.torch]::zeros(2).numel()
"@

        $output | Should -Be @('2', '2', '2', '2', '2', '2')
    }

    It 'loads on another thread of the session too, and twice' {
        $output = Invoke-ChildScript @"
$importModule
1..4 | ForEach-Object -Parallel { $importModule; (Import-ModelLowMemory '$samples/boring.pt' -Resident).LoadReport.TensorCount } -ThrottleLimit 4
"@

        $output | Should -Be @('8', '8', '8', '8')
    }

    It 'fails with the module''s own message where libtorch is not there, and copies nothing' {
        $copy = "$TestDrive/without"
        $null = [IO.Directory]::CreateDirectory($copy)
        Get-ChildItem -LiteralPath $moduleFolder -File | Where-Object Name -Match '^(LowMem|TorchSharp|System)\.' |
            Copy-Item -Destination $copy
        # Nor for the user who runs the tests.
        $output = Invoke-ChildScript @"
`$env:XDG_DATA_HOME = '$TestDrive/nothing'
Import-Module '$copy/LowMem.psd1'
@(Get-CheckpointInfo '$samples/boring.pt').Count
try { [TorchSharp.torch]::zeros(2) } catch { `$_.Exception.GetBaseException().GetType().Name; `$_.Exception.GetBaseException().Message }
try { Import-ModelLowMemory '$samples/boring.pt' -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId }
"@

        $output[0] | Should -Be '8'
        $output[1] | Should -Be 'NativeLibraryNotFoundException'
        $output[2] | Should -BeLike "*is not in '$copy'*type: Install-LowMemRuntime.*"
        $output[3] | Should -BeLike 'NativeLibraryNotFound,*'
        [IO.Directory]::GetDirectories($copy) | Should -BeNullOrEmpty
    }

    It 'says what is short, and how much there is, where the address space is limited' -Skip:(-not $IsLinux) {
        $script = [IO.Path]::Combine($TestDrive, 'limited.ps1')
        [IO.File]::WriteAllText($script, @"
$importModule
`$null = Get-CheckpointInfo '$samples/boring.pt'
[IO.File]::ReadAllLines('/proc/self/status').Where({ `$_ -like 'VmPeak*' }) -replace '\D'
try { Import-ModelLowMemory '$samples/boring.pt' -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId; `$_.Exception.Message }
"@)
        $engine = @(Get-PowerShellCommand) + @('-NoProfile', '-File', $script)
        $run = "exec $(($engine | ForEach-Object { "'$_'" }) -join ' ')"
        # Without that, the runtime sets 256 GB of address space aside. Then libtorch does not fit into what is left.
        $env:DOTNET_GCHeapHardLimit = '0x10000000'
        try {
            $room = @(bash -c "ulimit -v 4500000; $run")[0]
            $output = @(bash -c "ulimit -v $([long] $room + 100000); $run")
        }
        finally {
            $env:DOTNET_GCHeapHardLimit = $null
        }

        $output[1] | Should -BeLike 'OutOfMemory,*'
        $output[2] | Should -BeLike '*for libtorch *bytes are wanted, and *bytes can be had (the address space that ulimit -v leaves)*Raise that limit (ulimit -v).'
    }
}

Describe 'A class that is written in PowerShell' {
    It 'is one in a file of its own that is run after the import, since PowerShell looks up base classes before a file runs' {
        [IO.File]::WriteAllText("$TestDrive/Net.ps1", @'
using namespace TorchSharp
class Net : torch+nn+Module[torch+Tensor, torch+Tensor] {
    [TorchSharp.Modules.Linear] $fc
    Net() : base('Net') { $this.fc = [torch+nn]::Linear(2, 3); $this.register_module('fc', $this.fc) }
    [torch+Tensor] forward([torch+Tensor] $x) { return $this.fc.forward($x) }
}
'@)
        $output = Invoke-ChildScript @"
$importModule
. '$TestDrive/Net.ps1'
`$model = New-ModelSkeleton { [Net]::new() }
(`$model | Get-ModuleParameter | Where-Object { -not `$_.TiedTo }).Key -join ' '
"@

        $output | Should -BeExactly 'fc.weight fc.bias'
    }

    It 'works with "using module" and "using assembly", for what is no base class' {
        $script = "$TestDrive/using.ps1"
        [IO.File]::WriteAllText($script, "using module '$modulePath'`
using namespace TorchSharp`
[torch]::zeros(2).numel()")
        Invoke-ChildScript "& '$script'" | Should -Be '2'
    }
}

Describe 'A class that is written in C#' {
    It 'gives PyTorch''s forward pass, as the sample shows' {
        $output = Invoke-ChildScript "& '$samples/Residual.ps1'; exit 0"

        $LASTEXITCODE | Should -Be 0
        "$output" | Should -BeLike "The forward pass is PyTorch's: *"
    }

    It 'is compiled from a file as well, several at once' {
        $output = Invoke-ChildScript @"
$importModule
Add-Type -Path '$samples/Residual.cs' -ReferencedAssemblies ([TorchSharp.torch].Assembly.Location) -CompilerOptions '-nowarn:CS1701'
(New-ModelSkeleton { [ResidualModel]::new(8) } | Get-ModuleParameter).Key -join ' '
(New-ModelSkeleton { [Block]::new(2) } | Get-ModuleParameter).Device | Sort-Object -Unique
"@

        $output[0] | Should -BeExactly ((Get-CheckpointInfo "$samples/residual.pt").Key -join ' ')
        $output[1] | Should -BeExactly 'meta'
    }
}
