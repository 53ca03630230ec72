using System.IO.Compression;
using Hearth.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Hearth.Tests.WebConsole;

/// <summary>The start page in a real browser, with the content security policy that it is served with.</summary>
public sealed class StartPageTests(ServedSilo silo, Browser browser) : IClassFixture<ServedSilo>, IClassFixture<Browser>
{
    private const string Markup = "<img src=x onerror=\"window.hacked=1\">";

    [BrowserFact]
    public async Task Lists_what_is_served()
    {
        await using var page = await OpenAsync();
        await Expect(page["#health"]).ToHaveTextAsync("Ready");
        await Expect(page["#list a"]).ToHaveCountAsync(10);
        await Expect(page["#list li[data-name=primes]"]).ToContainTextAsync("Counts the primes up to a bound");
        await Expect(page["#list li[data-name=sleep]"]).ToContainTextAsync("0/1,000 running");
        Assert.Empty(page.Errors);
    }

    [BrowserFact]
    public async Task Search_leaves_what_matches()
    {
        await using var page = await OpenAsync();
        await page["#search"].FillAsync("text COUNTS");
        await Expect(page["#list li:visible"]).ToContainTextAsync(["wordcount"]);
        await Expect(page["#count"]).ToHaveTextAsync("(1 of 10)");
    }

    [BrowserFact]
    public async Task A_click_and_Control_Enter_call_a_function()
    {
        await using var page = await OpenAsync();
        await page["#list a[href='#/primes']"].ClickAsync();
        await Expect(page.Page).ToHaveURLAsync(new Uri(silo.Process.Address, "#/primes").ToString());
        await page["#input"].FillAsync("""{"upTo": 1000}""");
        await page["#input"].PressAsync("Control+Enter");
        await Expect(page["#output .status"]).ToContainTextAsync("200 OK");
        await Expect(page["#body"]).ToHaveTextAsync("{\n  \"count\": 168,\n  \"largest\": 997\n}");
        Assert.Empty(page.Errors);
    }

    [BrowserFact]
    public async Task Answers_in_the_notation_chosen()
    {
        await using var page = await OpenAsync("#/wordcount");
        await page.Page.GetByLabel("XML").CheckAsync();
        await RunAsync(page);
        await Expect(page["#output .status"]).ToContainTextAsync("application/xml");
        await Expect(page["#body"]).ToContainTextAsync("<words type=\"number\">9</words>");
    }

    [BrowserFact]
    public async Task Numbers_are_shown_with_all_their_digits()
    {
        await using var page = await OpenAsync("#/echo");
        await page["#input"].FillAsync("""{"a": 12345678901234567890, "b": [], "c": {"d": 1.50}}""");
        await RunAsync(page);
        await Expect(page["#body"]).ToContainTextAsync("\"a\": 12345678901234567890,\n  \"b\": [],");
    }

    [BrowserFact]
    public async Task A_refused_input_shows_the_field()
    {
        await using var page = await OpenAsync("#/primes");
        await page["#input"].FillAsync("""{"upTo": "many"}""");
        await RunAsync(page);
        await Expect(page["#output .status"]).ToContainTextAsync("422 Invalid input");
        await Expect(page["#problem-field"]).ToHaveTextAsync("$.upTo");
        await Expect(page["tr.marked"]).ToContainTextAsync("upTo");
        await Expect(page["#input"]).ToHaveAttributeAsync("aria-invalid", "true");
        await page["#problem button"].ClickAsync();
        Assert.Equal("\"upTo\"", await page.Page.EvaluateAsync<string>("getSelection().toString()"));
        Assert.Empty(page.Errors);
    }

    [BrowserFact]
    public async Task A_problem_in_XML_reads_the_same()
    {
        await using var page = await OpenAsync("#/primes");
        await page.Page.GetByLabel("XML").CheckAsync();
        await page["#input"].FillAsync("{}");
        await RunAsync(page);
        await Expect(page["#output .status"]).ToContainTextAsync("422 Invalid input");
        await Expect(page["#problem"]).ToContainTextAsync("upTo");
    }

    [BrowserFact]
    public async Task A_job_runs_to_its_result_and_survives_a_reload()
    {
        await using var page = await OpenAsync("#/primes");
        await page["#input"].FillAsync("""{"upTo": 100}""");
        await page.Page.GetByLabel("Run as durable job").CheckAsync();
        await RunAsync(page);
        await Expect(page["#job-state"]).ToHaveTextAsync("succeeded");
        await Expect(page["#body"]).ToContainTextAsync("\"count\": 25");
        var id = await page["#job-id"].TextContentAsync();
        Assert.EndsWith("#/primes/job/" + id, page.Page.Url, StringComparison.Ordinal);

        await page.Page.ReloadAsync();
        await Expect(page["#job-id"]).ToHaveTextAsync(id!);
        await Expect(page["#body"]).ToContainTextAsync("\"count\": 25");
        Assert.Empty(page.Errors);
    }

    [BrowserFact]
    public async Task A_job_without_output_is_followed_until_it_is_done()
    {
        await using var page = await OpenAsync("#/sleep");
        await page["#input"].FillAsync("""{"seconds": 3}""");
        await page.Page.GetByLabel("Run as durable job").CheckAsync();
        await RunAsync(page);
        await Expect(page["#job-state"]).ToHaveTextAsync("running");
        await Expect(page["#output"]).ToContainTextAsync("Done, with nothing to show.");
        await Expect(page["#job-state"]).ToHaveTextAsync("succeeded");
    }

    [BrowserFact]
    public async Task A_failed_job_says_why()
    {
        await using var page = await OpenAsync("#/fail");
        await page.Page.GetByLabel("Run as durable job").CheckAsync();
        await RunAsync(page);
        await Expect(page["#job-state"]).ToHaveTextAsync("failed");
        await Expect(page["#output .problem"]).ToContainTextAsync("no such luck");
    }

    [BrowserFact]
    public async Task A_file_is_compressed_to_download()
    {
        await using var page = await OpenAsync("#/compress");
        var content = new string('a', 100_000);
        await page["#file"].SetInputFilesAsync(new FilePayload { Name = "a's.txt", MimeType = "text/plain", Buffer = System.Text.Encoding.UTF8.GetBytes(content) });
        await Expect(page["#curl"]).ToContainTextAsync("""--data-binary '@a'\''s.txt'""");
        await RunAsync(page);
        var link = page["a[download]"];
        await Expect(link).ToBeVisibleAsync();
        var download = await page.Page.RunAndWaitForDownloadAsync(() => link.ClickAsync());
        Assert.Equal("compress.gz", download.SuggestedFilename);
        await using var gzip = new GZipStream(await download.CreateReadStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip);
        Assert.Equal(content, await reader.ReadToEndAsync());
        Assert.Empty(page.Errors);
    }

    [BrowserFact]
    public async Task A_call_can_be_stopped()
    {
        await using var page = await OpenAsync("#/sleep");
        await page["#input"].FillAsync("""{"seconds": 20}""");
        await RunAsync(page);
        await page.Page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Expect(page["#output"]).ToHaveTextAsync("Stopped.");
        await Expect(page["button[type=submit]"]).ToBeEnabledAsync();
    }

    [BrowserFact]
    public async Task Markup_in_an_answer_stays_text()
    {
        await using var page = await OpenAsync("#/echo");
        await page["#input"].FillAsync("""{"a": "</pre><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"}""");
        await RunAsync(page);
        await Expect(page["#body"]).ToContainTextAsync("<script>window.hacked=1</script>");
        await AssertUnharmedAsync(page);
    }

    [BrowserFact]
    public async Task Markup_in_manifests_stays_text_and_mistakes_are_shown()
    {
        using var folder = new TempFolder();
        var functions = Directory.CreateDirectory(Path.Combine(folder["data"], "functions")).FullName;
        var description = System.Text.Json.JsonSerializer.Serialize("Says " + Markup);
        await File.WriteAllTextAsync(Path.Combine(functions, "cat.json"), $$"""{"command": "/bin/cat", "output": "text/plain", "description": {{description}}}""");
        await File.WriteAllTextAsync(Path.Combine(functions, "bad.json"), """{"command": "/bin/cat", "<img src=x onerror='window.hacked=1'>": 1}""");
        await using var own = await SiloProcess.StartAsync(folder["data"]);

        await using var page = await browser.OpenAsync(own.Address, "#/cat");
        await Expect(page[".description"]).ToHaveTextAsync("Says " + Markup);
        await Expect(page["#list li[data-name=cat]"]).ToContainTextAsync(Markup);
        await Expect(page["#health"]).ToHaveTextAsync("Degraded");
        await Expect(page["#reasons li"]).ToContainTextAsync("<img src=x onerror='window.hacked=1'>");
        await page["#input"].FillAsync(Markup);
        await RunAsync(page);
        await Expect(page["#body"]).ToHaveTextAsync(Markup);
        await AssertUnharmedAsync(page);
    }

    [BrowserFact]
    public async Task A_function_that_is_not_served_is_said_so()
    {
        await using var page = await OpenAsync("#/no%20such");
        await Expect(page["main"]).ToContainTextAsync("No function no such is served now.");
        Assert.Empty(page.Errors);
    }

    [BrowserFact]
    public async Task Fits_a_narrow_screen()
    {
        foreach (var name in new[] { "", "#/primes", "#/compress" })
        {
            await using var page = await browser.OpenAsync(silo.Process.Address, name, width: 360);
            await Expect(page["#title"]).ToBeVisibleAsync();
            Assert.Equal(360, await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        }
    }

    [BrowserFact]
    public async Task Says_when_the_silo_is_gone()
    {
        using var folder = new TempFolder();
        await using var own = await SiloProcess.StartAsync(folder["data"]);
        await using var page = await browser.OpenAsync(own.Address, "#/echo");
        await Expect(page["#health"]).ToHaveTextAsync("Ready");
        await own.KillAsync();
        await RunAsync(page);
        await Expect(page["#problem"]).ToContainTextAsync("did not answer");
        await Expect(page["#health"]).ToHaveTextAsync("Not reachable");
    }

    private static Task RunAsync(BrowserPage page) => page["button[type=submit]"].ClickAsync();

    private static async Task AssertUnharmedAsync(BrowserPage page)
    {
        Assert.False(await page.Page.EvaluateAsync<bool>("'hacked' in window || document.querySelector('main img, nav img, #reasons img') !== null"));
        Assert.Empty(page.Errors);
    }

    private Task<BrowserPage> OpenAsync(string address = "") => browser.OpenAsync(silo.Process.Address, address);
}
