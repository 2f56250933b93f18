using System.Text;
using LowMem.Checkpoints.Tests.Fixtures;

namespace LowMem.Checkpoints.Tests.Formats.PyTorch.Tar;

/// <summary>The members of the fixture <c>tar-state-dict</c>, to be found and changed.</summary>
internal static class TarFixture
{
    private const string Name = "tar-state-dict";

    /// <summary>Where the header of a member is.</summary>
    public static int Find(string member)
    {
        byte[] bytes = File.ReadAllBytes(FixtureFiles.PathOf(Name));
        byte[] name = [.. Encoding.ASCII.GetBytes(member), 0];
        for (int place = 0; place < bytes.Length; place += 512)
        {
            if (bytes.AsSpan(place).StartsWith(name))
            {
                return place;
            }
        }

        throw new InvalidOperationException($"the fixture has no member '{member}'");
    }

    public static byte[] Rename(byte[] bytes, int place, string name)
    {
        var field = bytes.AsSpan(place, 100);
        field.Clear();
        Encoding.ASCII.GetBytes(name, field);
        var sum = bytes.AsSpan(place + 148, 8);
        sum.Fill((byte)' ');
        int total = bytes.AsSpan(place, 512).ToArray().Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(total, 8).PadLeft(6, '0') + "\0 ", sum);
        return bytes;
    }
}
