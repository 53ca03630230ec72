namespace Orleans.Configuration;

/// <summary>How calls travel.</summary>
public abstract class MessagingOptions
{
    /// <summary>How long a caller waits, unless the method has a <see cref="ResponseTimeoutAttribute"/>. Default: 30 s.</summary>
    public TimeSpan ResponseTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>How the calls of a silo travel.</summary>
public class SiloMessagingOptions : MessagingOptions;
