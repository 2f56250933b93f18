# Which keys of a checkpoint go where: prefixes, renamed keys, and parts of a module.

BeforeAll { . "$PSScriptRoot/Setup.ps1" }

Describe 'Import-ModelLowMemory' {
    Context 'where the weights are' {
        It 'finds the sub-dictionary by itself and says so' {
            $report = (Import-ModelLowMemory "$samples/boring-training.pt" (New-BoringSkeleton)).LoadReport

            $report.Prefix | Should -BeExactly 'model_state_dict.'
            $report.TensorCount | Should -Be 8
        }

        It 'takes -Prefix' {
            (Import-ModelLowMemory "$samples/boring-training.pt" (New-BoringSkeleton) -Prefix model_state_dict).LoadReport.TensorCount |
                Should -Be 8
        }

        It 'says with -Verbose where they were found' {
            $found = @(Import-ModelLowMemory "$samples/boring-training.pt" -Verbose 4>&1) -join ' '
            $whole = @(Import-ModelLowMemory "$samples/boring.pt" -Verbose 4>&1) -join ' '

            $found | Should -Match "state dict was found under 'model_state_dict\.'"
            $whole | Should -Match 'nothing stands in front of its keys'
            $whole | Should -Match '8 tensors, 8 of them mapped and 0 copied'
        }
    }

    Context 'keys of other names' {
        BeforeAll {
            # The article's model by other names.
            function New-RenamedSkeleton {
                New-ModelSkeleton {
                    $nn = [TorchSharp.torch+nn]
                    [ordered]@{ first = $nn::Linear(2, 10); blocks = @($nn::Linear(10, 10), $nn::Linear(10, 10)); last = $nn::Linear(10, 2) }
                }
            }
        }

        It 'takes an ordered dictionary of wildcards and regular expressions' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-RenamedSkeleton) -KeyMap ([ordered]@{
                    'stages.*'        = 'blocks.*'
                    [regex] '_proj\.' = '.'
                    'in.*'            = 'first.*'
                    'out.*'           = 'last.*'
                })

            $module.LoadReport.RenamedCount | Should -Be 8
            Get-FloatValue $module 'blocks.1.weight' | Should -Be (Get-ExpectedValue 'stages.1.weight')
            Get-FloatValue $module 'last.bias' | Should -Be (Get-ExpectedValue 'out_proj.bias')
        }

        It 'takes a plain hashtable whose rules do not meet, and renames behind the prefix' {
            $map = @{ 'stages.*' = 'blocks.*'; 'in_proj.*' = 'first.*'; 'out_proj.*' = 'last.*' }
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-RenamedSkeleton) -KeyMap $map
            $report = (Import-ModelLowMemory "$samples/boring-training.pt" (New-RenamedSkeleton) -KeyMap $map).LoadReport

            Get-FloatValue $module 'first.weight' | Should -Be (Get-ExpectedValue 'in_proj.weight')
            $report.Prefix | Should -BeExactly 'model_state_dict.'
            $report.RenamedCount | Should -Be 8
        }

        It 'takes a script block, and leaves out a key for which it gives nothing' {
            $module = Import-ModelLowMemory "$samples/boring.pt" (New-RenamedSkeleton) -AllowMissing -WarningAction SilentlyContinue -WarningVariable warnings -KeyMap {
                if ($_ -notlike '*.1.*') { $_ -replace '^in_proj', 'first' -replace '^out_proj', 'last' -replace '^stages', 'blocks' }
            }

            $module.LoadReport.LeftOutCount | Should -Be 2
            $module.LoadReport.MetaKeys | Should -Be @('blocks.1.weight', 'blocks.1.bias')
            "$warnings" | Should -BeLike 'Still on meta*blocks.1.weight, blocks.1.bias.'
            Get-FloatValue $module 'blocks.0.weight' | Should -Be (Get-ExpectedValue 'stages.0.weight')
        }

        It 'builds a module with the new names when there is none' {
            $module = Import-ModelLowMemory "$samples/boring.pt" -KeyMap @{ 'stages.*' = 'encoder.layers.*' }

            (Get-ModuleParameter $module -Key 'encoder.layers.*').Count | Should -Be 4
        }

        It 'refuses <Title> as KeyMapInvalid' -ForEach @(
            @{ Title = 'two keys that become one'; Map = @{ '*.weight' = 'same' }; Message = "*'in_proj.weight' and 'stages.0.weight' both become 'same'*" }
            @{ Title = 'two rules without order for one key'; Map = @{ 'in_proj.*' = 'a.*'; '*.weight' = 'b.*' }; Message = "*are for 'in_proj.weight'*" }
            @{ Title = 'more stars than the pattern has'; Map = @{ 'a.*' = '*.*' }; Message = "*has more '*" }
            @{ Title = 'a rule that is a number'; Map = @{ 1 = 'a' }; Message = "*has the key '1' (Int32)*" }
            @{ Title = 'a script block that throws'; Map = { throw 'no idea' }; Message = "*fails for 'in_proj.weight': no idea*" }
            @{ Title = 'a script block that gives two'; Map = { 'a', 'b' }; Message = "*gives 2 values for 'in_proj.weight'*" }) {
            $module = New-BoringSkeleton
            Import-ModelLowMemory "$samples/boring.pt" $module -KeyMap $Map -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems.Count | Should -Be 1
            $problems[0].FullyQualifiedErrorId | Should -BeLike 'KeyMapInvalid,*'
            $problems[0].Exception.Message | Should -BeLike $Message
            ($module | Get-ModuleParameter)[0].Device | Should -Be 'meta'
        }

        It 'refuses what is no map' {
            { Import-ModelLowMemory "$samples/boring.pt" -KeyMap 42 } | Should -Throw '*takes a dictionary of rules*'
        }
    }

    Context 'a part of the module' {
        It 'loads what -Include and -Exclude leave' {
            $module = New-BoringSkeleton
            $report = (Import-ModelLowMemory "$samples/boring.pt" $module -Include 'stages.*', in_proj.bias -Exclude '*.1.*' -WarningAction SilentlyContinue).LoadReport

            $report.TensorCount | Should -Be 3
            $report.MissingKeys.Count | Should -Be 0
            @(($module | Get-ModuleParameter).Where({ $_.Device -eq 'cpu' }).Key) | Should -Be @('in_proj.bias', 'stages.0.weight', 'stages.0.bias')
        }

        It 'refuses a name in -Include that the module lacks' {
            Import-ModelLowMemory "$samples/boring.pt" (New-BoringSkeleton) -Include in_proj.bais -ErrorAction SilentlyContinue -ErrorVariable problems

            $problems[0].FullyQualifiedErrorId | Should -BeLike 'ModelMismatch,*'
            $problems[0].Exception.Message | Should -BeLike "*no 'in_proj.bais'*"
        }
    }
}
