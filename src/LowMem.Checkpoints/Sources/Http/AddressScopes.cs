using System.Net;
using System.Net.Sockets;

namespace LowMem.Checkpoints.Sources.Http;

/// <summary>Tells what kind of address one is, by the registries of special addresses for IPv4 and IPv6 (RFC 6890).</summary>
internal static class AddressScopes
{
    private static readonly (IPNetwork Network, AddressScope Scope)[] Version4 =
    [
        // To connect to 0.0.0.0 is to connect to this machine.
        (IPNetwork.Parse("0.0.0.0/8"), AddressScope.Loopback),
        (IPNetwork.Parse("10.0.0.0/8"), AddressScope.Private),
        (IPNetwork.Parse("100.64.0.0/10"), AddressScope.Private),
        (IPNetwork.Parse("127.0.0.0/8"), AddressScope.Loopback),
        // The address of the host at Azure, from which machines get what is secret.
        (IPNetwork.Parse("168.63.129.16/32"), AddressScope.LinkLocal),
        (IPNetwork.Parse("169.254.0.0/16"), AddressScope.LinkLocal),
        (IPNetwork.Parse("172.16.0.0/12"), AddressScope.Private),
        (IPNetwork.Parse("192.0.0.0/24"), AddressScope.Private),
        (IPNetwork.Parse("192.0.2.0/24"), AddressScope.Private),
        (IPNetwork.Parse("192.168.0.0/16"), AddressScope.Private),
        (IPNetwork.Parse("198.18.0.0/15"), AddressScope.Private),
        (IPNetwork.Parse("198.51.100.0/24"), AddressScope.Private),
        (IPNetwork.Parse("203.0.113.0/24"), AddressScope.Private),
        (IPNetwork.Parse("224.0.0.0/3"), AddressScope.Reserved),
    ];

    private static readonly (IPNetwork Network, AddressScope Scope)[] Version6 =
    [
        (IPNetwork.Parse("::/128"), AddressScope.Loopback),
        (IPNetwork.Parse("::1/128"), AddressScope.Loopback),
        (IPNetwork.Parse("64:ff9b:1::/48"), AddressScope.Private),
        (IPNetwork.Parse("100::/64"), AddressScope.Reserved),
        (IPNetwork.Parse("2001::/23"), AddressScope.Private),
        (IPNetwork.Parse("2001:db8::/32"), AddressScope.Private),
        (IPNetwork.Parse("3fff::/20"), AddressScope.Private),
        (IPNetwork.Parse("5f00::/16"), AddressScope.Private),
        (IPNetwork.Parse("fc00::/7"), AddressScope.Private),
        (IPNetwork.Parse("fe80::/10"), AddressScope.LinkLocal),
        (IPNetwork.Parse("fec0::/10"), AddressScope.Private),
        (IPNetwork.Parse("ff00::/8"), AddressScope.Reserved),
    ];

    /// <summary>Addresses of version 6 that stand for one of version 4, and where its four bytes are.</summary>
    private static readonly (IPNetwork Network, int Position)[] Translated =
    [
        (IPNetwork.Parse("::ffff:0:0:0/96"), 12),
        (IPNetwork.Parse("64:ff9b::/96"), 12),
        (IPNetwork.Parse("2002::/16"), 2),
    ];

    /// <summary>The kind of an address; one that stands for another is of the kind of that.</summary>
    public static AddressScope Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return Find(Version4, address);
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return AddressScope.Reserved;
        }

        // Without the number of the interface, which is no part of the address.
        var plain = new IPAddress(address.GetAddressBytes());
        foreach (var (network, position) in Translated)
        {
            if (network.Contains(plain))
            {
                return Find(Version4, new IPAddress(plain.GetAddressBytes().AsSpan(position, 4)));
            }
        }

        var scope = Find(Version6, plain);

        // The old form of ::a.b.c.d; those with a zero in front are the unspecified address and its neighbours.
        return scope == AddressScope.Public && IPNetwork.Parse("::/96").Contains(plain) ? AddressScope.Reserved : scope;
    }

    private static AddressScope Find((IPNetwork Network, AddressScope Scope)[] networks, IPAddress address)
    {
        foreach (var (network, scope) in networks)
        {
            if (network.Contains(address))
            {
                return scope;
            }
        }

        return AddressScope.Public;
    }
}
