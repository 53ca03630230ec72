using System.Collections.Concurrent;
using System.Net;
using System.Net.Mail;

namespace Hearth.Functions.BuiltIn;

/// <summary>Connections to the server, each used by one mail at a time and kept for the next; the function's concurrency bounds them.</summary>
internal sealed class SmtpConnections(EmailOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>Servers close what is idle, and who sends on it then cannot tell whether the mail was taken.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(10);

    private readonly ConcurrentStack<(SmtpClient Client, long Since)> idle = new();

    public async Task SendAsync(MailMessage mail, CancellationToken cancellationToken)
    {
        var client = Take();
        try
        {
            await client.SendMailAsync(mail, cancellationToken);
            idle.Push((client, clock.GetTimestamp()));
        }
        catch (SmtpFailedRecipientException)
        {
            idle.Push((client, clock.GetTimestamp())); // the server said so in good order
            throw;
        }
        catch
        {
            Close(client);
            throw;
        }
    }

    public void Dispose()
    {
        while (idle.TryPop(out var kept))
            Close(kept.Client);
    }

    private SmtpClient Take()
    {
        while (idle.TryPop(out var kept))
        {
            if (clock.GetElapsedTime(kept.Since) < IdleMax)
                return kept.Client;
            Close(kept.Client);
        }

        return new SmtpClient(options.Host, options.Port)
        {
            EnableSsl = options.Tls,
            DeliveryMethod = SmtpDeliveryMethod.Network,
            Credentials = options.User is null ? null : new NetworkCredential(options.User, options.Password),
        };
    }

    /// <summary>Says good-bye, which a server that has gone does not hear.</summary>
    private static void Close(SmtpClient client)
    {
        try
        {
            client.Dispose();
        }
        catch (Exception e) when (e is SmtpException or IOException or InvalidOperationException)
        {
            // It is closed all the same.
        }
    }
}
