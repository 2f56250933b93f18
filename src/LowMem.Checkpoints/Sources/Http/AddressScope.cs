namespace LowMem.Checkpoints.Sources.Http;

/// <summary>From where an address can be reached.</summary>
internal enum AddressScope
{
    /// <summary>From everywhere.</summary>
    Public,

    /// <summary>Inside one network: private and shared ranges, and those that are set aside for documents and tests.</summary>
    Private,

    /// <summary>On one wire: what configures machines answers there, in clouds with credentials.</summary>
    LinkLocal,

    /// <summary>On this machine.</summary>
    Loopback,

    /// <summary>No single machine: groups, broadcasts and what is not given out.</summary>
    Reserved,
}
