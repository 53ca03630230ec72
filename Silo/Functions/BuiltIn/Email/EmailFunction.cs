using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using System.Text.Json.Nodes;

namespace Hearth.Functions.BuiltIn;

/// <param name="To">Addresses, such as <c>ada@example.com</c> or <c>Ada &lt;ada@example.com></c>; with <paramref name="Cc"/> and <paramref name="Bcc"/> at most 100.</param>
/// <param name="Subject">One line; may have <c>{{places}}</c>.</param>
/// <param name="Text">The plain body; may have <c>{{places}}</c>.</param>
/// <param name="Html">The body as HTML; values are escaped in it.</param>
/// <param name="Values">What the places are filled with.</param>
/// <param name="From">Default: <c>Hearth:Email:From</c>.</param>
/// <param name="ReplyTo">Where answers go, if not to the sender.</param>
/// <param name="Cc">Copies.</param>
/// <param name="Bcc">Copies that the others do not see.</param>
/// <param name="Attachments">Files.</param>
public sealed record EmailInput(
    string[] To, string Subject, string? Text = null, string? Html = null, JsonObject? Values = null, string? From = null, string? ReplyTo = null,
    string[]? Cc = null, string[]? Bcc = null, EmailAttachment[]? Attachments = null);

/// <param name="Name">Of the file.</param>
/// <param name="Content">Its bytes, in base64.</param>
/// <param name="ContentType">Default <c>application/octet-stream</c>.</param>
public sealed record EmailAttachment(string Name, byte[] Content, string? ContentType = null);

/// <param name="MessageId">The same for every attempt of a job, so that a duplicate can be told.</param>
/// <param name="Accepted">Recipients for which the server took the mail.</param>
/// <param name="Rejected">Those that it refused for good.</param>
/// <param name="Deferred">Those that it refused for now. They are not tried again, as the others would get the mail twice: send it to them as another job.</param>
public sealed record EmailOutput(string MessageId, int Accepted, IReadOnlyList<string> Rejected, IReadOnlyList<string> Deferred);

/// <summary>
/// Hands a mail to the server. Taken is the result; what the server refuses for good (5xx) fails for good, all else is tried again. A crash between the server's yes and
/// the job's end sends it twice, under one <c>Message-ID</c>.
/// </summary>
internal sealed class EmailFunction(EmailOptions options, TimeProvider clock) : IFunction<EmailInput, EmailOutput>, IDisposable
{
    private const int RecipientsMax = 100;

    private readonly SmtpConnections connections = new(options, clock);

    public void Dispose() => connections.Dispose();

    public async Task<EmailOutput> RunAsync(EmailInput input, FunctionContext context, CancellationToken cancellationToken)
    {
        using var mail = MailOf(input);
        var id = $"<{context.JobId ?? Guid.NewGuid().ToString("N")}@{mail.From!.Host}>";
        mail.Headers.Add("Message-ID", id);
        var all = mail.To.Count + mail.CC.Count + mail.Bcc.Count;
        try
        {
            await connections.SendAsync(mail, cancellationToken);
            return new EmailOutput(id, all, [], []);
        }
        catch (SmtpFailedRecipientException e)
        {
            var refused = e is SmtpFailedRecipientsException many ? many.InnerExceptions : [e];
            if (refused.Length < all)
                return new EmailOutput(id, all - refused.Length, Names(refused, areForGood: true), Names(refused, areForGood: false));
            throw Failed(refused.FirstOrDefault(one => !IsForGood(one.StatusCode)) ?? e);
        }
        catch (SmtpException e)
        {
            throw Failed(e);
        }
    }

    private static List<string> Names(SmtpFailedRecipientException[] refused, bool areForGood) =>
        [.. refused.Where(one => IsForGood(one.StatusCode) == areForGood).Select(one => one.FailedRecipient ?? "?")];

    private static Exception Failed(SmtpException e)
    {
        var reason = $"The mail server did not take it: {e.StatusCode}: {e.InnerException?.Message ?? e.Message}";
        return IsForGood(e.StatusCode) ? JobOutcome.FailForGood(reason, e) : new FunctionException(reason, e);
    }

    /// <summary>RFC 5321, 4.2.1: 5yz is for good. 530 and 535 are about this silo's own login, which may be mended.</summary>
    private static bool IsForGood(SmtpStatusCode status) => (int)status is >= 500 and < 600 and not (530 or 535);

    private MailMessage MailOf(EmailInput input)
    {
        var mail = new MailMessage { From = Address(input.From ?? options.From, "from"), SubjectEncoding = Encoding.UTF8, BodyEncoding = Encoding.UTF8, HeadersEncoding = Encoding.UTF8 };
        try
        {
            Fill(mail, input);
            return mail;
        }
        catch
        {
            mail.Dispose();
            throw;
        }
    }

    private static void Fill(MailMessage mail, EmailInput input)
    {
        Add(mail.To, input.To, "to");
        Add(mail.CC, input.Cc, "cc");
        Add(mail.Bcc, input.Bcc, "bcc");
        if (mail.To.Count + mail.CC.Count + mail.Bcc.Count is 0 or > RecipientsMax)
            throw JobOutcome.FailForGood($"to, cc and bcc must name 1 to {RecipientsMax} addresses together.");
        if (input.ReplyTo is not null)
            mail.ReplyToList.Add(Address(input.ReplyTo, "replyTo"));
        var subject = EmailTemplate.Fill(input.Subject, input.Values, isHtml: false);
        mail.Subject = subject.Any(char.IsControl) ? throw JobOutcome.FailForGood("subject must be one line, also when its places are filled.") : subject;
        if (input.Text is null && input.Html is null)
            throw JobOutcome.FailForGood("text or html must be there: a mail needs a body.");
        if (input.Text is not null)
            mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(EmailTemplate.Fill(input.Text, input.Values, isHtml: false), Encoding.UTF8, MediaTypeNames.Text.Plain));
        if (input.Html is not null)
            mail.AlternateViews.Add(AlternateView.CreateAlternateViewFromString(EmailTemplate.Fill(input.Html, input.Values, isHtml: true), Encoding.UTF8, MediaTypeNames.Text.Html));
        foreach (var file in input.Attachments ?? [])
            mail.Attachments.Add(AttachmentOf(file));
    }

    private static void Add(MailAddressCollection list, string[]? addresses, string field)
    {
        foreach (var address in addresses ?? [])
            list.Add(Address(address, field));
    }

    private static MailAddress Address(string? text, string field) => MailAddress.TryCreate(text, out var address) && !text!.Any(char.IsControl)
        ? address
        : throw JobOutcome.FailForGood($"{field}: '{text}' is no address: write it as ada@example.com or Ada <ada@example.com>.");

    private static Attachment AttachmentOf(EmailAttachment file)
    {
        if (file.Name.Length is 0 or > 255 || file.Name.Any(char.IsControl))
            throw JobOutcome.FailForGood("attachments: a name has 1 to 255 characters.");
        try
        {
            if (file.ContentType?.Any(char.IsControl) == true)
                throw new FormatException();
            return new Attachment(new MemoryStream(file.Content), file.Name, file.ContentType ?? MediaTypeNames.Application.Octet);
        }
        catch (FormatException)
        {
            throw JobOutcome.FailForGood("attachments: contentType must be a media type such as application/pdf.");
        }
    }
}
