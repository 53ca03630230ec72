using System.Diagnostics;

namespace Hearth.Tests.Cli;

/// <summary>Completion in a real bash; the other shells are not everywhere.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly HearthProgram hearth = new();

    [Theory]
    [InlineData("hearth jobs ca", "cancel")]
    [InlineData("hearth jobs list --state fa", "failed")]
    [InlineData("hearth sub", "submit")]
    [InlineData("hearth call --ur", "--url")]
    public async Task Bash_completes(string typed, string completed)
    {
        var script = $$"""
            hearth() { "{{HearthProgram.Dotnet}}" "{{HearthProgram.Assembly}}" "$@"; }
            source <(hearth completion bash)
            COMP_LINE='{{typed}}' COMP_POINT={{typed.Length}}
            read -ra COMP_WORDS <<< "$COMP_LINE"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _hearth
            printf '%s\n' "${COMPREPLY[@]}"
            """;
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Contains(completed, (await bash.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(90))).Split('\n'));
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _hearth hearth")]
    [InlineData("zsh", "compdef _hearth hearth")]
    [InlineData("fish", "complete -c hearth")]
    public async Task There_is_a_script_for_each_shell(string shell, string contains) =>
        Assert.Contains(contains, (await hearth.RunAsync("completion", shell)).Is(0).Out, StringComparison.Ordinal);

    [Fact]
    public async Task Another_shell_is_refused() => (await hearth.RunAsync("completion", "tcsh")).Is(2);

    public void Dispose() => hearth.Dispose();
}
