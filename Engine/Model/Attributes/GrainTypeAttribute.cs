namespace Orleans;

/// <summary>
/// Names the type part of a grain's id. Without it the class's name is used, in lower case and less the ending
/// <c>Grain</c>: <c>CounterGrain</c> is <c>counter</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
public sealed class GrainTypeAttribute(string grainType) : Attribute
{
    internal string Value { get; } = grainType;
}
