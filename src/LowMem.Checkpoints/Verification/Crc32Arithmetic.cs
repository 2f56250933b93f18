using System.Numerics;

namespace LowMem.Checkpoints.Verification;

/// <summary>The arithmetic behind CRC-32.</summary>
/// <remarks>
/// A CRC is a remainder of polynomials over GF(2). To append n bytes is to multiply by x^(8n), and to add the remainder
/// of what is appended. Polynomials are bit-reversed as in zip: bit 31 stands for x^0.
/// </remarks>
internal static class Crc32Arithmetic
{
    private const uint Polynomial = 0xedb88320;
    private const uint One = 1u << 31;
    private const uint X = 1u << 30;

    /// <summary>The remainders of x to the powers 1, 2, 4, 8 and so on.</summary>
    private static readonly uint[] Powers = GetPowers();

    /// <summary>
    /// The checksum of a first piece followed by a second one, from those of each: how one record is checked on several
    /// cores.
    /// </summary>
    /// <param name="first">The checksum of the first piece.</param>
    /// <param name="second">The checksum of the second piece.</param>
    /// <param name="secondLength">The bytes of the second piece.</param>
    public static uint Combine(uint first, uint second, long secondLength) =>
        Multiply(first, PowerOfX((Int128)secondLength * 8)) ^ second;

    /// <summary>The remainder of x to that power.</summary>
    public static uint PowerOfX(Int128 exponent)
    {
        uint result = One;
        for (int i = 0; exponent > 0; exponent >>= 1, i++)
        {
            if ((exponent & 1) != 0)
            {
                result = Multiply(result, Powers[i]);
            }
        }

        return result;
    }

    private static uint[] GetPowers()
    {
        // Eight bits for each of the most bytes there can be.
        var powers = new uint[67];
        powers[0] = X;
        for (int i = 1; i < powers.Length; i++)
        {
            powers[i] = Multiply(powers[i - 1], powers[i - 1]);
        }

        return powers;
    }

    private static uint Multiply(uint left, uint right)
    {
        uint product = 0;
        while (left != 0)
        {
            // Powers of x in rising order: from the highest bit down.
            int power = BitOperations.LeadingZeroCount(left);
            left <<= power;
            left <<= 1;
            for (int i = 0; i < power; i++)
            {
                right = TimesX(right);
            }

            product ^= right;
            right = TimesX(right);
        }

        return product;
    }

    private static uint TimesX(uint value) => (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;
}
