using Hearth.Jobs.Errors;

namespace Hearth.Tests.Jobs.Errors;

/// <summary>Errors that differ in numbers, ids and quotations only are one.</summary>
public sealed class ErrorTextTests
{
    [Theory]
    [InlineData("attempt 3 fails", "attempt # fails")]
    [InlineData("took 1,234.5 ms, limit 30s", "took # ms, limit #s")]
    [InlineData("No file 'a/b 1.txt' here", "No file '…' here")]
    [InlineData("can't open \"x\", won't try", "can't open '…', won't try")]
    [InlineData("order 0b5e3c1a-7d2f-4a6b-9c8d-1e2f3a4b5c6d is gone", "order # is gone")]
    [InlineData("job 01a1fe06a6ab7bef9bf7c765b76ecb7d", "job #")]
    [InlineData("at 0xDEADBEEF", "at #")]
    [InlineData("the facade is added", "the facade is added")]
    [InlineData("  two\tblanks  \n second line", "two blanks")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void What_differs_from_job_to_job_goes(string? text, string expected) => Assert.Equal(expected, ErrorText.Normalise(text));

    [Fact]
    public void It_is_short_however_long_the_error_is()
    {
        var text = ErrorText.Normalise(string.Concat(Enumerable.Repeat("word ", 10_000)));
        Assert.Equal(200, text.Length);
        Assert.EndsWith("…", text, StringComparison.Ordinal);
    }
}
