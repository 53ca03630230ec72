using System.Buffers;
using System.Xml;

namespace Hearth.Api.Xml;

/// <summary>
/// An element without a type whose first child is an <c>item</c> is an array, unless another name follows, which may be
/// megabytes later. The first such element of a document makes this second pass over it; every later one looks up the
/// answer. Documents that state their types, as Hearth's own do, are read once.
/// </summary>
internal static class ItemScan
{
    public const string Item = "item";

    /// <summary>Ordinals of the elements whose first child is an item and a later one is not.</summary>
    public static HashSet<int> Objects(ReadOnlySequence<byte> xml)
    {
        using var reader = XmlSource.Open(xml);
        var found = new HashSet<int>();
        var parents = new Stack<Parent>();
        var ordinal = 0;
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.EndElement) parents.Pop();
            if (reader.NodeType != XmlNodeType.Element) continue;

            // Deeper is refused by whoever asked, as soon as it gets there.
            if (reader.Depth > XmlLimits.DepthMax) break;
            ordinal++;
            if (parents.TryPeek(out var parent) && parent.TurnsOutObject(reader.Name)) found.Add(parent.Ordinal);
            if (!reader.IsEmptyElement) parents.Push(new Parent(ordinal));
        }

        return found;
    }

    private sealed class Parent(int ordinal)
    {
        private bool hasChildren;
        private bool startsWithItem;

        public int Ordinal => ordinal;

        public bool TurnsOutObject(string child)
        {
            var isItem = string.Equals(child, Item, StringComparison.Ordinal);
            if (!hasChildren) (hasChildren, startsWithItem) = (true, isItem);
            return startsWithItem && !isItem;
        }
    }
}
