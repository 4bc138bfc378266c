using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ggrok.Server.Tunnels;

/// <summary>Readable names for clients that ask for none: <c>calm-otter-4821</c>.</summary>
public static class RandomNames
{
    private static readonly string[] Adjectives =
    [
        "amber", "bold", "brave", "brisk", "bright", "calm", "clear", "clever", "cosy", "crisp", "dapper", "eager", "early",
        "fair", "fancy", "fleet", "fresh", "gentle", "glad", "golden", "grand", "happy", "hardy", "jolly", "keen", "kind",
        "light", "lively", "lucky", "merry", "mild", "neat", "nimble", "noble", "plain", "proud", "quick", "quiet", "rapid",
        "rosy", "royal", "sharp", "shiny", "silent", "silver", "sleek", "smart", "snowy", "solid", "spry", "steady", "stout",
        "sunny", "swift", "tidy", "trusty", "vivid", "warm", "wise", "witty", "young", "zesty", "able", "agile",
    ];

    private static readonly string[] Nouns =
    [
        "acorn", "badger", "beacon", "beaver", "birch", "bison", "brook", "cedar", "cliff", "cloud", "comet", "coral", "crane",
        "creek", "daisy", "delta", "dune", "eagle", "ember", "falcon", "fern", "finch", "fjord", "forest", "fox", "garden",
        "glacier", "harbor", "hawk", "heron", "hill", "island", "ivy", "lake", "lark", "lynx", "maple", "meadow", "moon",
        "moss", "oak", "ocean", "orchid", "otter", "owl", "panda", "pearl", "pine", "planet", "pond", "raven", "reef",
        "river", "robin", "sparrow", "spruce", "star", "stone", "swan", "tiger", "tulip", "valley", "willow", "wren",
    ];

    /// <summary>
    /// The name for a client's tunnel: the same after every reconnect, since it derives from the client's id. A next
    /// <paramref name="attempt"/> gives another name when one is taken.
    /// </summary>
    public static string For(string clientId, string tunnel, int attempt)
    {
        string seed = string.Create(CultureInfo.InvariantCulture, $"{clientId}\n{tunnel}\n{attempt}");
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(seed));
        uint number = BinaryPrimitives.ReadUInt32BigEndian(hash.AsSpan(2)) % 10_000;
        return string.Create(CultureInfo.InvariantCulture, $"{Adjectives[hash[0] % Adjectives.Length]}-{Nouns[hash[1] % Nouns.Length]}-{number:0000}");
    }
}
