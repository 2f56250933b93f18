using System.Numerics;
using System.Runtime.InteropServices;

namespace LowMem.Checkpoints.Containers.Zip;

/// <summary>
/// Finds entries by the bytes of their names: a table of numbers with open addressing, since a dictionary of texts takes
/// more memory than the directory itself. The hash is .NET's own of texts, which differs from process to process, so that
/// no file can be made to collide.
/// </summary>
internal sealed class ZipNameIndex
{
    private readonly ZipEntryPlaces places;

    /// <summary>Numbers of entries, counted from 1; 0 is an empty slot. Never more than half full.</summary>
    private readonly int[] slots;
    private readonly List<int> duplicates = [];

    public ZipNameIndex(ZipEntryPlaces places)
    {
        this.places = places;
        slots = new int[BitOperations.RoundUpToPowerOf2(checked((uint)places.Count * 2) + 1)];
        for (int number = 0; number < places.Count; number++)
        {
            ref int slot = ref FindSlot(places[number].NameBytes);
            if (slot == 0)
            {
                slot = number + 1;
            }
            else
            {
                duplicates.Add(number);
            }
        }
    }

    /// <summary>The numbers of entries whose name another one has before them.</summary>
    public IReadOnlyList<int> Duplicates => duplicates;

    /// <summary>The number of the first entry of a name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name) => FindSlot(name) - 1;

    /// <summary>The slot that holds the name, or the empty one that it would go to.</summary>
    private ref int FindSlot(ReadOnlySpan<byte> name)
    {
        int mask = slots.Length - 1;
        int place = Hash(name) & mask;
        while (slots[place] is not 0 and var number && !places[number - 1].NameBytes.SequenceEqual(name))
        {
            place = (place + 1) & mask;
        }

        return ref slots[place];
    }

    private static int Hash(ReadOnlySpan<byte> name)
    {
        int hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(name));
        return (name.Length & 1) == 0 ? hash : HashCode.Combine(hash, name[^1]);
    }
}
