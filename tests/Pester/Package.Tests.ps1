# What is given to others: what is in it, and that it works where it is installed. The packages are made of the module that is built.

BeforeAll {
    . "$PSScriptRoot/Setup.ps1"
    Import-Module ([WildcardPattern]::Escape("$root/tools/Package.psm1"))
    Import-Module ([WildcardPattern]::Escape("$root/tools/Reproduce.psm1"))
    $packages = "$TestDrive/packages"
    $package = New-ModulePackage -Destination $packages -Stage "$root/out/module"
    $libraries = @(New-LibraryPackage -Destination $packages)
    $version = ([xml] [IO.File]::ReadAllText("$root/Directory.Build.props")).Project.PropertyGroup.Version
    $notes = [IO.File]::ReadAllText("$root/CHANGELOG.md")

    # The entries of a package, by their names.
    function Get-Entry([string] $Path) {
        $zip = [IO.Compression.ZipFile]::OpenRead($Path)
        try {
            $entries = @{}
            foreach ($entry in $zip.Entries) {
                $stream = $entry.Open()
                $memory = [IO.MemoryStream]::new()
                try { $stream.CopyTo($memory) } finally { $stream.Dispose() }
                $entries[$entry.FullName] = $memory.ToArray()
            }
            $entries
        }
        finally { $zip.Dispose() }
    }

    # 'IL' for an assembly that every system loads; otherwise what it was compiled for.
    function Get-Machine([byte[]] $Image) {
        $reader = [Reflection.PortableExecutable.PEReader]::new([IO.MemoryStream]::new($Image))
        try {
            $headers = $reader.PEHeaders
            $isIL = $headers.CorHeader -and $headers.CorHeader.Flags.HasFlag([Reflection.PortableExecutable.CorFlags]::ILOnly) -and
                $headers.CorHeader.ManagedNativeHeaderDirectory.Size -eq 0 -and $headers.CoffHeader.Machine -in 'I386', 'Amd64'
            $isIL ? 'IL' : '{0:x}' -f [int] $headers.CoffHeader.Machine
        }
        finally { $reader.Dispose() }
    }

    $contents = @{}
    foreach ($path in @($package) + $libraries) { $contents[[IO.Path]::GetFileName($path)] = Get-Entry $path }
    $moduleName = "LowMem.$version.nupkg"

    # A user of its own: what that one installs goes below its home.
    $data = "$TestDrive/home/.local/share"
    $modules = "$data/powershell/Modules"
    $null = [IO.Directory]::CreateDirectory($modules)
    function Invoke-Installed([string] $Text) {
        # Both are asked for when PowerShell starts.
        $before = $env:HOME, $env:XDG_DATA_HOME
        $env:HOME, $env:XDG_DATA_HOME = "$TestDrive/home", $null
        try {
            Invoke-ChildScript @"
`$env:PSModulePath = '$modules' + [IO.Path]::PathSeparator + `$env:PSModulePath
`$PSStyle.OutputRendering = 'PlainText'
$Text
"@
        }
        finally { $env:HOME, $env:XDG_DATA_HOME = $before }
    }
}

Describe 'The packages' {
    It 'are of one version, with the release notes of the changelog' {
        $contents.Keys | Sort-Object | Should -Be @("LowMem.$version.nupkg", "LowMem.Checkpoints.$version.nupkg", "LowMem.Loader.$version.nupkg")
        foreach ($name in $contents.Keys) {
            $spec = ([xml] [Text.Encoding]::UTF8.GetString($contents[$name]["$($name -replace "\.$version.*").nuspec"]).TrimStart([char] 0xfeff)).package.metadata
            $spec.version | Should -Be $version
            $notes.Replace("`r", '').Contains($spec.releaseNotes.Replace("`r", '').Trim()) | Should -BeTrue -Because $name
            $spec.releaseNotes.Length | Should -BeGreaterThan 1000
        }
        # A manifest is data.
        $manifest = Import-PowerShellDataFile ([WildcardPattern]::Escape("$root/out/module/LowMem.psd1"))
        $manifest.ModuleVersion | Should -Be $version
        $notes.Replace("`r", '').Contains($manifest.PrivateData.PSData.ReleaseNotes.Replace("`r", '').Trim()) | Should -BeTrue
        [LowMem.Checkpoints.Checkpoint].Assembly.GetName().Version.ToString(3) | Should -Be $version
    }

    It 'have all files of the module, where they belong' {
        $files = [IO.Directory]::GetFiles("$root/out/module", '*', 'AllDirectories').ForEach({ [IO.Path]::GetRelativePath("$root/out/module", $_).Replace('\', '/') })
        $own = @($contents[$moduleName].Keys) -notmatch '^(_rels/|package/|\[Content_Types\]\.xml$|LowMem\.nuspec$)'
        $own | Sort-Object | Should -Be ($files | Sort-Object)
    }

    It 'have no assembly that is compiled for one system, and no native library' {
        foreach ($name in $contents.Keys) {
            $contents[$name].Keys.Where({ $_ -match '\.(so|dylib)(\.|$)' }) | Should -BeNullOrEmpty
            $assemblies = @($contents[$name].Keys -like '*.dll')
            $assemblies.Count | Should -BeGreaterThan 0
            foreach ($assembly in $assemblies) { Get-Machine $contents[$name][$assembly] | Should -Be 'IL' -Because "$assembly of $name" }
        }
    }

    It 'have the licence, and that of each assembly that is not ours' {
        foreach ($name in $contents.Keys) {
            $contents[$name].Keys | Should -Contain 'LICENSE'
            $notice = [Text.Encoding]::UTF8.GetString($contents[$name]['NOTICE.txt'])
            $others = @($contents[$name].Keys -like '*.dll').ForEach({ [IO.Path]::GetFileNameWithoutExtension($_) }) -notlike 'LowMem.*'
            foreach ($other in $others) { $notice.Contains($other) | Should -BeTrue -Because $other }
        }
    }

    It 'have nothing of the machine that made them' {
        foreach ($name in $contents.Keys) {
            foreach ($entry in $contents[$name].Keys) {
                [Text.Encoding]::Latin1.GetString($contents[$name][$entry]).Contains($root) | Should -BeFalse -Because "$entry of $name"
            }
        }
    }

    It 'are the same bytes when they are made again' {
        $again = New-ModulePackage -Destination "$TestDrive/again" -Stage "$root/out/module"
        (Get-FileHash -LiteralPath $again).Hash | Should -Be (Get-FileHash -LiteralPath $package).Hash
    }

    It 'for one platform have our assemblies and TorchSharp compiled ahead for it, and all others as IL' {
        # The zip of all that is staged but the natives of half a gigabyte, of which one stays: by it, the platform is known.
        $stage = "$TestDrive/stage"
        foreach ($file in [IO.Directory]::GetFiles("$root/out/LowMem", '*', 'AllDirectories')) {
            if ([IO.FileInfo]::new($file).Length -gt 20MB) { continue }
            $copy = [IO.Path]::Combine($stage, [IO.Path]::GetRelativePath("$root/out/LowMem", $file))
            $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($copy))
            [IO.File]::Copy($file, $copy)
        }
        $entries = Get-Entry (New-ModuleArchive -Destination "$TestDrive/archive" -Stage $stage)

        # What a compiler of .NET writes for a platform: the number of the processor, changed by that of the system.
        $processor = [Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -eq 'Arm64' ? 0xaa64 : 0x8664
        $native = '{0:x}' -f ($processor -bxor ($IsLinux ? 0x7b79 : $IsMacOS ? 0x4644 : 0))
        # LibTorchSharp.dll of Windows is no assembly.
        $assemblies = @($entries.Keys -like '*.dll' -ne 'LowMem/LibTorchSharp.dll').Where({ $IsLinux -or $_ -notmatch '/(c10|torch|uv|lib)[^/]*$' })
        $ahead = @($assemblies | Where-Object { $_ -match '^LowMem/(LowMem\.\w+|TorchSharp)\.dll$' } | Sort-Object)
        $ahead | Should -Be @('Checkpoints', 'Loader', 'PowerShell' | ForEach-Object { "LowMem/LowMem.$_.dll" }; 'LowMem/TorchSharp.dll')
        foreach ($assembly in $assemblies) {
            Get-Machine $entries[$assembly] | Should -Be ($assembly -in $ahead ? $native : 'IL') -Because $assembly
        }
    }

    It 'of two builds are compared by their entries, and what differs is named' {
        foreach ($build in 'first', 'second') {
            $null = [IO.Directory]::CreateDirectory("$TestDrive/$build")
            foreach ($name in 'same.zip', 'time.zip', 'content.zip') {
                $zip = [IO.Compression.ZipFile]::Open("$TestDrive/$build/$name", 'Create')
                foreach ($part in 'a', 'b') {
                    $entry = $zip.CreateEntry($part)
                    $changed = $build -eq 'second' -and $part -eq 'b'
                    $entry.LastWriteTime = [DateTimeOffset]::new(2000 + [int] ($changed -and $name -eq 'time.zip'), 1, 1, 0, 0, 0, [TimeSpan]::Zero)
                    $writer = [IO.StreamWriter]::new($entry.Open())
                    $writer.Write($changed -and $name -eq 'content.zip' ? 'other' : 'text')
                    $writer.Dispose()
                }
                $zip.Dispose()
            }
        }
        [IO.File]::WriteAllText("$TestDrive/first/only.zip", '')

        Compare-Package -First "$TestDrive/first" -Second "$TestDrive/second" |
            Should -Be @('content.zip: b', "only.zip: it is not in '$TestDrive/second'.", 'time.zip: b')
    }

    It 'come with symbols and documentation, for programs' {
        foreach ($name in 'LowMem.Checkpoints', 'LowMem.Loader') {
            $contents["$name.$version.nupkg"].Keys | Should -Contain "lib/net10.0/$name.xml"
            $contents["$name.$version.nupkg"].Keys | Should -Contain 'README.md'
            (Get-Entry "$packages/$name.$version.snupkg").Keys | Should -Contain "lib/net10.0/$name.pdb"
        }
    }
}

Describe 'The module that Install-PSResource installs' -Skip:(-not $IsLinux) {
    BeforeAll {
        Invoke-Installed @"
`$ProgressPreference = 'SilentlyContinue'
Register-PSResourceRepository -Name lowmem -Uri '$packages' -Trusted
Install-PSResource LowMem -Repository lowmem
"@
        $folder = "$modules/LowMem/$version"
        chmod -R a-w $modules
        $files = [IO.Directory]::GetFiles($modules, '*', 'AllDirectories')
    }

    AfterAll {
        [IO.Directory]::GetFiles($modules, '*', 'AllDirectories') | Should -Be $files -Because 'nothing is written there'
        chmod -R u+w $modules
    }

    It 'has a manifest that is in order' {
        $output = Invoke-Installed "Test-ModuleManifest '$folder/LowMem.psd1' -WarningVariable w -ErrorVariable e -WarningAction SilentlyContinue | ForEach-Object { `"`$(`$_.Version)`" }; `$w.Count + `$e.Count"
        $output | Should -Be @($version, '0')
    }

    It 'lists and tests checkpoints, and names the line to type when a module is to be loaded' {
        $output = @(Invoke-Installed @"
@(Get-CheckpointInfo '$samples/boring.pt').Count
(Get-Module LowMem).ModuleBase
(Test-Checkpoint '$samples/boring.pt' -Level Values).Passed
try { Import-ModelLowMemory '$samples/boring.pt' -ErrorAction Stop } catch { "`$(`$_.FullyQualifiedErrorId)"; "`$_" }
Install-LowMemRuntime -WhatIf
Test-Path '$data/LowMem'
"@)
        $output[0..2] | Should -Be @('8', $folder, 'True')
        $output[3] | Should -BeLike 'NativeLibraryNotFound,*'
        $output[4] | Should -BeLike "libtorch, *is not installed: 'libLibTorchSharp.so' is not in '$folder'*In PowerShell, type: Install-LowMemRuntime.*"
        $output[5] | Should -BeLike 'What if: *libtorch-cpu-linux-x64 2.10.0*'
        $output[6] | Should -Be 'False'
    }

    It 'refuses packages that are not the expected ones, and says what is missing where' {
        $null = [IO.Directory]::CreateDirectory("$TestDrive/empty")
        $null = [IO.Directory]::CreateDirectory("$TestDrive/false")
        $zip = [IO.Compression.ZipFile]::Open("$TestDrive/false/TorchSharp.0.107.0.nupkg", 'Create')
        $writer = [IO.StreamWriter]::new($zip.CreateEntry('TorchSharp.nuspec').Open())
        $writer.Write('<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata><id>TorchSharp</id><version>0.107.0</version><authors>a</authors><description>d</description></metadata></package>')
        $writer.Dispose()
        $zip.Dispose()
        $output = @(Invoke-Installed @"
foreach (`$source in '$TestDrive/empty', 'no-such-source', '$TestDrive/false') {
    try { Install-LowMemRuntime -Source `$source -ErrorAction Stop } catch { "`$(`$_.FullyQualifiedErrorId -replace ',.*')|`$_" -replace '\r?\n', ' ' }
}
"@)
        $output[0] | Should -BeLike "RuntimePackageNotFound|TorchSharp 0.107.0 cannot be had.*TorchSharp.0.107.0.nupkg into a folder*$TestDrive/empty: it is not there."
        $output[1] | Should -BeLike "RuntimePackageNotFound|*'no-such-source' is no folder, and no source of the NuGet configuration.*"
        $output[2] | Should -BeLike "RuntimePackageInvalid|TorchSharp 0.107.0 of '$TestDrive/false' is not the package that is expected, and was not used*"
    }

    It 'loads and runs a model after Install-LowMemRuntime from a folder without a network, in the same session and in the next' {
        # The two packages, as they lie in NuGet's folder.
        $cache = (dotnet nuget locals global-packages --list) -replace '^global-packages:\s*'
        $offline = "$TestDrive/offline"
        $null = [IO.Directory]::CreateDirectory($offline)
        foreach ($file in "torchsharp/0.107.0/torchsharp.0.107.0.nupkg", "libtorch-cpu-linux-x64/2.10.0/libtorch-cpu-linux-x64.2.10.0.nupkg") {
            $null = [IO.File]::CreateSymbolicLink("$offline/$([IO.Path]::GetFileName($file))", [IO.Path]::Combine($cache, $file))
        }
        $use = "`$model = New-ModelSkeleton { [TorchSharp.torch+nn]::Linear(2, 10) }
            (Import-ModelLowMemory '$samples/boring.pt').LoadReport.TensorCount
            @([Diagnostics.Process]::GetCurrentProcess().Modules.Where({ `$_.ModuleName -like '*torch_cpu*' })).FileName"
        $output = @(Invoke-Installed @"
try { Import-ModelLowMemory '$samples/boring.pt' -ErrorAction Stop } catch { "`$(`$_.FullyQualifiedErrorId -replace ',.*')" }
`$installed = Install-LowMemRuntime -Source '$offline'
`$installed.Path
`$installed.Source
(Install-LowMemRuntime).Source -eq `$null
$use
"@)
        $runtime = "$data/LowMem/runtimes/torchsharp-0.107.0/linux-x64"
        $output | Should -Be @('NativeLibraryNotFound', $runtime, $offline, 'True', '8', "$runtime/libtorch_cpu.so")

        # TorchSharp first, before any command of ours has loaded libtorch.
        $output = @(Invoke-Installed "Import-Module LowMem; [TorchSharp.torch]::zeros(2).numel(); $use")
        $output | Should -Be @('2', '8', "$runtime/libtorch_cpu.so")
        [IO.Directory]::GetFiles([IO.Path]::GetDirectoryName($runtime)).ForEach({ [IO.Path]::GetFileName($_) }) | Should -Be 'linux-x64.lock'
    }
}

Describe 'The packages for programs in C#' -Skip:(-not $IsLinux) {
    It 'are all that the sample needs, which lists, tests, loads and runs a model' -Tag Slow {
        Copy-Item -LiteralPath "$samples/csharp" -Destination "$TestDrive/csharp" -Recurse
        # Without a network: what is not ours is in NuGet's folder already.
        $cache = (dotnet nuget locals global-packages --list) -replace '^global-packages:\s*'
        $lines = dotnet build "$TestDrive/csharp/CheckAndRun.csproj" --nologo -v quiet -o "$TestDrive/program" -r linux-x64 --self-contained false `
            "-p:RestorePackagesPath=$TestDrive/nuget" "-p:RestoreFallbackFolders=$cache" "-p:RestoreSources=$packages" `
            -p:UseAppHost=false -p:CreateHardLinksForCopyLocalIfPossible=true
        $LASTEXITCODE | Should -Be 0 -Because "$lines"
        $before = $env:HOME, $env:XDG_DATA_HOME
        $env:HOME, $env:XDG_DATA_HOME = "$TestDrive/home", $null
        try { $output = dotnet "$TestDrive/program/CheckAndRun.dll" "$samples/boring.pt" 2>&1 }
        finally { $env:HOME, $env:XDG_DATA_HOME = $before }

        $output[0] | Should -Be 'in_proj.weight float32 [10, 2]'
        $output[8] | Should -Be 'passed'
        $output[9] | Should -Be '1088'
        @($output[10] -split ', ').Count | Should -Be 2
        $LASTEXITCODE | Should -Be 0
    }
}
