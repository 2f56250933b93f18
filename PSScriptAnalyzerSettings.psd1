# Read by ./build.ps1 Analyze and by editors. All default rules hold but these:
@{
    Severity     = @('Error', 'Warning')
    ExcludeRules = @(
        # build.ps1 and the samples talk to whoever typed them; what they say is not output for a pipeline.
        'PSAvoidUsingWriteHost'
        # The rule does not see that a parameter of a script is used in the functions of that script.
        'PSReviewUnusedParameter'
        # The rule does not see that what BeforeAll and BeforeDiscovery of Pester assign is used in other blocks.
        'PSUseDeclaredVarsMoreThanAssignments'
        # PowerShell 7 reads a file without a byte order mark as UTF-8, and the module needs 7.6.
        'PSUseBOMForUnicodeEncodedFile'
        # Functions named New-... in tests and samples make objects in memory. The cmdlets are in C#, and have -WhatIf where
        # something changes.
        'PSUseShouldProcessForStateChangingFunctions'
    )
}
