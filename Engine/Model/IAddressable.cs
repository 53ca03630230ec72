namespace Orleans.Runtime;

/// <summary>Anything that can be called by its id: a grain class or a reference to a grain.</summary>
public interface IAddressable;
