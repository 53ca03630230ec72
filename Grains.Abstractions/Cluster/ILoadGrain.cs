namespace Hearth.Cluster;

/// <summary>How busy a silo's machine is. Its key is the silo's id.</summary>
[Alias("hearth.load")]
public interface ILoadGrain : IGrainWithStringKey
{
    /// <summary>Share of the machine's processors that was busy during the last seconds, percent; null where it is not known yet.</summary>
    Task<int?> ReadAsync();
}
