using System.Text;
using Hearth.Functions;
using Hearth.Tests.Support;

namespace Hearth.Tests.Functions.BuiltIn;

/// <summary>The function email, through a silo, against a server that speaks SMTP.</summary>
public sealed class EmailFunctionTests
{
    [Fact]
    public async Task A_mail_is_filled_in_sent_with_its_attachments_and_named_after_its_job()
    {
        using var server = new SmtpServer();
        await using var silo = await StartAsync(server);
        var job = await silo.Http.SubmitAsync("email", """
            {"to":["Ada <ada@example.com>"],"bcc":["hidden@example.com"],"subject":"Order {{order.number}}","text":"Dear {{name}}\n.\nbye","html":"<b>{{name}}</b>",
             "values":{"name":"<i>Ada</i>","order":{"number":4711}},"attachments":[{"name":"bill.pdf","content":"aGVsbG8=","contentType":"application/pdf"}]}
            """);
        var end = (await silo.Http.FetchAsync(job + "?wait=30s")).Is(200).Json;
        Assert.Equal("succeeded", end.GetProperty("state").GetString());
        var mail = Assert.Single(server.Mails);
        Assert.Contains("Subject: Order 4711\n", mail, StringComparison.Ordinal);
        Assert.Contains($"Message-ID: <{job.Split('/')[^1]}@example.com>", mail, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("bill.pdf", mail, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden@example.com", mail, StringComparison.Ordinal);
        Assert.Contains("&lt;i&gt;Ada&lt;/i&gt;", Decoded(mail), StringComparison.Ordinal);
        Assert.Contains("Dear <i>Ada</i>\n.\nbye", Decoded(mail), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_for_now_is_tried_again_and_what_it_refuses_for_good_is_not()
    {
        var tries = 0;
        using var server = new SmtpServer { Judge = mail => mail.Contains("busy", StringComparison.Ordinal) && Interlocked.Increment(ref tries) == 1 ? "451 later" : mail.Contains("spam", StringComparison.Ordinal) ? "554 no" : null };
        await using var silo = await StartAsync(server);
        var (later, never) = (await SubmitAsync(silo, "busy"), await SubmitAsync(silo, "spam"));
        var first = (await silo.Http.FetchAsync(later + "?wait=60s")).Is(200).Json;
        Assert.Equal(("succeeded", 2), (first.GetProperty("state").GetString(), first.GetProperty("attempt").GetInt32()));
        var second = (await silo.Http.FetchAsync(never + "?wait=60s")).Is(200).Json;
        Assert.Equal(("failed", 1), (second.GetProperty("state").GetString(), second.GetProperty("attempt").GetInt32()));
    }

    [Fact]
    public async Task A_recipient_that_is_refused_is_told_and_the_others_get_the_mail_once()
    {
        using var server = new SmtpServer { JudgeRecipient = line => line.Contains("nobody", StringComparison.Ordinal) ? "550 unknown" : null };
        await using var silo = await StartAsync(server);
        var answer = (await silo.Http.CallAsync("email", """{"to":["ada@example.com","nobody@example.com"],"subject":"x","text":"y"}""")).Is(200).Json;
        Assert.Equal(1, answer.GetProperty("accepted").GetInt32());
        Assert.Contains("nobody", answer.GetProperty("rejected")[0].GetString(), StringComparison.Ordinal);
        Assert.Single(server.Mails);
    }

    [Theory]
    [InlineData("""{"to":["not an address"],"subject":"x","text":"y"}""", "to:")]
    [InlineData("""{"to":[],"subject":"x","text":"y"}""", "to, cc and bcc")]
    [InlineData("""{"to":["ada@example.com"],"subject":"x\nBcc: b@example.com","text":"y"}""", "subject")]
    [InlineData("""{"to":["ada@example.com"],"subject":"{{s}}","text":"y","values":{"s":"x\r\nBcc: b@example.com"}}""", "subject")]
    [InlineData("""{"to":["ada@example.com\r\nBcc: b@example.com"],"subject":"x","text":"y"}""", "to:")]
    [InlineData("""{"to":["ada@example.com"],"subject":"x"}""", "text or html")]
    [InlineData("""{"to":["ada@example.com"],"subject":"x","text":"{{name}}","values":{}}""", "{{name}}")]
    public async Task What_cannot_be_a_mail_names_the_field(string input, string told)
    {
        using var server = new SmtpServer();
        await using var silo = await StartAsync(server);
        Assert.Contains(told, (await silo.Http.CallAsync("email", input)).Is(500).Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Connections_are_kept_for_the_next_mail_and_bounded()
    {
        using var server = new SmtpServer();
        await using var silo = await StartAsync(server);
        var jobs = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => SubmitAsync(silo, $"n {n}")));
        foreach (var job in jobs)
            Assert.Equal("succeeded", (await silo.Http.FetchAsync(job + "?wait=60s")).Is(200).Json.GetProperty("state").GetString());
        Assert.Equal(60, server.Mails.Count);
        Assert.InRange(server.ConnectionsPeak, 1, 3);
        Assert.InRange(server.ConnectionsMade, 1, 10);
    }

    [Fact]
    public async Task A_login_is_sent_only_over_TLS_that_can_be_trusted()
    {
        using var server = new SmtpServer(hasTls: true, login: "ada:secret");
        await using var silo = await StartAsync(server, ("Tls", "true"), ("User", "ada"), ("Password", "secret"));
        var detail = (await silo.Http.CallAsync("email", """{"to":["ada@example.com"],"subject":"x","text":"y"}""")).Is(500).Json.GetProperty("detail").GetString()!;
        Assert.Empty(server.Mails); // its certificate is nobody's
        Assert.DoesNotContain("secret", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_login_gets_it()
    {
        using var server = new SmtpServer(login: "ada:secret");
        await using var silo = await StartAsync(server, ("User", "ada"), ("Password", "secret"));
        (await silo.Http.CallAsync("email", """{"to":["ada@example.com"],"subject":"x","text":"y"}""")).Is(200);
        Assert.Single(server.Mails);
    }

    private static Task<string> SubmitAsync(StartedApplication silo, string subject) =>
        silo.Http.SubmitAsync("email", $$"""{"to":["ada@example.com"],"subject":"{{subject}}","text":"y"}""");

    private static Task<StartedApplication> StartAsync(SmtpServer server, params (string Name, string Value)[] more) => StartedApplication.StartAsync(builder =>
    {
        builder.Configuration["Hearth:Email:Host"] = "127.0.0.1";
        builder.Configuration["Hearth:Email:Port"] = FormattableString.Invariant($"{server.Port}");
        builder.Configuration["Hearth:Email:Tls"] = "false";
        builder.Configuration["Hearth:Email:From"] = "Shop <shop@example.com>";
        builder.Configuration["Hearth:Email:Connections"] = "3";
        foreach (var (name, value) in more)
            builder.Configuration["Hearth:Email:" + name] = value;
        builder.AddBuiltInFunctions();
    });

    /// <summary>With the parts that are in base64 in plain text.</summary>
    private static string Decoded(string mail)
    {
        var text = new StringBuilder(mail);
        foreach (var part in mail.Split("\n\n"))
        {
            var block = string.Concat(part.Split('\n').TakeWhile(line => !line.StartsWith("--", StringComparison.Ordinal)));
            try
            {
                text.Append('\n').Append(Encoding.UTF8.GetString(Convert.FromBase64String(block)).ReplaceLineEndings("\n"));
            }
            catch (FormatException)
            {
                text.Append(block.Replace("=\n", "", StringComparison.Ordinal));
            }
        }

        return text.ToString();
    }
}
