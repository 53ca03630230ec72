using Orleans.Runtime;

namespace Orleans;

/// <summary>Root of all grain interfaces. Derive from <see cref="IGrainWithStringKey"/>.</summary>
public interface IGrain : IAddressable;

/// <summary>Root of grain interfaces whose grains are identified by a string, the only kind of key that the embedded engine has.</summary>
public interface IGrainWithStringKey : IGrain;
