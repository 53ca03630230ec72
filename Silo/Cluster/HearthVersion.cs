using System.Reflection;

namespace Hearth.Cluster;

/// <summary>The version of this build.</summary>
internal static class HearthVersion
{
    public static string Text { get; } = Assembly.GetExecutingAssembly().GetName().Version!.ToString(3);
}
