namespace LowMem.HelpGenerator.Tests;

/// <summary>A small page that is as it should be; tests break one thing of it.</summary>
internal static class SamplePage
{
    public const string FileName = "Get-Sample.md";

    public const string Text = """
        ---
        document type: cmdlet
        external help file: Sample.dll-Help.xml
        HelpUri: ''
        Module Name: Sample
        title: Get-Sample
        ---

        # Get-Sample

        ## SYNOPSIS

        Gets a *sample*.

        ## SYNTAX

        ### Path (Default)

        ```
        Get-Sample [-Path] <string[]> [-Kind <string>]
         [-Summary] [<CommonParameters>]
        ```

        ### Literal

        ```
        Get-Sample -LiteralPath <string> [-Kind <string>] [-Summary] [<CommonParameters>]
        ```

        ## ALIASES

        None.

        ## DESCRIPTION

        First paragraph, on
        two lines, with `code` & <https://example.com>.

        - an item
        - a [link](https://example.com/page) and a [page](Get-Other.md)

        ## EXAMPLES

        ### Example 1: Get one

        Before.

        ```powershell
        # not a heading
        Get-Sample <file>
        ```

        ```output
        Name
        ----
          x
        ```

        After.

        ## PARAMETERS

        ### -Kind

        The kind.

        ```yaml
        Type: System.String
        DefaultValue: small
        SupportsWildcards: false
        Aliases:
        - k
        - sort
        ParameterSets:
        - Name: (All)
          Position: Named
          IsRequired: false
          ValueFromPipeline: false
          ValueFromPipelineByPropertyName: true
          ValueFromRemainingArguments: false
        DontShow: false
        AcceptedValues:
        - small
        - large
        HelpMessage: ''
        ```

        ### -LiteralPath

        The path as it is.

        ```yaml
        Type: System.String
        DefaultValue: ''
        SupportsWildcards: false
        Aliases: []
        ParameterSets:
        - Name: Literal
          Position: Named
          IsRequired: true
          ValueFromPipeline: false
          ValueFromPipelineByPropertyName: false
          ValueFromRemainingArguments: false
        DontShow: false
        AcceptedValues: []
        HelpMessage: ''
        ```

        ### -Path

        The path.

        ```yaml
        Type: System.String[]
        DefaultValue: ''
        SupportsWildcards: true
        Aliases: []
        ParameterSets:
        - Name: Path
          Position: 0
          IsRequired: true
          ValueFromPipeline: true
          ValueFromPipelineByPropertyName: true
          ValueFromRemainingArguments: false
        DontShow: false
        AcceptedValues: []
        HelpMessage: ''
        ```

        ### -Summary

        Sums up.

        ```yaml
        Type: System.Management.Automation.SwitchParameter
        DefaultValue: ''
        SupportsWildcards: false
        Aliases: []
        ParameterSets:
        - Name: (All)
          Position: Named
          IsRequired: false
          ValueFromPipeline: false
          ValueFromPipelineByPropertyName: false
          ValueFromRemainingArguments: false
        DontShow: false
        AcceptedValues: []
        HelpMessage: ''
        ```

        ### CommonParameters

        As always.

        ## INPUTS

        ### System.String[]

        Paths.

        ## OUTPUTS

        ### Sample.Thing

        Things.

        ## NOTES

        A note.

        ## RELATED LINKS

        - [Get-Other](Get-Other.md)
        - [Elsewhere](https://example.com/)

        """;
}
