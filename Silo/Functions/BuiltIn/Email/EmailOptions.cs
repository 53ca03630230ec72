using System.Net;
using System.Net.Mail;
using Hearth.Hosting;

namespace Hearth.Functions.BuiltIn;

/// <summary>The server that the function <c>email</c> hands mails to: section <c>Hearth:Email</c>. Without a host it is not served.</summary>
internal sealed class EmailOptions
{
    public string? Host { get; set; }

    /// <summary>Default 587.</summary>
    public int Port { get; set; } = 587;

    /// <summary>Whether STARTTLS is demanded. Default true; false only without a user, or on this machine.</summary>
    public bool Tls { get; set; } = true;

    public string? User { get; set; }

    public string? Password { get; set; }

    /// <summary>Sender of mails that name none, such as <c>Shop &lt;shop@example.com></c>.</summary>
    public string? From { get; set; }

    /// <summary>Connections at once, of a silo. Default 4, at most 100.</summary>
    public int Connections { get; set; } = 4;

    /// <exception cref="StartException">Something cannot be; the message names it.</exception>
    public void Check()
    {
        if (Port is < 1 or > 65535)
            throw new StartException("Hearth:Email:Port must be 1 to 65535.");
        if (Connections is < 1 or > 100)
            throw new StartException("Hearth:Email:Connections must be 1 to 100.");
        if (From is not null && !MailAddress.TryCreate(From, out _))
            throw new StartException("Hearth:Email:From must be an address such as shop@example.com or Shop <shop@example.com>.");
        if (!Tls && User is not null && !IsHere)
            throw new StartException("Hearth:Email:Tls is off, and the password would cross the network in the clear: leave Tls on.");
    }

    private bool IsHere => Host is "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));
}
