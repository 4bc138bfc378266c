using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Ggrok.Server.Hosting;

/// <summary>
/// The memory into which Kestrel reads and from which it writes, in blocks of 16 KiB instead of 4: a quarter of the system
/// calls for bodies, and a block is what one data frame carries.
/// </summary>
internal sealed class TransferMemory : IMemoryPoolFactory<byte>
{
    /// <inheritdoc/>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private const int BlockBytes = 16 * 1024;

        // 16 MiB; what a burst needs beyond is left to the collector.
        private const int MostKept = 1024;

        private readonly ConcurrentQueue<Block> _kept = new();

        public override int MaxBufferSize => BlockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
            if (!_kept.TryDequeue(out Block? block))
            {
                return new Block(this);
            }

            block.Rented();
            return block;
        }

        protected override void Dispose(bool disposing) => _kept.Clear();

        private void Return(Block block)
        {
            if (_kept.Count < MostKept)
            {
                _kept.Enqueue(block);
            }
        }

        // Pinned: the system reads and writes it without a handle for each call.
        private sealed class Block(Pool pool) : IMemoryOwner<byte>
        {
            private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
            private int _returned;

            public Memory<byte> Memory => _bytes;

            public void Rented() => Volatile.Write(ref _returned, 0);

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _returned, 1) == 0)
                {
                    pool.Return(this);
                }
            }
        }
    }
}
