namespace Orleans.Providers;

/// <summary>Names of providers that are used when none is asked for.</summary>
public static class ProviderConstants
{
    /// <summary>The storage of states that name no provider.</summary>
    public const string DEFAULT_STORAGE_PROVIDER_NAME = "Default";
}
