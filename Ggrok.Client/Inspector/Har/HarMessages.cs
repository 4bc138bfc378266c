using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Ggrok.Client.Inspector.Recording;

namespace Ggrok.Client.Inspector.Har;

/// <summary>
/// The bytes behind an upgrade. Browsers write the messages of a WebSocket (<c>_webSocketMessages</c>) and not its frames,
/// so those are made of them.
/// </summary>
internal static class HarMessages
{
    private const int Binary = 2;

    /// <summary>Both directions.</summary>
    public static (CapturedBody Sent, CapturedBody Received) Of(HarNode entry, HarNode extras, int limit)
    {
        HarNode messages = entry["_webSocketMessages"];
        return messages.IsMissing
            ? (Recorded(extras["request"], limit), Recorded(extras["response"], limit))
            : (Frames(messages, limit, isSent: true), Frames(messages, limit, isSent: false));
    }

    /// <summary>When bytes arrived: pairs of an end and a time.</summary>
    public static IReadOnlyList<ArrivalMark> Marks(HarNode node, int length)
    {
        HarNode[] values = [.. node.Elements()];
        var marks = new List<ArrivalMark>(values.Length / 2);
        for (int i = 0; i + 1 < values.Length; i += 2)
        {
            int end = (int)Math.Min(values[i].Count(), length);
            if (marks.Count == 0 || end > marks[^1].End)
            {
                marks.Add(new ArrivalMark(end, values[i + 1].Time() ?? TimeSpan.Zero));
            }
        }

        return marks;
    }

    private static CapturedBody Recorded(HarNode extras, int limit)
    {
        byte[] bytes = extras["data"].Base64();
        int kept = Math.Min(bytes.Length, limit);
        return new CapturedBody(bytes.AsMemory(0, kept), bytes.Length + extras["missing"].Count(), Marks(extras["arrived"], kept));
    }

    private static CapturedBody Frames(HarNode messages, int limit, bool isSent)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        var marks = new List<ArrivalMark>();
        double? began = null;
        foreach (HarNode message in messages.Elements())
        {
            // Seconds since 1970.
            double time = message["time"].Number() ?? 0;
            began ??= time;
            if (message["type"].Text() == "send" != isSent)
            {
                continue;
            }

            int opcode = (int)(message["opcode"].Number() ?? 1);
            AddFrame(bytes, opcode, opcode == Binary ? message["data"].Base64() : Encoding.UTF8.GetBytes(message["data"].Text() ?? ""));
            if (bytes.WrittenCount <= limit)
            {
                marks.Add(new ArrivalMark(bytes.WrittenCount, TimeSpan.FromSeconds(Math.Clamp(time - began.Value, 0, 1e8))));
            }
        }

        return new CapturedBody(bytes.WrittenMemory[..Math.Min(bytes.WrittenCount, limit)], bytes.WrittenCount, marks);
    }

    // RFC 6455 section 5.2, without a mask.
    private static void AddFrame(ArrayBufferWriter<byte> output, int opcode, byte[] data)
    {
        const int Final = 0x80;
        Span<byte> head = stackalloc byte[10];
        head[0] = (byte)(Final | (opcode & 0x0F));
        int size;
        if (data.Length < 126)
        {
            head[1] = (byte)data.Length;
            size = 2;
        }
        else if (data.Length <= ushort.MaxValue)
        {
            head[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)data.Length);
            size = 4;
        }
        else
        {
            head[1] = 127;
            BinaryPrimitives.WriteUInt64BigEndian(head[2..], (ulong)data.Length);
            size = 10;
        }

        output.Write(head[..size]);
        output.Write(data);
    }
}
