namespace Orleans;

/// <summary>The entrance for callers that are not grains. Inside the silo's process it is the silo's own grain factory.</summary>
public interface IClusterClient : IGrainFactory
{
    /// <summary>The services of the process that the client lives in.</summary>
    IServiceProvider ServiceProvider { get; }
}
