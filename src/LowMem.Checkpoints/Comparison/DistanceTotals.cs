namespace LowMem.Checkpoints.Comparison;

/// <summary>What is known of the distances of some elements. Those of several blocks, added up in order, are those of the tensor.</summary>
internal struct DistanceTotals
{
    /// <summary>The elements that are finite on both sides.</summary>
    public long Finite;

    /// <summary>The elements that are further apart than is allowed.</summary>
    public long Differing;

    /// <summary>Those of them that are not finite on one side or on both.</summary>
    public long NonFinite;

    /// <summary>The sum of the squares of the distances.</summary>
    public double SquaredDistances;

    /// <summary>The sum of the squares of the reference.</summary>
    public double SquaredReference;

    /// <summary>The sum of the squares of the difference.</summary>
    public double SquaredDifference;

    /// <summary>The sum of the products.</summary>
    public double Products;

    /// <summary>The greatest distance.</summary>
    public double Greatest;

    /// <summary>The greatest distance over the size of the reference's number; -1 where all of those are zero.</summary>
    public double GreatestRelative = -1;

    /// <summary>The first element that differs, in row-major order; the greatest number there is when none does.</summary>
    public long First = long.MaxValue;

    /// <summary>The reference's value of that element.</summary>
    public ComparedNumber FirstReference;

    /// <summary>The difference's value of that element.</summary>
    public ComparedNumber FirstDifference;

    /// <summary>The totals of no elements.</summary>
    public DistanceTotals()
    {
    }

    /// <summary>Whether any two numbers are not the same.</summary>
    public readonly bool HasChange => Differing > 0 || Greatest > 0;

    /// <summary>Adds those of the elements that follow.</summary>
    public void Add(in DistanceTotals next)
    {
        Finite += next.Finite;
        Differing += next.Differing;
        NonFinite += next.NonFinite;
        SquaredDistances += next.SquaredDistances;
        SquaredReference += next.SquaredReference;
        SquaredDifference += next.SquaredDifference;
        Products += next.Products;
        Greatest = Math.Max(Greatest, next.Greatest);
        GreatestRelative = Math.Max(GreatestRelative, next.GreatestRelative);
        if (next.First < First)
        {
            (First, FirstReference, FirstDifference) = (next.First, next.FirstReference, next.FirstDifference);
        }
    }

    /// <summary>Notes an element that is further away than is allowed.</summary>
    /// <param name="index">Its place in row-major order.</param>
    /// <param name="reference">The reference's value.</param>
    /// <param name="difference">The difference's value.</param>
    public void Note(long index, ComparedNumber reference, ComparedNumber difference)
    {
        if (index < First)
        {
            (First, FirstReference, FirstDifference) = (index, reference, difference);
        }
    }
}
