namespace LowMem.Checkpoints.Tests.Model;

/// <summary>Which tensors are the same elements: what is read, kept and tied once rests on it.</summary>
public sealed class TensorIdentityTests
{
    private static readonly TensorInfo Matrix = new()
    {
        Key = "a",
        DType = "float32",
        Shape = [2, 3],
        Stride = [3, 1],
        ElementCount = 6,
        ByteLength = 24,
        Offset = 64,
        StorageKey = "0",
        IsContiguous = true,
        Path = "one.pt",
        Checkpoint = "one.pt",
        Format = "any",
        Storage = new StorageExtent(64, 48),
    };

    [Fact]
    public void Two_keys_of_one_view_are_the_same()
    {
        AssertSame(TensorIdentity.OfView(Matrix), TensorIdentity.OfView(Matrix with { Key = "b", RequiresGrad = true }));
        AssertSame(TensorIdentity.OfValues(Matrix), TensorIdentity.OfValues(Matrix with { Key = "b" }));
        var expanded = Matrix with { Stride = [0, 1], IsContiguous = false };
        AssertSame(TensorIdentity.OfView(expanded), TensorIdentity.OfView(expanded with { Key = "b" }));
    }

    [Fact]
    public void A_tensor_of_other_elements_is_another_one()
    {
        Dictionary<string, TensorInfo> others = new()
        {
            ["another place in the storage"] = Matrix with { Offset = 88, StorageStart = 24 },
            ["another storage"] = Matrix with { StorageKey = "1", Offset = 128, Storage = new StorageExtent(128, 48) },
            ["another storage at the same place"] = Matrix with { StorageKey = "1" },
            ["the same place in another file, or by another link"] = Matrix with { Path = "two.pt" },
            ["another element type"] = Matrix with { DType = "int32" },
            ["the other order of bytes"] = Matrix with { Storage = new StorageExtent(64, 48, IsBigEndian: true) },
            ["conjugated"] = Matrix with { IsConjugated = true },
            ["negated"] = Matrix with { IsNegated = true },
            ["with gaps"] = Matrix with { Stride = [4, 1], IsContiguous = false },
            ["transposed"] = Matrix with { Shape = [3, 2], Stride = [1, 3], IsContiguous = false },
            ["expanded"] = Matrix with { Stride = [0, 1], IsContiguous = false },
        };
        foreach (var (what, other) in others)
        {
            Assert.False(TensorIdentity.OfView(Matrix).Equals(TensorIdentity.OfView(other)), what);
            Assert.False(TensorIdentity.OfValues(Matrix).Equals(TensorIdentity.OfValues(other)), what);
        }
    }

    [Fact]
    public void Another_shape_of_one_range_is_another_view_of_the_same_values()
    {
        var flat = Matrix with { Shape = [6], Stride = [1] };
        Assert.NotEqual(TensorIdentity.OfView(Matrix), TensorIdentity.OfView(flat));
        AssertSame(TensorIdentity.OfValues(Matrix), TensorIdentity.OfValues(flat));
    }

    [Fact]
    public void The_stride_of_a_dimension_of_one_element_makes_no_difference()
    {
        var row = Matrix with { Shape = [1, 6], Stride = [6, 1] };
        AssertSame(TensorIdentity.OfView(row), TensorIdentity.OfView(row with { Stride = [1, 1] }));
    }

    [Fact]
    public void Tensors_of_a_compressed_storage_are_told_apart_by_their_start_in_it()
    {
        var first = Matrix with { Offset = -1, Storage = new StorageExtent(-1, 48) { Deflated = (64, 20) } };
        AssertSame(TensorIdentity.OfView(first), TensorIdentity.OfView(first with { Key = "b" }));
        Assert.NotEqual(TensorIdentity.OfView(first), TensorIdentity.OfView(first with { Key = "b", StorageStart = 24 }));
    }

    [Fact]
    public void A_tensor_without_elements_or_storage_is_the_same_as_no_other()
    {
        var empty = Matrix with { Shape = [0, 3], ElementCount = 0, ByteLength = 0 };
        var nowhere = Matrix with { StorageKey = null, Storage = null, Offset = -1 };
        foreach (var tensor in new[] { empty, nowhere })
        {
            AssertSame(TensorIdentity.OfView(tensor), TensorIdentity.OfView(tensor));
            Assert.NotEqual(TensorIdentity.OfView(tensor), TensorIdentity.OfView(tensor with { Key = "b" }));
            Assert.NotEqual(TensorIdentity.OfValues(tensor), TensorIdentity.OfValues(tensor with { Key = "b" }));
        }
    }

    private static void AssertSame(TensorIdentity left, TensorIdentity right)
    {
        Assert.Equal(left, right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
    }
}
