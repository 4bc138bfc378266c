using System.Buffers.Binary;
using System.Text;

namespace Ggrok.Tests.Telemetry;

/// <summary>A protobuf message whose fields are looked up by number; enough to read what an exporter sends.</summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Number, ulong Value, byte[] Bytes)> _fields = [];

    public ProtobufMessage(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            ulong tag = Varint(ref bytes);
            int number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((number, Varint(ref bytes), []));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(bytes), []));
                    bytes = bytes[8..];
                    break;
                case 2:
                    int length = (int)Varint(ref bytes);
                    _fields.Add((number, 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(bytes), []));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new FormatException($"wire type {tag & 7}");
            }
        }
    }

    public IEnumerable<ProtobufMessage> Messages(int number) => _fields.Where(f => f.Number == number).Select(f => new ProtobufMessage(f.Bytes));

    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number));

    public ulong Number(int number) => _fields.LastOrDefault(f => f.Number == number).Value;

    public double Real(int number) => BitConverter.UInt64BitsToDouble(Number(number));

    public bool Has(int number) => _fields.Exists(f => f.Number == number);

    private byte[] Bytes(int number) => _fields.LastOrDefault(f => f.Number == number).Bytes ?? [];

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
